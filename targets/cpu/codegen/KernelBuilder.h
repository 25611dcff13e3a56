// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds one kernel per map and traversal of a step program: a loop over elements or synapses with the
// body inside, arrays as noalias pointers. See targets/cpu/README.md for the calling convention.
#pragma once

#include "compiler/conversion/StepToProgram.h"
#include "dialects/step/StepDialect.h"
#include "runtime/program/Program.h"
#include "targets/cpu/codegen/CountedPorts.h"

#include "mlir/IR/BuiltinOps.h"

namespace nissl::cpu {

/// The kernels of a program: their code as one module of llvm.func, arith, math and scf, and how each is
/// called.
struct Kernels {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<program::Kernel> kernels;
  std::vector<program::Index> codeOf; ///< by kernel: the one whose name its function has
  llvm::DenseMap<mlir::Operation*, program::Index> kernelOf;
};

/// What has to do with ports of `counts` has two kernels: one that adds, and one that counts. Fails with an
/// error on the op whose body cannot be compiled for the CPU.
mlir::FailureOr<Kernels> buildKernels(step::ProgramOp program, const compiler::ProgramIndex& index,
                                      const CountedPorts& counts);

} // namespace nissl::cpu
