// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order in which a kernel computes a body's operations.
#pragma once

#include "mlir/IR/Block.h"
#include "llvm/ADT/SmallVector.h"

namespace nissl::cpu {

/// All operations of `body` but the terminator, each after those whose results it uses, and chains that do
/// not need each other side by side. A processor looks ahead by about a hundred instructions that wait for
/// others; formulas as they are written follow one chain after another, an exponential or a quotient each,
/// and leave its units idle for half of the time. LLVM's schedulers keep the order they are given but for
/// registers.
llvm::SmallVector<mlir::Operation*> interleavedOrder(mlir::Block& body);

/// How many operations of `body` compute something: neither constants nor the terminator.
int64_t operationsOf(mlir::Block& body);

} // namespace nissl::cpu
