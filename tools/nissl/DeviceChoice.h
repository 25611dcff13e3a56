// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/device/Device.h"

#include <memory>
#include <string>
#include <vector>

namespace nissl::driver {

/// A device of this build.
struct DeviceEntry {
  std::string name; ///< also the target it runs
  std::unique_ptr<runtime::Device> (*create)();
  std::string summary;
  bool ranks = false; ///< whether several processes can run a program together on it
};

/// Every device of this build.
const std::vector<DeviceEntry>& deviceEntries();

/// The device of this name. Throws support::Error (usage) with the known names.
const DeviceEntry& findDevice(const std::string& name);

} // namespace nissl::driver
