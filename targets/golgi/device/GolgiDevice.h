// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs an artefact's chip image on the emulator.
#pragma once

#include "runtime/device/Device.h"

namespace nissl::golgi {

std::unique_ptr<runtime::Device> createGolgiDevice();

} // namespace nissl::golgi
