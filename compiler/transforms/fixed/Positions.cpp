// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/Positions.h"

#include <cmath>

using namespace mlir;

namespace nissl::transforms {

double lastPosition(step::IndexOp index) {
  auto sizeOf = [&](StringRef extent) {
    auto op = SymbolTable::lookupNearestSymbolFrom<step::ExtentOp>(
        index, StringAttr::get(index.getContext(), extent));
    return static_cast<double>(op.getSize()) - 1;
  };
  if (auto map = index->getParentOfType<step::MapOp>();
      map && index.getKind() == step::IndexKind::Element &&
      SymbolTable::lookupNearestSymbolFrom<step::ExtentOp>(index, map.getOverAttr().getAttr())) {
    return sizeOf(map.getOver());
  }
  if (auto traverse = index->getParentOfType<step::TraverseOp>()) {
    auto table = SymbolTable::lookupNearestSymbolFrom<step::SynapsesOp>(index, traverse.getTableAttr());
    if (index.getKind() == step::IndexKind::Pre) {
      return sizeOf(table.getSource());
    }
    if (index.getKind() == step::IndexKind::Post) {
      return sizeOf(table.getTarget());
    }
  }
  return std::ldexp(1.0, index.getType().isInteger(32) ? 31 : 40) - 1;
}

} // namespace nissl::transforms
