// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Quotients and elementary functions as integer ops at one place of a body.
#pragma once

#include "compiler/transforms/fixed/FixedArithmetic.h"
#include "compiler/transforms/fixed/Form.h"

namespace nissl::transforms {

/// A factor or operand with the range that its values are known to have.
struct RangedNumber {
  FixedNumber number;
  Interval range;
};

/// Builds as FixedArithmetic does. Functions and quotients are right to about 2^-28 of the value or half a
/// unit of the result, whichever is more; beyond the result's format they saturate, by a step.mulq that
/// counts it.
class FixedFunctions {
public:
  FixedFunctions(mlir::OpBuilder& builder, FixedArithmetic& arithmetic)
      : ops(builder), arithmetic(arithmetic) {}

  struct Normalised {
    mlir::Value mantissa; ///< its leading one is bit 30; 0 for 0
    mlir::Value shift;    ///< to the left, that made it so; 31 for 0
  };
  /// Of a number that is not negative.
  Normalised normalise(mlir::Location location, mlir::Value number);

  /// a / b. What is divided by zero saturates, and 0 / 0 is 0.
  mlir::Value quotient(mlir::Location location, RangedNumber a, RangedNumber b, int fraction);
  mlir::Value exp(mlir::Location location, RangedNumber x, int fraction);
  mlir::Value tanh(mlir::Location location, RangedNumber x, int fraction);
  /// (exp(x) - 1) / x.
  mlir::Value exprel(mlir::Location location, RangedNumber x, int fraction);
  /// x / (exp(x) - 1).
  mlir::Value inverseExprel(mlir::Location location, RangedNumber x, int fraction);

private:
  /// exp(x) = 2^power * (1 + rest + rest^2 * tail), with |rest| <= ln(2) / 2; 30 fraction bits.
  struct Reduced {
    mlir::Value power, rest, tail;
  };
  Reduced reduce(mlir::Location location, RangedNumber x, int fraction);
  mlir::Value reciprocal(mlir::Location location, mlir::Value mantissa);
  mlir::Value shiftedRight(mlir::Location location, mlir::Value number, mlir::Value by);
  RangedNumber negativeSize(mlir::Location location, RangedNumber x);
  /// exprel(-|x|) and exp(-|x|), of 30 fraction bits.
  std::pair<mlir::Value, mlir::Value> decaying(mlir::Location location, RangedNumber x);

  mlir::Value add(mlir::Location location, mlir::Value a, mlir::Value b);
  mlir::Value subtract(mlir::Location location, mlir::Value a, mlir::Value b);
  mlir::Value negative(mlir::Location location, mlir::Value a);
  mlir::Value isLess(mlir::Location location, mlir::Value a, mlir::Value b);
  mlir::Value choose(mlir::Location location, mlir::Value condition, mlir::Value yes, mlir::Value no);
  mlir::Value size(mlir::Location location, RangedNumber x);
  mlir::Value mulq(mlir::Location location, mlir::Value a, mlir::Value b, int shift);

  mlir::OpBuilder& ops;
  FixedArithmetic& arithmetic;
};

} // namespace nissl::transforms
