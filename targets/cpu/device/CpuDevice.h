// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs an artefact's machine code on this machine's processor. Needs no compiler.
#pragma once

#include "runtime/device/Device.h"

namespace nissl::cpu {

std::unique_ptr<runtime::Device> createCpuDevice();

} // namespace nissl::cpu
