// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ways to write a formula that fixed point can compute in another form only: without a large intermediate
// value, or without a quotient at 0 / 0.
#pragma once

#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace nissl::transforms {

/// In the bodies of the step: x^2 and x^3 become products; 1 / (1 + exp(x)) becomes (1 - tanh(x / 2)) / 2;
/// the guarded quotients that stand for (exp(x) - 1) / x become expm1(x) / x, and what is divided by one is
/// multiplied by x / expm1(x).
void rewriteIdioms(step::ProgramOp program);

/// x / y as x * (1 / y), so that the reciprocal of a parameter is a parameter too.
void multiplyByReciprocals(step::ProgramOp program);

/// The converse, where the reciprocal turned out to vary: one rounding instead of two.
void divideByVariables(step::ProgramOp program);

/// The x of expm1(x) / x; none if that is not what is divided.
mlir::Value exprelArgument(mlir::arith::DivFOp division);

/// The x of x / expm1(x); none if that is not what is divided.
mlir::Value inverseExprelArgument(mlir::arith::DivFOp division);

/// (exp(x) - 1) / x, 1 at 0.
double exprel(double x);

} // namespace nissl::transforms
