// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/random/Distributions.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace nissl::transforms {
namespace {

template <typename Op>
Real unary(Real x) {
  return {x.builder, Op::create(x.builder->ops, x.builder->location, x.value)};
}

Value constantI32(RealBuilder& b, int32_t value) {
  return arith::ConstantOp::create(b.ops, b.location, b.ops.getI32IntegerAttr(value));
}

/// 1 where the condition holds (i32).
Value toCount(RealBuilder& b, Truth condition) {
  return arith::ExtUIOp::create(b.ops, b.location, b.ops.getI32Type(), condition.value);
}

/// P(N > k) for k = 0, 1, ..., until it is below `end`; summed from the small end to keep its digits.
std::vector<long double> survival(double mean, long double end) {
  std::vector<long double> probabilities;
  long double probability = std::exp(-static_cast<long double>(mean));
  for (int k = 0; k <= mean || probability > end * 0x1p-20L; ++k) {
    probabilities.push_back(probability);
    probability *= static_cast<long double>(mean) / (k + 1);
  }
  std::vector<long double> above(probabilities.size());
  long double sum = probability;
  for (size_t k = probabilities.size(); k-- > 0;) {
    above[k] = sum;
    sum += probabilities[k];
  }
  while (!above.empty() && above.back() < end) {
    above.pop_back();
  }
  return above;
}

} // namespace

Real expandExponential(RealBuilder& builder, Draws& draws) {
  return -unary<math::LogOp>(1.0 - draws.uniform(builder, 0, 0));
}

Real expandGamma(RealBuilder& b, Draws& draws, Real shape) {
  Truth boosted = shape < 1.0;
  Real d = b.select(boosted, shape + 1.0, shape) - 1.0 / 3.0;
  Real c = 1.0 / unary<math::SqrtOp>(9.0 * d);
  std::optional<Real> factor;
  // From the last try to the first, so that the first that is accepted wins.
  for (int sub = gammaTries - 1; sub >= 0; --sub) {
    Real x = draws.normal(b, sub, 0);
    Real u = 1.0 - draws.uniform(b, sub, 2);
    Real root = 1.0 + c * x;
    Real v = root * root * root;
    if (!factor) {
      // Without the guard a candidate that failed could be negative.
      factor = b.select(v > 0.0, v, b.real(1.0));
      continue;
    }
    Real bound = 0.5 * x * x + d * ((1.0 - v) + unary<math::LogOp>(v));
    Truth accepted = (v > 0.0) & (unary<math::LogOp>(u) < bound);
    factor = b.select(accepted, v, *factor);
  }
  Real u = 1.0 - draws.uniform(b, gammaTries, 0);
  Real boost{&b, math::PowFOp::create(b.ops, b.location, u.value, (1.0 / shape).value)};
  Real result = d * *factor;
  return b.select(boosted, result * boost, result);
}

PoissonChain poissonChain(double mean) {
  PoissonChain chain;
  chain.bits = mean < 1.0 / 64 ? 64 : 32;
  // Half of the smallest probability that the words resolve.
  long double end = std::ldexp(1.0L, -static_cast<int>(chain.bits) - 1);
  long double scale = std::ldexp(1.0L, static_cast<int>(chain.bits));
  for (long double above : survival(mean, end)) {
    long double threshold = std::nearbyint(above * scale);
    if (threshold >= scale) {
      ++chain.certain;
    } else if (threshold > 0) {
      chain.thresholds.push_back(static_cast<uint64_t>(threshold));
    }
  }
  size_t counted = chain.certain + chain.thresholds.size();
  std::vector<long double> all = survival(mean, 0x1p-200L);
  chain.leftOut = counted < all.size() ? static_cast<double>(all[counted]) : 0.0;
  return chain;
}

Value expandPoissonChain(OpBuilder& ops, Location location, Draws& draws, const PoissonChain& chain) {
  auto constant = [&](uint32_t value) -> Value {
    return arith::ConstantOp::create(ops, location,
                                     ops.getIntegerAttr(ops.getI32Type(), static_cast<int32_t>(value)));
  };
  auto below = [&](arith::CmpIPredicate predicate, Value word, uint32_t threshold) -> Value {
    return arith::CmpIOp::create(ops, location, predicate, word, constant(threshold));
  };
  Value count = constant(chain.certain);
  if (chain.thresholds.empty()) {
    return count;
  }
  Value high = draws.word(0, 0), low = chain.bits == 64 ? draws.word(0, 1) : Value();
  for (uint64_t threshold : chain.thresholds) {
    Value isBelow;
    if (chain.bits == 32) {
      isBelow = below(arith::CmpIPredicate::ult, high, static_cast<uint32_t>(threshold));
    } else {
      Value smaller = below(arith::CmpIPredicate::ult, high, threshold >> 32);
      Value equal = below(arith::CmpIPredicate::eq, high, threshold >> 32);
      Value rest = below(arith::CmpIPredicate::ult, low, static_cast<uint32_t>(threshold));
      Value both = arith::AndIOp::create(ops, location, equal, rest);
      isBelow = arith::OrIOp::create(ops, location, smaller, both);
    }
    Value one = arith::ExtUIOp::create(ops, location, ops.getI32Type(), isBelow);
    count = arith::AddIOp::create(ops, location, count, one);
  }
  return count;
}

namespace {

Value poissonByInversion(RealBuilder& b, Draws& draws, Real mean) {
  Real u = draws.uniform(b, 0, 0);
  Real probability = unary<math::ExpOp>(-mean);
  Real sum = probability;
  Value count = constantI32(b, 0);
  size_t steps = survival(largestInvertedMean, 0x1p-40L).size();
  for (size_t k = 1; k <= steps; ++k) {
    count = arith::AddIOp::create(b.ops, b.location, count, toCount(b, u >= sum));
    if (k < steps) {
      probability = probability * (mean * (1.0 / static_cast<double>(k)));
      sum = sum + probability;
    }
  }
  return count;
}

Value poissonByNormal(RealBuilder& b, Draws& draws, Real mean) {
  Real w = draws.normal(b, 1, 0);
  Real root = unary<math::SqrtOp>(mean);
  Real square = w * w;
  Real q = mean + root * w + b.fma(square, b.real(1.0 / 6), b.real(1.0 / 3));
  q = q - w * b.fma(square, b.real(1.0 / 72), b.real(1.0 / 36)) / root;
  Real last = b.fma(square, b.fma(square, b.real(1.0 / 270), b.real(7.0 / 810)), b.real(-8.0 / 405));
  Real whole = unary<math::FloorOp>(q + last / mean);
  Real inside = b.clamp(whole, 0.0, b.isDouble() ? 2147483647.0 : 2147483520.0);
  return arith::FPToSIOp::create(b.ops, b.location, b.ops.getI32Type(), inside.value);
}

} // namespace

Value expandPoisson(RealBuilder& b, Draws& draws, Real mean, std::optional<double> knownMean) {
  if (knownMean) {
    return *knownMean > largestInvertedMean ? poissonByNormal(b, draws, mean)
                                            : poissonByInversion(b, draws, mean);
  }
  // The unused branch gets a mean that it can bear.
  Truth large = mean > largestInvertedMean;
  Value inverted = poissonByInversion(b, draws, b.select(large | !(mean > 0.0), b.real(0.0), mean));
  Value normal = poissonByNormal(b, draws, b.select(large, mean, b.real(largestInvertedMean)));
  return arith::SelectOp::create(b.ops, b.location, large.value, normal, inverted);
}

} // namespace nissl::transforms
