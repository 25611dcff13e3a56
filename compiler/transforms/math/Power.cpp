// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/math/Coefficients.h"
#include "compiler/transforms/math/Expansions.h"
#include "compiler/transforms/math/PowerOfTwo.h"
#include "compiler/transforms/math/Significand.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;

namespace nissl::transforms {
namespace {

using namespace coefficients;

/// An unevaluated sum high + low with |low| at most half an ulp of high.
struct Pair {
  Real high;
  Real low;
};

/// Needs |a| >= |b| or a = 0 (Dekker's fast two-sum).
Pair sum(Real a, Real b, Real low) {
  Real high = a + b;
  return {high, ((a - high) + b) + low};
}

/// a * b, exactly where neither part leaves the normal numbers.
Pair product(Real a, Real b) {
  Real high = a * b;
  return {high, a.builder->fma(a, b, -high)};
}

/// 2 / ln 2 times atanh(s), or a term of it: of the log2.
Pair toLog2(Pair term) {
  RealBuilder& b = *term.high.builder;
  auto [high, low] = product(term.high, b.real(2 * log2e64[0]));
  return {high, low + b.fma(term.high, b.real(2 * log2e64[1]), term.low * (2 * log2e64[0]))};
}

/// f / (2 + f) in two parts, by one division: the second makes up for the rounding of the inverse.
Pair halfTangent(Real f) {
  RealBuilder& b = *f.builder;
  Real bottom = 2.0 + f;
  Real bottomLow = f - (bottom - 2.0);
  Real inverse = 1.0 / bottom;
  Real s = f * inverse;
  return {s, b.fma(-s, bottomLow, b.fma(-s, bottom, f)) * inverse};
}

/// log2 of a positive number to about 2^-65 of its size, in f64.
Pair log2InTwoParts(Real x) {
  RealBuilder& b = *x.builder;
  Significand parts = splitSignificand(x);
  auto [s, sLow] = halfTangent(parts.value - 1.0);
  // log(x) / 2 = atanh(s) = s + s * (z/3 + z^2 * Q(z)), z = s^2.
  auto [z, zRounded] = product(s, s);
  Real zLow = b.fma(s + s, sLow, zRounded);
  constexpr double third = 0x1.5555555555555p-2, thirdLow = 0x1.5555555555555p-56;
  auto [zThird, zThirdLow] = product(z, b.real(third));
  Pair factor =
      sum(zThird, z * z * b.polynomial(z, powTail64), zThirdLow + b.fma(z, b.real(thirdLow), zLow * third));
  auto [rest, restLow] = product(s, factor.high);
  Pair atanh = sum(s, rest, restLow + b.fma(s, factor.low, sLow * factor.high) + sLow);
  Pair fraction = toLog2(atanh);
  Pair whole = sum(parts.exponent, fraction.high, fraction.low);
  return sum(whole.high, whole.low, b.real(0.0));
}

/// y * log2 of a positive number in f64, for |y| < 1, to about 2^-60: what an exponent that small needs. The
/// logarithm's integer is exact, and so is the first term of the rest; the others are a hundredth of it. They
/// are the second part, up to 0.005, which carries the rest of an exponent no further beyond 1/2.
Pair modestExponent(Real x, Real y) {
  RealBuilder& b = *x.builder;
  Significand parts = splitSignificand(x);
  Pair s = halfTangent(parts.value - 1.0), first = toLog2(s);
  Real z = s.high * s.high;
  Real others = b.fma(s.high * z, b.polynomial(z, log2Tail64), first.low);
  Pair whole = product(y, parts.exponent), part = product(y, first.high);
  // |first| < 1/2, so that |part| < |whole| or whole = 0.
  return sum(whole.high, part.high, b.fma(y, others, whole.low + part.low));
}

/// 2^(high + low) in f64, for any high or for one within the exponents of normal numbers.
Real exp2OfPair(Real high, Real low, bool isNormal) {
  RealBuilder& b = *high.builder;
  if (!isNormal) {
    low = b.select(b.absolute(high) < 1100.0, low, b.real(0.0));
    high = b.clamp(high, -1077.0, 1025.0);
  }
  Rounded rounded = roundToCount(high);
  Real rest = rounded.rest + low;
  Real value = b.fma(rest, b.polynomial(rest, exp2Tail64), b.real(1.0));
  return isNormal ? value * b.powerOfTwo(rounded.count) : scale(value, rounded.count);
}

/// Whether an operand is a constant whose size is below `bound`.
bool isKnownBelow(Real y, double bound) {
  APFloat known(0.0);
  return matchPattern(y.value, m_ConstantFloat(&known)) && std::abs(known.convertToDouble()) < bound;
}

/// x^y to about 2^-28 of it, for what f32 has of positive x: in f64, where no step needs two parts.
Real powerOfShort(Real x, Real y, bool isNormal) {
  RealBuilder& b = *x.builder;
  Significand parts = splitNormal(x);
  Real f = parts.value - 1.0;
  Real s = f / (2.0 + f);
  Real exponent = y * b.fma(s, b.polynomial(s * s, log2Short64), parts.exponent);
  if (!isNormal) {
    exponent = b.clamp(exponent, -200.0, 200.0); // zero and infinity in f32
  }
  auto [count, rest] = roundToCount(exponent);
  return b.fma(rest, b.polynomial(rest, exp2TailShort64), b.real(1.0)) * b.powerOfTwo(count);
}

/// y * log2(x) in two parts.
Pair exponentOf(Real x, Real y) {
  RealBuilder& b = *x.builder;
  if (isKnownBelow(y, 1.0)) {
    return modestExponent(x, y);
  }
  Pair log = log2InTwoParts(x);
  Pair exponent = product(y, log.high);
  return {exponent.high, b.fma(y, log.low, exponent.low)};
}

Real truncate(Real x) {
  return {x.builder, math::TruncOp::create(x.builder->ops, x.builder->location, x.value)};
}

/// |x|^y for a magnitude that is neither NaN nor decides the sign. The two-part logarithm is what keeps the
/// error below an ulp in f64.
Real powerOfMagnitude(Real magnitude, Real y) {
  RealBuilder& b = *magnitude.builder;
  if (!b.isDouble()) {
    RealBuilder wide(b.ops, b.location, b.ops.getF64Type());
    // The logarithm of an f32 is from -149 to 128.
    return narrow(b, powerOfShort(widen(wide, magnitude), widen(wide, y), isKnownBelow(y, 6.0)));
  }
  Pair exponent = exponentOf(magnitude, y);
  // The logarithm of a number is from -1074 to 1024.
  return exp2OfPair(exponent.high, exponent.low, isKnownBelow(y, 0.94));
}

} // namespace

Real widen(RealBuilder& wide, Real x) {
  return {&wide, arith::ExtFOp::create(wide.ops, wide.location, wide.type, x.value)};
}

Real narrow(RealBuilder& narrow, Real x) {
  return {&narrow, arith::TruncFOp::create(narrow.ops, narrow.location, narrow.type, x.value)};
}

Real expandPow(Real x, Real y) {
  RealBuilder& b = *x.builder;
  Real magnitude = b.absolute(x);
  Real zero = b.real(0.0), one = b.real(1.0);
  Truth yGrows = y > 0.0;

  Real result = powerOfMagnitude(magnitude, y);
  result = b.select(magnitude == 1.0, one, result);
  result = b.select(magnitude == 0.0, b.select(yGrows, zero, b.infinity()), result);
  result = b.select(magnitude == b.infinity(), b.select(yGrows, b.infinity(), zero), result);

  // An infinite y counts as an even integer.
  Truth integer = truncate(y) == y;
  Real halfOfY = y * 0.5;
  Truth odd = integer & (truncate(halfOfY) != halfOfY);
  result = b.select(odd, b.copySign(result, x), result);
  Truth negative = (x < 0.0) & (magnitude < b.infinity());
  result = b.select(negative & !integer, b.nan(), result);

  result = b.select(b.isNan(x) | b.isNan(y), b.nan(), result);
  return b.select((y == 0.0) | (x == 1.0), one, result);
}

Real expandPowInteger(Real x, int64_t n) {
  RealBuilder& b = *x.builder;
  uint64_t count = n < 0 ? -static_cast<uint64_t>(n) : static_cast<uint64_t>(n);
  if (count == 0) {
    return b.real(1.0);
  }
  Real square = x;
  std::optional<Real> product;
  for (; count != 0; count >>= 1) {
    if (count & 1) {
      product = product ? *product * square : square;
    }
    if (count > 1) {
      square = square * square;
    }
  }
  return n < 0 ? 1.0 / *product : *product;
}

Real expandRemainder(Real x, Real y) {
  RealBuilder& b = *x.builder;
  Real a = b.absolute(x), d = b.absolute(y);
  Real quotient = truncate(a / d);
  Real rest = b.fma(-quotient, d, a);
  // The division may have rounded up to the next integer.
  rest = b.select(rest < 0.0, rest + d, rest);
  rest = b.select(quotient < (b.isDouble() ? 0x1p53 : 0x1p24), rest, b.nan());
  // Any finite number modulo infinity is itself.
  Truth whole = (d == b.infinity()) & (a < b.infinity());
  return b.copySign(b.select(whole, a, rest), x);
}

} // namespace nissl::transforms
