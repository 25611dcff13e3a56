// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/device/Device.h"

#include <nlohmann/json.hpp>

namespace nissl::driver {

/// Says on standard error what a program will take on a device, beside what the machine has left, and returns
/// that as JSON. Throws support::Error (machine) where it does not fit, and (input) where the device cannot
/// tell.
nlohmann::ordered_json checkMemory(const runtime::Device& device, const program::Program& program,
                                   const runtime::DeviceOptions& options);

} // namespace nissl::driver
