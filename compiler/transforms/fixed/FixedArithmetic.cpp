// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/FixedArithmetic.h"
#include "compiler/transforms/fixed/Formats.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace nissl::transforms {
namespace {

constexpr int largestShift = 62; // of step.mulq

double scaled(double number, int fraction) { return std::nearbyint(std::ldexp(number, fraction)); }

int32_t clampedInteger(double number) {
  return static_cast<int32_t>(std::clamp(number, -0x1p31, 0x1p31 - 1));
}

} // namespace

Value FixedArithmetic::constant(int32_t value) {
  auto [known, isNew] = constants.try_emplace(value);
  if (isNew) {
    OpBuilder::InsertionGuard guard(ops);
    ops.setInsertionPointToStart(&block);
    known->second = arith::ConstantOp::create(ops, blockLocation, ops.getI32IntegerAttr(value));
  }
  return known->second;
}

Value FixedArithmetic::wrapped(double number, int fraction) {
  double rest = std::fmod(scaled(number, fraction), 0x1p32);
  return constant(static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(rest))));
}

Value FixedArithmetic::clamped(double number, int fraction) {
  return constant(clampedInteger(scaled(number, fraction)));
}

Value FixedArithmetic::weight(double number, int bits, int fraction) {
  int own = std::min(fractionBitsFor(Interval::point(number), bits), fraction);
  return clamped(std::ldexp(scaled(number, own), -own), fraction);
}

Value FixedArithmetic::mulq(Location location, Value a, Value b, int shift) {
  return step::MulQOp::create(ops, location, a, b, static_cast<uint64_t>(shift));
}

Value FixedArithmetic::shiftRight(Location location, Value value, int by) {
  return arith::ShRSIOp::create(ops, location, value, constant(std::min(by, 31)));
}

Value FixedArithmetic::align(Location location, FixedNumber number, int fraction) {
  int more = fraction - number.fraction;
  if (more > 31 || more < -largestShift) {
    return constant(0);
  }
  if (more > 0) {
    return arith::ShLIOp::create(ops, location, number.value, constant(more));
  }
  return more < 0 ? mulq(location, number.value, constant(1), -more) : number.value;
}

Value FixedArithmetic::saturate(Location location, FixedNumber number, int fraction) {
  return mulq(location, number.value, constant(int32_t{1} << (fraction - number.fraction)), 0);
}

Value FixedArithmetic::within(Location location, FixedNumber number, double low, double high) {
  Value least = clamped(low, number.fraction), most = clamped(high, number.fraction);
  return arith::MinSIOp::create(ops, location, arith::MaxSIOp::create(ops, location, number.value, least),
                                most);
}

Value FixedArithmetic::multiply(Location location, FixedNumber a, FixedNumber b, int fraction) {
  int shift = a.fraction + b.fraction - fraction;
  int done = std::clamp(shift, 0, largestShift);
  Value product = mulq(location, a.value, b.value, done);
  return align(location, {product, fraction + shift - done}, fraction);
}

Value FixedArithmetic::multiply(Location location, FixedNumber a, double factor, int fraction) {
  int bits = std::min(fractionBitsFor(Interval::point(factor)), largestShift + fraction - a.fraction);
  return multiply(location, a, FixedNumber{clamped(factor, bits), bits}, fraction);
}

Value FixedArithmetic::round(Location location, FixedNumber number, Rounding rounding, int fraction) {
  if (number.fraction <= 0) {
    return align(location, number, fraction);
  }
  if (rounding == Rounding::HalfEven) {
    return align(location, {align(location, number, 0), 0}, fraction);
  }
  // Up is down of the negative. Shifts of 31 and more leave the sign, which is right.
  Value zero = constant(0);
  bool isUp = rounding == Rounding::Up;
  Value value = isUp ? Value(arith::SubIOp::create(ops, location, zero, number.value)) : number.value;
  Value whole = shiftRight(location, value, number.fraction);
  return align(location, {isUp ? Value(arith::SubIOp::create(ops, location, zero, whole)) : whole, 0},
               fraction);
}

Value FixedArithmetic::truncate(Location location, FixedNumber number, Type type) {
  Value whole;
  if (number.fraction > 31) {
    whole = constant(0);
  } else if (number.fraction <= 0) {
    whole = align(location, number, 0);
  } else {
    // Adding 2^fraction - 1 to a negative number makes the shift round up.
    Value sign = shiftRight(location, number.value, 31);
    auto mask = static_cast<int32_t>((uint32_t{1} << number.fraction) - 1);
    Value bias = arith::AndIOp::create(ops, location, sign, constant(mask));
    Value sum = arith::AddIOp::create(ops, location, number.value, bias);
    whole = shiftRight(location, sum, number.fraction);
  }
  unsigned width = type.getIntOrFloatBitWidth();
  if (width > 32) {
    return arith::ExtSIOp::create(ops, location, type, whole);
  }
  return width < 32 ? Value(arith::TruncIOp::create(ops, location, type, whole)) : whole;
}

Value FixedArithmetic::toI32(Location location, Value integer, bool isSigned) {
  unsigned width = integer.getType().getIntOrFloatBitWidth();
  if (width == 32) {
    return integer;
  }
  Type i32 = ops.getI32Type();
  if (width > 32) {
    return arith::TruncIOp::create(ops, location, i32, integer);
  }
  return isSigned ? Value(arith::ExtSIOp::create(ops, location, i32, integer))
                  : Value(arith::ExtUIOp::create(ops, location, i32, integer));
}

} // namespace nissl::transforms
