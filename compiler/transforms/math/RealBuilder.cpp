// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/math/RealBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;

namespace nissl::transforms {

RealBuilder::RealBuilder(OpBuilder& builder, Location location, FloatType type)
    : ops(builder), location(location), type(type), wordType(builder.getIntegerType(type.getWidth())) {
  assert(supports(type) && "only f32 and f64 have expansions");
}

Real RealBuilder::real(double value) {
  return {this, arith::ConstantOp::create(ops, location, ops.getFloatAttr(type, value))};
}

Word RealBuilder::word(int64_t value) {
  return {this, arith::ConstantOp::create(ops, location, ops.getIntegerAttr(wordType, value))};
}

Real RealBuilder::infinity() { return real(std::numeric_limits<double>::infinity()); }

Real RealBuilder::nan() { return real(std::numeric_limits<double>::quiet_NaN()); }

Real RealBuilder::fma(Real a, Real b, Real c) {
  return {this, math::FmaOp::create(ops, location, a.value, b.value, c.value)};
}

Real RealBuilder::absolute(Real x) { return {this, math::AbsFOp::create(ops, location, x.value)}; }

Real RealBuilder::copySign(Real x, Real sign) {
  return {this, math::CopySignOp::create(ops, location, x.value, sign.value)};
}

Real RealBuilder::select(Truth condition, Real yes, Real no) {
  return {this, arith::SelectOp::create(ops, location, condition.value, yes.value, no.value)};
}

Word RealBuilder::select(Truth condition, Word yes, Word no) {
  return {this, arith::SelectOp::create(ops, location, condition.value, yes.value, no.value)};
}

Real RealBuilder::clamp(Real x, double low, double high) { return atLeast(atMost(x, high), low); }

Real RealBuilder::atLeast(Real x, double low) {
  Real bottom = real(low);
  return select(x < bottom, bottom, x);
}

Real RealBuilder::atMost(Real x, double high) {
  Real top = real(high);
  return select(x > top, top, x);
}

Real RealBuilder::fromBits(Word bits) {
  return {this, arith::BitcastOp::create(ops, location, type, bits.value)};
}

Word RealBuilder::toBits(Real x) {
  return {this, arith::BitcastOp::create(ops, location, wordType, x.value)};
}

Real RealBuilder::polynomial(Real x, ArrayRef<double> coefficients) {
  Real sum = real(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back())) {
    sum = fma(sum, x, real(coefficient));
  }
  return sum;
}

Real RealBuilder::toReal(Word value) {
  // An integer conversion of 64-bit lanes needs AVX-512; adding to the fraction of 1.5 * 2^52 does not.
  Real magic = real(roundingMagic());
  return fromBits(value + toBits(magic)) - magic;
}

Real RealBuilder::powerOfTwo(Word exponent) {
  return fromBits((exponent + word(exponentBias())) << fractionBits());
}

Truth RealBuilder::isNan(Real x) {
  return {this, arith::CmpFOp::create(ops, location, arith::CmpFPredicate::UNO, x.value, x.value)};
}

namespace {

template <typename Op, typename T>
T binary(T a, T b) {
  return {a.builder, Op::create(a.builder->ops, a.builder->location, a.value, b.value)};
}

Truth compare(arith::CmpFPredicate predicate, Real a, Real b) {
  return {a.builder, arith::CmpFOp::create(a.builder->ops, a.builder->location, predicate, a.value, b.value)};
}

} // namespace

Real operator+(Real a, Real b) { return binary<arith::AddFOp>(a, b); }
Real operator-(Real a, Real b) { return binary<arith::SubFOp>(a, b); }
Real operator*(Real a, Real b) { return binary<arith::MulFOp>(a, b); }
Real operator/(Real a, Real b) { return binary<arith::DivFOp>(a, b); }
Real operator-(Real a) {
  return {a.builder, arith::NegFOp::create(a.builder->ops, a.builder->location, a.value)};
}
Real operator+(Real a, double b) { return a + a.builder->real(b); }
Real operator+(double a, Real b) { return b.builder->real(a) + b; }
Real operator-(Real a, double b) { return a - a.builder->real(b); }
Real operator-(double a, Real b) { return b.builder->real(a) - b; }
Real operator*(Real a, double b) { return a * a.builder->real(b); }
Real operator*(double a, Real b) { return b.builder->real(a) * b; }
Real operator/(double a, Real b) { return b.builder->real(a) / b; }

Truth operator<(Real a, Real b) { return compare(arith::CmpFPredicate::OLT, a, b); }
Truth operator>(Real a, Real b) { return compare(arith::CmpFPredicate::OGT, a, b); }
Truth operator>=(Real a, Real b) { return compare(arith::CmpFPredicate::OGE, a, b); }
Truth operator==(Real a, Real b) { return compare(arith::CmpFPredicate::OEQ, a, b); }
Truth operator!=(Real a, Real b) { return compare(arith::CmpFPredicate::UNE, a, b); }
Truth operator<(Real a, double b) { return a < a.builder->real(b); }
Truth operator>(Real a, double b) { return a > a.builder->real(b); }
Truth operator>=(Real a, double b) { return a >= a.builder->real(b); }
Truth operator==(Real a, double b) { return a == a.builder->real(b); }
Truth operator!=(Real a, double b) { return a != a.builder->real(b); }
Truth operator&(Truth a, Truth b) { return binary<arith::AndIOp>(a, b); }
Truth operator|(Truth a, Truth b) { return binary<arith::OrIOp>(a, b); }

Truth operator!(Truth a) {
  OpBuilder& ops = a.builder->ops;
  Value one = arith::ConstantOp::create(ops, a.builder->location, ops.getBoolAttr(true));
  return {a.builder, arith::XOrIOp::create(ops, a.builder->location, a.value, one)};
}

Word operator+(Word a, Word b) { return binary<arith::AddIOp>(a, b); }
Word operator-(Word a, Word b) { return binary<arith::SubIOp>(a, b); }
Word operator&(Word a, Word b) { return binary<arith::AndIOp>(a, b); }
Word operator<<(Word a, int bits) { return binary<arith::ShLIOp>(a, a.builder->word(bits)); }
Word operator>>(Word a, int bits) { return binary<arith::ShRSIOp>(a, a.builder->word(bits)); }

Truth operator==(Word a, Word b) {
  return {a.builder, arith::CmpIOp::create(a.builder->ops, a.builder->location, arith::CmpIPredicate::eq,
                                           a.value, b.value)};
}

} // namespace nissl::transforms
