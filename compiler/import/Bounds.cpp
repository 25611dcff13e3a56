// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/Bounds.h"

#include "dialects/neuro/NeuroDialect.h"

#include <cmath>

using namespace mlir;
using namespace nissl;

namespace {

using Interval = std::pair<double, double>;

std::optional<Interval> boundsOf(Value value);

std::optional<Interval> combine(Operation* op, double (*apply)(double, double)) {
  std::optional<Interval> a = boundsOf(op->getOperand(0)), b = boundsOf(op->getOperand(1));
  if (!a || !b) {
    return std::nullopt;
  }
  // Sums, products and quotients (without zero) have their extremes at the corners.
  double corners[] = {apply(a->first, b->first), apply(a->first, b->second), apply(a->second, b->first),
                      apply(a->second, b->second)};
  Interval result(*std::min_element(corners, corners + 4), *std::max_element(corners, corners + 4));
  return std::isfinite(result.first) && std::isfinite(result.second) ? std::optional(result) : std::nullopt;
}

std::optional<Interval> boundsOfRandom(neuro::RandomOp random) {
  if (random.getLower()) {
    std::optional<Interval> low = boundsOf(random.getLower()), high = boundsOf(random.getUpper());
    return low && high ? std::optional(Interval(low->first, high->second)) : std::nullopt;
  }
  bool isUniform = random.getDistribution() == neuro::Distribution::Uniform;
  return isUniform ? std::optional(Interval(0.0, 1.0)) : std::nullopt;
}

std::optional<Interval> boundsOfArray(neuro::LookupOp lookup) {
  auto array = SymbolTable::lookupNearestSymbolFrom<neuro::ArrayOp>(lookup, lookup.getArrayAttr());
  if (!array) {
    // Bodies of populations look up through the network.
    auto network = lookup->getParentOfType<neuro::NetworkOp>();
    array = network ? network.lookupSymbol<neuro::ArrayOp>(lookup.getArray()) : array;
  }
  auto values = array ? dyn_cast<DenseElementsAttr>(array.getValues()) : DenseElementsAttr();
  if (!values) {
    return std::nullopt;
  }
  Interval bounds(INFINITY, -INFINITY);
  for (double value : values.getValues<double>()) {
    bounds = {std::min(bounds.first, value), std::max(bounds.second, value)};
  }
  return bounds;
}

std::optional<Interval> boundsOf(Value value) {
  Operation* op = value.getDefiningOp();
  if (!op) {
    return std::nullopt;
  }
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto number = dyn_cast<FloatAttr>(constant.getValue());
    return number ? std::optional(Interval(number.getValueAsDouble(), number.getValueAsDouble()))
                  : std::nullopt;
  }
  if (auto random = dyn_cast<neuro::RandomOp>(op)) {
    return boundsOfRandom(random);
  }
  if (auto lookup = dyn_cast<neuro::LookupOp>(op)) {
    return boundsOfArray(lookup);
  }
  if (isa<arith::NegFOp>(op)) {
    std::optional<Interval> inner = boundsOf(op->getOperand(0));
    return inner ? std::optional(Interval(-inner->second, -inner->first)) : std::nullopt;
  }
  if (isa<arith::SelectOp>(op)) {
    std::optional<Interval> yes = boundsOf(op->getOperand(1)), no = boundsOf(op->getOperand(2));
    return yes && no
               ? std::optional(Interval(std::min(yes->first, no->first), std::max(yes->second, no->second)))
               : std::nullopt;
  }
  if (isa<arith::AddFOp>(op)) {
    return combine(op, [](double a, double b) { return a + b; });
  }
  if (isa<arith::SubFOp>(op)) {
    return combine(op, [](double a, double b) { return a - b; });
  }
  if (isa<arith::MulFOp>(op)) {
    return combine(op, [](double a, double b) { return a * b; });
  }
  if (isa<arith::DivFOp>(op)) {
    std::optional<Interval> divisor = boundsOf(op->getOperand(1));
    bool hasZero = !divisor || (divisor->first <= 0.0 && divisor->second >= 0.0);
    return hasZero ? std::nullopt : combine(op, [](double a, double b) { return a / b; });
  }
  if (isa<math::ExpOp, math::LogOp, math::SqrtOp>(op)) {
    // All three rise; outside their domain they give no finite number.
    auto apply = isa<math::ExpOp>(op)   ? static_cast<double (*)(double)>(std::exp)
                 : isa<math::LogOp>(op) ? static_cast<double (*)(double)>(std::log)
                                        : static_cast<double (*)(double)>(std::sqrt);
    std::optional<Interval> inner = boundsOf(op->getOperand(0));
    Interval outer = inner ? Interval(apply(inner->first), apply(inner->second)) : Interval(NAN, NAN);
    return std::isfinite(outer.first) && std::isfinite(outer.second) ? std::optional(outer) : std::nullopt;
  }
  // A bound on one side is enough for min and max only if the other side is bounded too, or clips.
  if (isa<arith::MinimumFOp>(op)) {
    if (auto lower = op->getOperand(0).getDefiningOp<arith::MaximumFOp>()) {
      std::optional<Interval> low = boundsOf(lower.getRhs()), high = boundsOf(op->getOperand(1));
      if (low && high) {
        return Interval(std::min(low->first, high->first), high->second);
      }
    }
    return combine(op, [](double a, double b) { return std::min(a, b); });
  }
  if (isa<arith::MaximumFOp>(op)) {
    return combine(op, [](double a, double b) { return std::max(a, b); });
  }
  return std::nullopt;
}

} // namespace

std::optional<std::pair<double, double>> nissl::import::boundsOf(Region& expression) {
  auto yield = dyn_cast<neuro::YieldOp>(expression.front().getTerminator());
  return yield ? ::boundsOf(yield.getValue()) : std::nullopt;
}
