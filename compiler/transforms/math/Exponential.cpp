// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/math/Coefficients.h"
#include "compiler/transforms/math/Expansions.h"
#include "compiler/transforms/math/PowerOfTwo.h"

using namespace llvm;

namespace nissl::transforms {
namespace {

using namespace coefficients;

/// x = count * ln 2 + rest, |rest| <= ln 2 / 2.
struct Reduced {
  /// Its low bits are count + the bias asked for; shifted to an exponent's place, the others are gone.
  Word biased;
  Real rest;
};

Reduced reduceByLn2(Real x, int bias) {
  RealBuilder& b = *x.builder;
  ArrayRef<double> ln2 = b.isDouble() ? ArrayRef(ln264) : ArrayRef(ln232);
  Real magic = b.real(b.roundingMagic() + bias);
  Real shifted = b.fma(x, b.real(b.isDouble() ? log2e64[0] : log2e32[0]), magic);
  Real count = -(shifted - magic);
  // The first step is exact: the result is a multiple of the smaller last place and fits the format.
  Real rest = b.fma(count, b.real(ln2[1]), b.fma(count, b.real(ln2[0]), x));
  return {b.toBits(shifted), rest};
}

/// e^rest - 1 for |rest| <= ln 2 / 2.
Real expm1OfRest(Real rest) {
  RealBuilder& b = *rest.builder;
  Real tail = b.polynomial(rest, b.isDouble() ? ArrayRef(expTail64) : ArrayRef(expTail32));
  return b.fma(rest * rest, tail, rest);
}

/// e^x * 2^offset.
Real scaledExp(Real x, int offset) {
  RealBuilder& b = *x.builder;
  // Beyond these ends the result is infinity or zero already; they keep the count in range.
  Real inside = b.isDouble() ? b.clamp(x, -747.0, 711.0) : b.clamp(x, -105.0, 90.0);
  auto [biased, rest] = reduceByLn2(inside, 0);
  Word count = biased - b.toBits(b.real(b.roundingMagic()));
  return scale(expm1OfRest(rest) + 1.0, offset == 0 ? count : count + b.word(offset));
}

/// Up to where half of e^x is a number.
double largestHalved(const RealBuilder& b) { return b.isDouble() ? 710.0 : 89.0; }

/// (e^x + offset) / 2 for x up to largestHalved(); e^x itself may be too large for a number.
Real halfOfExp(Real x, double offset) {
  RealBuilder& b = *x.builder;
  // Further down e^x no longer counts.
  Real inside = b.atLeast(x, b.isDouble() ? -60.0 : -30.0);
  auto [biased, rest] = reduceByLn2(inside, b.exponentBias() - 1);
  Real factor = b.fromBits(biased << b.fractionBits());
  return b.fma(factor, expm1OfRest(rest), factor + 0.5 * offset);
}

Real halfOfExpm1(Real x) { return halfOfExp(x, -1); }

/// Whether e^x - 1 is x but for a rounding.
Truth isLinear(Real x) { return x.builder->absolute(x) < (x.builder->isDouble() ? 0x1p-54 : 0x1p-25); }

} // namespace

Rounded roundToCount(Real x) {
  RealBuilder& b = *x.builder;
  Real magic = b.real(b.roundingMagic());
  Real shifted = x + magic;
  return {b.toBits(shifted) - b.toBits(magic), x - (shifted - magic)};
}

Real scale(Real value, Word exponent) {
  RealBuilder& b = *value.builder;
  Word half = exponent >> 1;
  return value * b.powerOfTwo(half) * b.powerOfTwo(exponent - half);
}

Real expandExp(Real x) { return scaledExp(x, 0); }

Real expandExp2(Real x) {
  RealBuilder& b = *x.builder;
  Real inside = b.isDouble() ? b.clamp(x, -1077.0, 1025.0) : b.clamp(x, -152.0, 129.0);
  auto [count, rest] = roundToCount(inside);
  Real tail = b.polynomial(rest, b.isDouble() ? ArrayRef(exp2Tail64) : ArrayRef(exp2Tail32));
  return scale(b.fma(rest, tail, b.real(1.0)), count);
}

Real expandExpm1(Real x) {
  RealBuilder& b = *x.builder;
  Real half = halfOfExpm1(b.atMost(x, largestHalved(b)));
  // Halving and doubling would lose the last bit of a subnormal.
  return b.select(isLinear(x), x, half * 2.0);
}

Real expandExpPlus1(Real x) {
  RealBuilder& b = *x.builder;
  return halfOfExp(b.atMost(x, largestHalved(b)), 1) * 2.0;
}

Real expandRiseOver(Real x, Real divisor, Real limit) {
  RealBuilder& b = *x.builder;
  Real half = halfOfExpm1(b.atMost(x, largestHalved(b)));
  return b.select(isLinear(x), limit, half * 2.0 / divisor);
}

Real expandOverExprel(Real a, Real x) {
  RealBuilder& b = *x.builder;
  // Above it only the quotient's size matters, which is next to nothing.
  Real inside = b.atMost(x, largestHalved(b));
  return b.select(isLinear(x), a, a * 0.5 * inside / halfOfExpm1(inside));
}

Real expandSinh(Real x) {
  RealBuilder& b = *x.builder;
  Real magnitude = b.absolute(x);
  Real e = expandExpm1(magnitude);
  Real small = 0.5 * (e + e / (e + 1.0));
  // e^-x no longer counts, and e^x may overflow where half of it does not.
  Real large = scaledExp(magnitude, -1);
  return b.copySign(b.select(magnitude > 22.0, large, small), x);
}

Real expandCosh(Real x) {
  Real half = scaledExp(x.builder->absolute(x), -1);
  return half + 0.25 / half;
}

Real expandTanh(Real x) {
  RealBuilder& b = *x.builder;
  Real e = expandExpm1(b.absolute(x) * -2.0);
  return b.copySign(e / (e + 2.0), x);
}

} // namespace nissl::transforms
