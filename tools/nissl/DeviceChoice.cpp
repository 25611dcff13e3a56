// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/nissl/DeviceChoice.h"

#include "runtime/support/Error.h"
#include "targets/cpu/device/CpuDevice.h"
#include "targets/golgi/device/GolgiDevice.h"
#include "targets/reference/neuro/ReferenceDevice.h"
#include "targets/reference/step/StepDevice.h"

namespace nissl::driver {

const std::vector<DeviceEntry>& deviceEntries() {
  static const std::vector<DeviceEntry> entries{
      {"cpu", cpu::createCpuDevice, "machine code on this machine's processor", true},
      {"golgi", golgi::createGolgiDevice, "the emulated Golgi chip, cycle by cycle"},
      {"reference", reference::createReferenceDevice,
       "the step interpreter, each step compared with the description: slower still"},
      {"step", reference::createStepDevice,
       "the interpreter of step programs: slow, the oracle of all devices"},
  };
  return entries;
}

const DeviceEntry& findDevice(const std::string& name) {
  std::string known;
  for (const DeviceEntry& entry : deviceEntries()) {
    if (entry.name == name) {
      return entry;
    }
    known += (known.empty() ? "" : ", ") + entry.name;
  }
  throw support::Error::usage("NS0903", "no device '{}' in this build; it has {}", name, known);
}

} // namespace nissl::driver
