// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What passes that rewrite formulas of floats have in common.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace nissl::transforms {

bool isConstant(mlir::Value value, double expected);

/// The other operand where one is this number.
template <typename Op>
mlir::Value besides(mlir::Value value, double number) {
  auto op = value.getDefiningOp<Op>();
  if (!op) {
    return {};
  }
  return isConstant(op->getOperand(0), number)   ? op->getOperand(1)
         : isConstant(op->getOperand(1), number) ? op->getOperand(0)
                                                 : mlir::Value();
}

/// Removes what rewriting left without use, so that nothing is asked of it or made of it.
void removeUnused(mlir::Operation* root);

/// The x of select(|x| < small, 1 + x * (1/2 + x / 6), (exp(x) - 1) / x), as equations write exprel; none if
/// it is not that.
mlir::Value guardedExprelArgument(mlir::arith::SelectOp select);

/// The s * h of select(s == 0, h, expm1(s * h) / s), as exponential Euler writes its gain h * exprel(s * h);
/// none if it is not that.
mlir::Value guardedGainArgument(mlir::arith::SelectOp select);

} // namespace nissl::transforms
