// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/FixedFunctions.h"
#include "compiler/transforms/fixed/Formats.h"
#include "compiler/transforms/math/Coefficients.h"
#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <climits>
#include <numbers>

using namespace mlir;

namespace nissl::transforms {
namespace {

constexpr int thirty = 30;
constexpr int32_t one = int32_t{1} << thirty;
/// Of a reciprocal, and of the quotient of two mantissas.
constexpr int quotientFraction = 29;

} // namespace

//===-- Integer ops
//---------------------------------------------------------------------------------------===//

Value FixedFunctions::add(Location location, Value a, Value b) {
  return arith::AddIOp::create(ops, location, a, b);
}

Value FixedFunctions::subtract(Location location, Value a, Value b) {
  return arith::SubIOp::create(ops, location, a, b);
}

Value FixedFunctions::negative(Location location, Value a) {
  return subtract(location, arithmetic.constant(0), a);
}

Value FixedFunctions::isLess(Location location, Value a, Value b) {
  return arith::CmpIOp::create(ops, location, arith::CmpIPredicate::slt, a, b);
}

Value FixedFunctions::choose(Location location, Value condition, Value yes, Value no) {
  return arith::SelectOp::create(ops, location, condition, yes, no);
}

Value FixedFunctions::mulq(Location location, Value a, Value b, int shift) {
  return arithmetic.multiply(location, FixedNumber{a, shift}, FixedNumber{b, 0}, 0);
}

/// The size of a number, at most 2^31 - 1. One that only rounding makes negative becomes 0.
Value FixedFunctions::size(Location location, RangedNumber x) {
  Value value = x.number.value;
  if (x.range.low >= 0) {
    return arith::MaxSIOp::create(ops, location, value, arithmetic.constant(0));
  }
  Value bounded = arith::MaxSIOp::create(ops, location, value, arithmetic.constant(-INT_MAX));
  return arith::MaxSIOp::create(ops, location, bounded, negative(location, bounded));
}

//===-- Quotients
//-----------------------------------------------------------------------------------------===//

FixedFunctions::Normalised FixedFunctions::normalise(Location location, Value number) {
  // The leading one is found by halves.
  Value shift = arithmetic.constant(0);
  for (int by : {16, 8, 4, 2, 1}) {
    Value isSmall = isLess(location, number, arithmetic.constant(int32_t{1} << (31 - by)));
    Value shifted = arith::ShLIOp::create(ops, location, number, arithmetic.constant(by));
    number = choose(location, isSmall, shifted, number);
    shift = choose(location, isSmall, add(location, shift, arithmetic.constant(by)), shift);
  }
  return {number, shift};
}

/// 1 / M for a mantissa M = m / 2^31 of [1/2, 1), with quotientFraction bits: a line that is off by at most
/// 1/17, and three steps of Newton's method, each of which squares that.
Value FixedFunctions::reciprocal(Location location, Value mantissa) {
  Value slope = arithmetic.clamped(32.0 / 17, quotientFraction);
  Value result = subtract(location, arithmetic.clamped(48.0 / 17, quotientFraction),
                          mulq(location, mantissa, slope, 31));
  for (int i = 0; i < 3; ++i) {
    Value error = subtract(location, arithmetic.constant(one), mulq(location, mantissa, result, thirty));
    result = add(location, result, mulq(location, result, error, thirty));
  }
  return result;
}

/// number * 2^-by, rounded half up; `by` may be negative. The number is not.
Value FixedFunctions::shiftedRight(Location location, Value number, Value by) {
  Value unit = arithmetic.constant(1);
  Value right = arith::MinSIOp::create(ops, location, arith::MaxSIOp::create(ops, location, by, unit),
                                       arithmetic.constant(32));
  Value half = arith::ShRUIOp::create(ops, location, number, subtract(location, right, unit));
  Value lower = arith::ShRUIOp::create(ops, location, add(location, half, unit), unit);
  Value zero = arithmetic.constant(0);
  Value left = arith::MinSIOp::create(ops, location,
                                      arith::MaxSIOp::create(ops, location, negative(location, by), zero),
                                      arithmetic.constant(thirty));
  // Shifts by nothing where `lower` is chosen, so that only what is used saturates.
  Value higher = mulq(location, number, arith::ShLIOp::create(ops, location, unit, left), 0);
  return choose(location, isLess(location, zero, by), lower, higher);
}

Value FixedFunctions::quotient(Location location, RangedNumber a, RangedNumber b, int fraction) {
  Normalised above = normalise(location, size(location, a));
  Normalised below = normalise(location, size(location, b));
  // A divisor of zero counts as half a unit here.
  Value divisor = arith::MaxSIOp::create(ops, location, below.mantissa, arithmetic.constant(one));
  Value mantissa = mulq(location, above.mantissa, reciprocal(location, divisor), 31);
  int fixedShift = quotientFraction - b.number.fraction + a.number.fraction - fraction;
  Value by = add(location, arithmetic.constant(fixedShift), subtract(location, above.shift, below.shift));
  Value result = shiftedRight(location, mantissa, by);
  if (b.range.contains(Interval::point(0))) {
    Value zero = arithmetic.constant(0);
    Value isZero = arith::CmpIOp::create(ops, location, arith::CmpIPredicate::eq, b.number.value, zero);
    Value isAnything = arith::CmpIOp::create(ops, location, arith::CmpIPredicate::ne, a.number.value, zero);
    Value isEndless = arith::AndIOp::create(ops, location, isZero, isAnything);
    result = choose(location, isEndless, arithmetic.constant(INT_MAX), result);
  }
  if (a.range.low >= 0 && b.range.low >= 0) {
    return result;
  }
  Value signs = arith::XOrIOp::create(ops, location, a.number.value, b.number.value);
  return choose(location, isLess(location, signs, arithmetic.constant(0)), negative(location, result),
                result);
}

//===-- Exponentials
//--------------------------------------------------------------------------------------===//

FixedFunctions::Reduced FixedFunctions::reduce(Location location, RangedNumber x, int fraction) {
  FixedNumber number = x.number;
  // Below this the result is less than a quarter of its unit.
  double lowest = -(std::max(fraction, 0) + 2) * std::numbers::ln2;
  if (x.range.low < lowest) {
    number.value =
        arith::MaxSIOp::create(ops, location, number.value, arithmetic.clamped(lowest, number.fraction));
  }
  if (number.fraction < 0) {
    number = {arithmetic.align(location, number, 0), 0};
  }
  Value power = arithmetic.multiply(location, number, std::numbers::log2e, 0);
  // x - power * ln 2 modulo 2^32, which is the whole of it.
  double ln2 = std::ldexp(std::numbers::ln2, thirty);
  double high = std::nearbyint(ln2);
  Value multiple =
      arith::MulIOp::create(ops, location, power, arithmetic.constant(static_cast<int32_t>(high)));
  Value correction = mulq(location, power, arithmetic.clamped(ln2 - high, 31), 31);
  Value rest = subtract(location, subtract(location, arithmetic.align(location, number, thirty), multiple),
                        correction);
  Value tail;
  for (double coefficient : llvm::reverse(coefficients::expTailShort64)) {
    Value term = arithmetic.clamped(coefficient, thirty);
    tail = tail ? add(location, term, mulq(location, tail, rest, thirty)) : term;
  }
  return {power, rest, tail};
}

Value FixedFunctions::exp(Location location, RangedNumber x, int fraction) {
  Reduced reduced = reduce(location, x, fraction);
  Value square = mulq(location, reduced.rest, reduced.rest, thirty);
  Value value = add(location, add(location, arithmetic.constant(one), reduced.rest),
                    mulq(location, square, reduced.tail, thirty));
  return shiftedRight(location, value,
                      subtract(location, arithmetic.constant(thirty - fraction), reduced.power));
}

RangedNumber FixedFunctions::negativeSize(Location location, RangedNumber x) {
  return {{negative(location, size(location, x)), x.number.fraction}, {-x.range.magnitude(), 0}};
}

Value FixedFunctions::tanh(Location location, RangedNumber x, int fraction) {
  // (1 - e) / (1 + e) with e = exp(-2|x|), which is at most 1.
  RangedNumber argument = negativeSize(location, x);
  argument.number.fraction -= 1;
  argument.range.low *= 2;
  Value e = exp(location, argument, thirty);
  Value most = arith::MinSIOp::create(ops, location, e, arithmetic.constant(one - 1));
  Value inverse = reciprocal(location, add(location, arithmetic.constant(one), most)); // of (1 + e) / 2
  Value result =
      mulq(location, subtract(location, arithmetic.constant(one), e), inverse, quotientFraction + 1);
  if (x.range.low < 0) {
    Value isNegative = isLess(location, x.number.value, arithmetic.constant(0));
    result = choose(location, isNegative, negative(location, result), result);
  }
  return arithmetic.align(location, {result, thirty}, fraction);
}

std::pair<Value, Value> FixedFunctions::decaying(Location location, RangedNumber x) {
  RangedNumber argument = negativeSize(location, x);
  Reduced reduced = reduce(location, argument, thirty);
  Value unit = arithmetic.constant(one);
  Value near = add(location, unit, mulq(location, reduced.rest, reduced.tail, thirty));
  Value mantissa = add(location, unit, mulq(location, reduced.rest, near, thirty));
  Value e = shiftedRight(location, mantissa, negative(location, reduced.power));
  RangedNumber above = {{subtract(location, unit, e), thirty}, {0, 1}};
  RangedNumber below = {{size(location, x), x.number.fraction}, {0, x.range.magnitude()}};
  // Where the power is not 0, |x| is at least ln(2) / 2, so that the quotient is less than 1.
  Value isNear =
      arith::CmpIOp::create(ops, location, arith::CmpIPredicate::eq, reduced.power, arithmetic.constant(0));
  above.number.value = choose(location, isNear, arithmetic.constant(0), above.number.value);
  Value far = quotient(location, above, below, thirty);
  return {choose(location, isNear, near, far), e};
}

Value FixedFunctions::exprel(Location location, RangedNumber x, int fraction) {
  auto [relative, e] = decaying(location, x);
  Value falling = arithmetic.align(location, {relative, thirty}, fraction);
  if (x.range.high <= 0) {
    return falling;
  }
  // exprel(x) = exp(x) * exprel(-x)
  int own = fractionBitsFor(Interval::point(std::exp(x.range.high)));
  FixedNumber growth = {exp(location, x, own), own};
  Value rising = arithmetic.multiply(location, growth, FixedNumber{relative, thirty}, fraction);
  return choose(location, isLess(location, x.number.value, arithmetic.constant(0)), falling, rising);
}

Value FixedFunctions::inverseExprel(Location location, RangedNumber x, int fraction) {
  auto [relative, e] = decaying(location, x);
  Value isNegative = isLess(location, x.number.value, arithmetic.constant(0));
  Value above = choose(location, isNegative, arithmetic.constant(one), e);
  RangedNumber numerator = {{above, thirty}, {0, 1}};
  return quotient(location, numerator, {{relative, thirty}, {0x1p-30, 1}}, fraction);
}

} // namespace nissl::transforms
