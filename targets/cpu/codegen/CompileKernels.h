// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels to machine code, in this process: MLIR → LLVM IR → object → flat image.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/codegen/KernelBuilder.h"
#include "targets/cpu/codegen/KernelCache.h"

namespace nissl::cpu {

/// Brings the kernels' module to the llvm dialect.
mlir::LogicalResult lowerKernels(mlir::ModuleOp kernels);

/// Machine code of lowered kernels for each instruction set ("x86-64-v3", "x86-64-v4"), at LLVM's level
/// `optimization` of 0 to 3. Compiles for all of them at the same time what `cache` does not have.
mlir::FailureOr<std::vector<program::CodeVariant>> compileKernels(const Kernels& kernels,
                                                                  llvm::ArrayRef<std::string> isas,
                                                                  unsigned optimization,
                                                                  const KernelCache& cache);

} // namespace nissl::cpu
