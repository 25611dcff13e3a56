// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linear systems whose unknowns hang together like a tree, as arithmetic in a body.
#pragma once

#include "compiler/conversion/neuro_to_step/BodyWriter.h"

#include "llvm/ADT/MapVector.h"

namespace nissl::conversion {

/// One equation: diagonal * x_i + sum over j of others[j] * x_j = constant.
struct TreeRow {
  mlir::Value diagonal, constant;
  llvm::SmallMapVector<unsigned, mlir::Value, 4> others;
};

/// Unknowns that depend on each other in a circle, in its order; empty if rows and unknowns form a forest.
llvm::SmallVector<unsigned> findCycle(llvm::ArrayRef<TreeRow> rows);

/// The unknowns of a forest, by Gaussian elimination from the leaves to a root and back (M. Hines, Int. J.
/// Bio-Medical Computing 15:69, 1984), which fills in nothing and divides once per unknown. The root is a
/// centre of its tree: what hangs on it at different sides is eliminated side by side.
llvm::SmallVector<mlir::Value> solveTree(BodyWriter& body, llvm::ArrayRef<TreeRow> rows);

} // namespace nissl::conversion
