// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/math/Coefficients.h"
#include "compiler/transforms/math/Expansions.h"

using namespace llvm;

namespace nissl::transforms {
namespace {

using namespace coefficients;

/// The largest argument whose quadrant the reduction finds.
constexpr double largest = 0x1p45;

/// x = quadrant * pi/2 + (high + low), |high + low| <= pi/4; the quadrant counts modulo 4.
struct Quarter {
  Word quadrant;
  Real high;
  Real low;
};

/// high + low of a - b (Knuth's two-sum).
void subtract(Real a, Real b, Real& high, Real& low) {
  high = a - b;
  Real part = high - a;
  low = (a - (high - part)) - (b + part);
}

Quarter reduceDouble(Real x) {
  RealBuilder& b = *x.builder;
  Real magic = b.real(b.roundingMagic());
  Real shifted = b.fma(x, b.real(0x1.45f306dc9c883p-1), magic); // 2 / pi
  Real count = shifted - magic;
  // Exact: a multiple of the smaller last place that fits the format.
  Real rest = b.fma(-count, b.real(halfPi64[0]), x);
  Real second = count * halfPi64[1];
  Real secondLow = b.fma(count, b.real(halfPi64[1]), -second);
  Real high = rest, low = rest;
  subtract(rest, second, high, low);
  Real tail = low - b.fma(count, b.real(halfPi64[2]), secondLow);
  Real top = high + tail;
  return {b.toBits(shifted), top, (high - top) + tail};
}

Quarter reduce(Real x) {
  RealBuilder& b = *x.builder;
  Truth known = b.absolute(x) < largest;
  Real inside = b.select(known, x, b.nan());
  if (b.isDouble()) {
    return reduceDouble(inside);
  }
  // f32 has no bits to spare for the reduction; two parts of pi/2 in f64 leave it exact to the last f32 bit.
  RealBuilder wide(b.ops, b.location, b.ops.getF64Type());
  Real argument = widen(wide, inside);
  Real magic = wide.real(wide.roundingMagic());
  Real shifted = wide.fma(argument, wide.real(0x1.45f306dc9c883p-1), magic);
  Real count = -(shifted - magic);
  Real rest = wide.fma(count, wide.real(halfPi64[1]), wide.fma(count, wide.real(halfPi64[0]), argument));
  mlir::Value quadrant =
      mlir::arith::TruncIOp::create(b.ops, b.location, b.wordType, wide.toBits(shifted).value);
  Real high = narrow(b, rest);
  return {{&b, quadrant}, high, narrow(b, rest - widen(wide, high))};
}

Real sineOf(const Quarter& q) {
  RealBuilder& b = *q.high.builder;
  Real z = q.high * q.high;
  Real tail = b.polynomial(z, b.isDouble() ? ArrayRef(sinTail64) : ArrayRef(sinTail32));
  Real low = b.fma(-0.5 * z, q.low, q.low);
  return q.high + b.fma(q.high * z, tail, low);
}

Real cosineOf(const Quarter& q) {
  RealBuilder& b = *q.high.builder;
  Real z = q.high * q.high;
  Real tail = b.polynomial(z, b.isDouble() ? ArrayRef(cosTail64) : ArrayRef(cosTail32));
  Real half = 0.5 * z;
  Real top = 1.0 - half;
  Real low = b.fma(-q.high, q.low, z * z * tail);
  return top + (((1.0 - top) - half) + low);
}

Truth hasBit(Word word, int64_t bit) {
  RealBuilder& b = *word.builder;
  return (word & b.word(bit)) == b.word(bit);
}

Real negateIf(Truth condition, Real x) { return x.builder->select(condition, -x, x); }

/// Keeps -0 and subnormals, for which the function equals its argument.
Real keepTiny(Real x, Real result) {
  RealBuilder& b = *x.builder;
  return b.select(b.absolute(x) < (b.isDouble() ? 0x1p-27 : 0x1p-13), x, result);
}

} // namespace

Real expandSin(Real x) {
  RealBuilder& b = *x.builder;
  Quarter q = reduce(x);
  Real value = b.select(hasBit(q.quadrant, 1), cosineOf(q), sineOf(q));
  return keepTiny(x, negateIf(hasBit(q.quadrant, 2), value));
}

Real expandCos(Real x) {
  RealBuilder& b = *x.builder;
  Quarter q = reduce(x);
  Real value = b.select(hasBit(q.quadrant, 1), sineOf(q), cosineOf(q));
  return negateIf(hasBit(q.quadrant + b.word(1), 2), value);
}

Real expandTan(Real x) {
  RealBuilder& b = *x.builder;
  Quarter q = reduce(x);
  Truth swap = hasBit(q.quadrant, 1);
  Real sine = sineOf(q), cosine = cosineOf(q);
  Real value = b.select(swap, -cosine, sine) / b.select(swap, sine, cosine);
  return keepTiny(x, value);
}

} // namespace nissl::transforms
