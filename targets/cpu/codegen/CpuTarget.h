// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The CPU as a target: x86-64-v3 and -v4 code for each kernel.
#pragma once

#include "compiler/target/Target.h"

namespace nissl::cpu {

std::unique_ptr<compiler::Target> createCpuTarget();

} // namespace nissl::cpu
