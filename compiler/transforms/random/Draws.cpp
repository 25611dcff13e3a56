// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/random/Draws.h"
#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace nissl::transforms {

Value Draws::word(int64_t sub, int64_t word) {
  assert(sub < drawsPerOp && "the op's blocks are used up");
  return step::RandomBitsOp::create(ops, location, ops.getI32Type(), stream, opDraw * drawsPerOp + sub, word);
}

Value Draws::shiftRight(Value bits, int64_t by) {
  Value amount = arith::ConstantOp::create(ops, location, ops.getI32IntegerAttr(by));
  return arith::ShRUIOp::create(ops, location, bits, amount);
}

Real Draws::toReal(RealBuilder& builder, Value nonNegative) {
  // Signed conversions of 32-bit lanes exist everywhere.
  return builder.wrap(arith::SIToFPOp::create(ops, location, builder.type, nonNegative));
}

Real Draws::uniform(RealBuilder& builder, int64_t sub, int64_t first) {
  if (!builder.isDouble()) {
    return toReal(builder, shiftRight(word(sub, first), 8)) * 0x1p-24;
  }
  Real high = toReal(builder, shiftRight(word(sub, first), 5));
  Real low = toReal(builder, shiftRight(word(sub, first + 1), 6));
  return (high * 0x1p26 + low) * 0x1p-53;
}

Real Draws::normal(RealBuilder& builder, int64_t sub, int64_t first) {
  Value bits = word(sub, first);
  Real tail = toReal(builder, shiftRight(bits, 1));
  if (builder.isDouble()) {
    Real low = toReal(builder, shiftRight(word(sub, first + 1), 11));
    tail = ((tail * 0x1p21 + low) + 0.5) * 0x1p-53;
  } else {
    tail = (tail + 0.5) * 0x1p-32;
  }
  Real size = upperNormalQuantile(tail);
  Value one = arith::ConstantOp::create(ops, location, ops.getI32IntegerAttr(1));
  Value signBit = arith::AndIOp::create(ops, location, bits, one);
  Truth negative{&builder, arith::CmpIOp::create(ops, location, arith::CmpIPredicate::eq, signBit, one)};
  return builder.select(negative, -size, size);
}

namespace {

struct Rational {
  ArrayRef<double> top;
  ArrayRef<double> bottom;
};

constexpr double centre16Top[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                                  1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                  3.3430575583588128105e4, 2.5090809287301226727e3};
constexpr double centre16Bottom[] = {1.0,
                                     4.2313330701600911252e1,
                                     6.8718700749205790830e2,
                                     5.3941960214247511077e3,
                                     2.1213794301586595867e4,
                                     3.9307895800092710610e4,
                                     2.8729085735721942674e4,
                                     5.2264952788528545610e3};
constexpr double middle16Top[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                  5.76949722146069140550e0,  3.64784832476320460504e0,
                                  1.27045825245236838258e0,  2.41780725177450611770e-1,
                                  2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr double middle16Bottom[] = {1.0,
                                     2.05319162663775882187e0,
                                     1.67638483018380384940e0,
                                     6.89767334985100004550e-1,
                                     1.48103976427480074590e-1,
                                     1.51986665636164571966e-2,
                                     5.47593808499534494600e-4,
                                     1.05075007164441684324e-9};
constexpr double tail16Top[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                1.78482653991729133580e0,  2.96560571828504891230e-1,
                                2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr double tail16Bottom[] = {1.0,
                                   5.99832206555887937690e-1,
                                   1.36929880922735805310e-1,
                                   1.48753612908506148525e-2,
                                   7.86869131145613259100e-4,
                                   1.84631831751005468180e-5,
                                   1.42151175831644588870e-7,
                                   2.04426310338993978564e-15};
constexpr double centre7Top[] = {3.3871327179, 5.0434271938e1, 1.5929113202e2, 5.9109374720e1};
constexpr double centre7Bottom[] = {1.0, 1.7895169469e1, 7.8757757664e1, 6.7187563600e1};
constexpr double middle7Top[] = {1.4234372777, 2.7568153900, 1.3067284816, 1.7023821103e-1};
constexpr double middle7Bottom[] = {1.0, 7.3700164250e-1, 1.2021132975e-1};
constexpr double tail7Top[] = {6.6579051150, 3.0812263860, 4.2868294337e-1, 1.7337203997e-2};
constexpr double tail7Bottom[] = {1.0, 2.4197894225e-1, 1.2258202635e-2};

} // namespace

Real upperNormalQuantile(Real p) {
  RealBuilder& b = *p.builder;
  bool isDouble = b.isDouble();
  Rational centre = isDouble ? Rational{centre16Top, centre16Bottom} : Rational{centre7Top, centre7Bottom};
  Rational middle = isDouble ? Rational{middle16Top, middle16Bottom} : Rational{middle7Top, middle7Bottom};
  Rational tail = isDouble ? Rational{tail16Top, tail16Bottom} : Rational{tail7Top, tail7Bottom};

  Real q = 0.5 - p;
  Real square = b.fma(-q, q, b.real(0.180625));
  Real logarithm{&b, math::LogOp::create(b.ops, b.location, p.value)};
  Real root{&b, math::SqrtOp::create(b.ops, b.location, (-logarithm).value)};
  Truth inCentre = b.real(0.425) >= q, inMiddle = b.real(5.0) >= root;
  Real near = root - 1.6, far = root - 5.0;
  // One division for the three regions.
  Real top = b.select(inMiddle, b.polynomial(near, middle.top), b.polynomial(far, tail.top));
  Real bottom = b.select(inMiddle, b.polynomial(near, middle.bottom), b.polynomial(far, tail.bottom));
  top = b.select(inCentre, q * b.polynomial(square, centre.top), top);
  bottom = b.select(inCentre, b.polynomial(square, centre.bottom), bottom);
  return top / bottom;
}

} // namespace nissl::transforms
