// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What maps and traversals have in common.
#pragma once

#include "dialects/step/StepDialect.h"

namespace nissl::step {

/// The end of a map's or traversal's body.
inline YieldOp yieldOf(mlir::Operation* action) {
  return mlir::cast<YieldOp>(action->getRegion(0).front().getTerminator());
}

/// What a map or traversal reads, by argument of its body.
inline mlir::ArrayAttr readsOf(mlir::Operation* action) {
  auto map = mlir::dyn_cast<MapOp>(action);
  return map ? map.getReads() : mlir::cast<TraverseOp>(action).getReads();
}

/// What an argument of such a body reads.
inline ReadAttr readOf(mlir::BlockArgument argument) {
  return mlir::cast<ReadAttr>(readsOf(argument.getOwner()->getParentOp())[argument.getArgNumber()]);
}

/// Whether that is what its own element has now.
inline bool isPlain(ReadAttr read) {
  return read.getRole() == ReadRole::Own && !read.hasLag() && !read.getAt();
}

} // namespace nissl::step
