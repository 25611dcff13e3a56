// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/math/Coefficients.h"
#include "compiler/transforms/math/Expansions.h"
#include "compiler/transforms/math/Significand.h"

using namespace llvm;

namespace nissl::transforms {
namespace {

using namespace coefficients;

/// log(1 + f) = f - (half - correction), for 1 + f in [sqrt(1/2), sqrt(2)): with s = f / (2 + f),
/// log(1 + f) = 2 atanh(s) = f - f^2/2 + s * (f^2/2 + R(s^2)).
struct LogOfOnePlus {
  Real f;
  Real half;       // f^2 / 2
  Real correction; // s * (f^2/2 + R)
};

LogOfOnePlus logOfOnePlus(Real f) {
  RealBuilder& b = *f.builder;
  Real s = f / (2.0 + f);
  Real z = s * s;
  Real tail = z * b.polynomial(z, b.isDouble() ? ArrayRef(logTail64) : ArrayRef(logTail32));
  Real half = 0.5 * f * f;
  return {f, half, s * (half + tail)};
}

Real naturalLog(const LogOfOnePlus& log, Real exponent, Real addend) {
  RealBuilder& b = *exponent.builder;
  ArrayRef<double> ln2 = b.isDouble() ? ArrayRef(ln264) : ArrayRef(ln232);
  Real low = b.fma(exponent, b.real(ln2[1]), log.correction) + addend;
  return b.fma(exponent, b.real(ln2[0]), log.f - (log.half - low));
}

/// -inf at zero, NaN below, and +inf and NaN as they are.
Real withSpecialCases(Real x, Real result) {
  RealBuilder& b = *x.builder;
  Real positive = b.select(x < b.infinity(), result, x);
  Real atZero = b.select(x == 0.0, -b.infinity(), positive);
  return b.select(x < 0.0, b.nan(), atZero);
}

/// The logarithm to another base: exponent * unit + log(1 + f) * factor, both constants in two parts.
Real otherLog(Real x, ArrayRef<double> unit, ArrayRef<double> factor) {
  RealBuilder& b = *x.builder;
  Significand parts = splitSignificand(x);
  LogOfOnePlus log = logOfOnePlus(parts.value - 1.0);
  Real high = log.f - log.half;
  Real low = ((log.f - high) - log.half) + log.correction;
  Real product = high * factor[0];
  Real productLow =
      b.fma(high, b.real(factor[0]), -product) + b.fma(low, b.real(factor[0]), high * factor[1]);
  Real whole = parts.exponent * unit[0];
  Real wholeLow = b.fma(parts.exponent, b.real(unit[0]), -whole) + parts.exponent * unit[1];
  Real sum = whole + product;
  Real sumLow = ((whole - sum) + product) + (productLow + wholeLow);
  return withSpecialCases(x, sum + sumLow);
}

} // namespace

/// The integer exponent of splitNormal, and the value.
static std::pair<Word, Real> splitBits(Real x) {
  RealBuilder& b = *x.builder;
  Word bits = b.toBits(x);
  // Taking the bits of sqrt(1/2) away first makes the significand fall into [sqrt(1/2), sqrt(2)).
  Word exponent = (bits - b.toBits(b.real(0x1.6a09e667f3bcdp-1))) >> b.fractionBits();
  return {exponent, b.fromBits(bits - (exponent << b.fractionBits()))};
}

Significand splitNormal(Real x) {
  auto [exponent, value] = splitBits(x);
  return {x.builder->toReal(exponent), value};
}

Significand splitSignificand(Real x) {
  RealBuilder& b = *x.builder;
  double smallestNormal = b.isDouble() ? 0x1p-1022 : 0x1p-126;
  int lift = b.fractionBits() + 2;
  Truth subnormal = x < smallestNormal;
  auto [exponent, value] = splitBits(b.select(subnormal, x * static_cast<double>(uint64_t{1} << lift), x));
  return {b.toReal(exponent + b.select(subnormal, b.word(-lift), b.word(0))), value};
}

Real expandLog(Real x) {
  Significand parts = splitSignificand(x);
  RealBuilder& b = *x.builder;
  return withSpecialCases(x, naturalLog(logOfOnePlus(parts.value - 1.0), parts.exponent, b.real(0.0)));
}

Real expandLog1p(Real x) {
  RealBuilder& b = *x.builder;
  Real sum = x + 1.0;
  // What the sum lost (Knuth's two-sum); log(1 + x) = log(sum) + lost / sum up to the square of lost.
  Real part = sum - 1.0;
  Real lost = (1.0 - (sum - part)) + (x - part);
  Significand parts = splitSignificand(sum);
  Real result = naturalLog(logOfOnePlus(parts.value - 1.0), parts.exponent, lost / sum);
  Real small = b.select(b.absolute(x) < (b.isDouble() ? 0x1p-54 : 0x1p-25), x, result);
  Real atInfinity = b.select(x < b.infinity(), small, x);
  Real atPole = b.select(x == -1.0, -b.infinity(), atInfinity);
  return b.select(x < -1.0, b.nan(), atPole);
}

Real expandLog2(Real x) {
  static constexpr double one[] = {1.0, 0.0};
  return otherLog(x, one, x.builder->isDouble() ? ArrayRef(log2e64) : ArrayRef(log2e32));
}

Real expandLog10(Real x) {
  bool isDouble = x.builder->isDouble();
  return otherLog(x, isDouble ? ArrayRef(log10of264) : ArrayRef(log10of232),
                  isDouble ? ArrayRef(log10e64) : ArrayRef(log10e32));
}

} // namespace nissl::transforms
