// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One function for kernels that differ in constants only.
#pragma once

#include "targets/cpu/codegen/KernelBuilder.h"

namespace nissl::cpu {

/// Projections of one kind have bodies that differ in weights, delays and random streams, and to compile each
/// takes long. Keeps one function of those that are alike: constants in which they differ it reads from
/// `KernelCall::constants`, and `Kernel::constants` lists their values. Changes `kernels` before it is
/// lowered.
void shareKernels(Kernels& kernels);

} // namespace nissl::cpu
