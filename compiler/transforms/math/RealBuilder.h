// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic on SSA values written as formulas: Real and Word are values, and operators on them build ops.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/ArrayRef.h"

namespace nissl::transforms {

class RealBuilder;

/// A truth value (i1).
struct Truth {
  RealBuilder* builder;
  mlir::Value value;
};

/// A float of the builder's format.
struct Real {
  RealBuilder* builder;
  mlir::Value value;
};

/// An integer as wide as the builder's float format, two's complement, wrapping.
struct Word {
  RealBuilder* builder;
  mlir::Value value;
};

/// Builds branch-free scalar arithmetic (arith, and math.fma for IEEE fused multiply-add) for one float
/// format, f32 or f64, at one place. No op carries fast-math flags.
class RealBuilder {
public:
  RealBuilder(mlir::OpBuilder& builder, mlir::Location location, mlir::FloatType type);

  /// Whether the format can be built: f32 or f64.
  static bool supports(mlir::Type type) { return type.isF32() || type.isF64(); }

  bool isDouble() const { return type.isF64(); }
  /// Stored fraction bits: 52 or 23.
  int fractionBits() const { return isDouble() ? 52 : 23; }
  int exponentBias() const { return isDouble() ? 1023 : 127; }
  /// 1.5 * 2^fractionBits: adding it rounds a number of moderate size to an integer, half to even.
  double roundingMagic() const { return isDouble() ? 0x1.8p52 : 0x1.8p23; }

  Real real(double value);
  Word word(int64_t value);
  Real wrap(mlir::Value value) { return {this, value}; }
  Real infinity();
  Real nan();

  Real fma(Real a, Real b, Real c);
  Real absolute(Real x);
  /// The magnitude of `x` with the sign of `sign`.
  Real copySign(Real x, Real sign);
  Real select(Truth condition, Real yes, Real no);
  Word select(Truth condition, Word yes, Word no);
  /// NaN stays NaN, here and in the next two.
  Real clamp(Real x, double low, double high);
  Real atLeast(Real x, double low);
  Real atMost(Real x, double high);
  Real fromBits(Word bits);
  Word toBits(Real x);
  /// coefficients[0] + x * (coefficients[1] + ...), by Horner's rule in fused multiply-adds.
  Real polynomial(Real x, llvm::ArrayRef<double> coefficients);
  /// The float of an integer of magnitude below 2^(fractionBits - 1), exactly.
  Real toReal(Word value);
  /// 2^exponent; the exponent must be that of a normal number.
  Real powerOfTwo(Word exponent);
  Truth isNan(Real x);

  mlir::OpBuilder& ops;
  const mlir::Location location;
  const mlir::FloatType type;
  const mlir::IntegerType wordType;
};

Real operator+(Real a, Real b);
Real operator-(Real a, Real b);
Real operator*(Real a, Real b);
Real operator/(Real a, Real b);
Real operator-(Real a);
Real operator+(Real a, double b);
Real operator+(double a, Real b);
Real operator-(Real a, double b);
Real operator-(double a, Real b);
Real operator*(Real a, double b);
Real operator*(double a, Real b);
Real operator/(double a, Real b);

/// Ordered comparisons: false where an operand is NaN (!= is true there).
Truth operator<(Real a, Real b);
Truth operator>(Real a, Real b);
Truth operator>=(Real a, Real b);
Truth operator==(Real a, Real b);
Truth operator!=(Real a, Real b);
Truth operator<(Real a, double b);
Truth operator>(Real a, double b);
Truth operator>=(Real a, double b);
Truth operator==(Real a, double b);
Truth operator!=(Real a, double b);
Truth operator&(Truth a, Truth b);
Truth operator|(Truth a, Truth b);
Truth operator!(Truth a);

Word operator+(Word a, Word b);
Word operator-(Word a, Word b);
Word operator&(Word a, Word b);
Word operator<<(Word a, int bits);
/// Keeps the sign.
Word operator>>(Word a, int bits);
Truth operator==(Word a, Word b);

} // namespace nissl::transforms
