// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/BodyRanges.h"
#include "compiler/transforms/fixed/Idioms.h"
#include "compiler/transforms/fixed/Positions.h"
#include "compiler/transforms/random/Distributions.h"
#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace nissl::transforms {
namespace {

constexpr int maxWays = 512;

enum class Outcome { No, Yes, Unknown };

/// What is known on one way through the body.
struct Way {
  DenseMap<Value, Form> forms;
  DenseMap<Value, Interval> limits; // from comparisons
  DenseMap<Value, Outcome> truths;
  SmallVector<Interval> variables;
};

Interval typeRange(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type)) {
    if (integer.getWidth() == 1) {
      return {0, 1};
    }
    double limit = std::ldexp(1.0, integer.getWidth() - 1);
    return {-limit, limit - 1};
  }
  return {-HUGE_VAL, HUGE_VAL};
}

class Evaluation {
public:
  Evaluation(Block& block, ArrayRef<Interval> arguments, ArrayRange arrayRange)
      : block(block), arrayRange(arrayRange) {
    Operation* terminator = block.getTerminator();
    result.yields.assign(terminator->getNumOperands(), Interval::empty());
    result.slopes.assign(terminator->getNumOperands(),
                         std::vector<Interval>(block.getNumArguments(), Interval::empty()));
    Way way;
    for (auto [argument, range] : llvm::zip_equal(block.getArguments(), arguments)) {
      int variable = way.variables.size();
      way.variables.push_back(range);
      way.forms[argument] = Form::variable(variable);
      result.values[argument] = range;
      if (argument.getType().isInteger(1)) {
        way.truths[argument] = Outcome::Unknown;
      }
    }
    walk(block.begin(), std::move(way));
  }

  BodyRanges take() { return std::move(result); }

private:
  Interval rangeOf(const Way& way, Value value) {
    Interval range = way.forms.find(value)->second.range(way.variables);
    auto limit = way.limits.find(value);
    return limit == way.limits.end() ? range : intersect(range, limit->second);
  }

  static Form fresh(Way& way, Interval range) {
    way.variables.push_back(range);
    return Form::variable(static_cast<int>(way.variables.size()) - 1);
  }

  /// The value's form with at most `degree`, and with its limits as a range of its own if it has any.
  Form formOf(Way& way, Value value, int degree = 2) {
    Form& form = way.forms.find(value)->second;
    auto limit = way.limits.find(value);
    if (form.degree() <= degree && form.size() <= 24) {
      Interval range = form.range(way.variables);
      if (limit == way.limits.end() || limit->second.contains(range)) {
        return form;
      }
    }
    Form simple = fresh(way, rangeOf(way, value));
    way.forms[value] = simple;
    way.limits.erase(value);
    return simple;
  }

  Outcome truthOf(const Way& way, Value value) {
    auto found = way.truths.find(value);
    return found == way.truths.end() ? Outcome::Unknown : found->second;
  }

  void walk(Block::iterator at, Way way) {
    for (; &*at != block.getTerminator(); ++at) {
      Operation& op = *at;
      if (op.getNumResults() != 1) {
        continue;
      }
      if (isImpossible(way, op)) {
        return;
      }
      Value value = op.getResult(0);
      if (value.getType().isInteger(1)) {
        Outcome outcome = evaluateTruth(way, op);
        way.forms[value] =
            fresh(way, {outcome == Outcome::Yes ? 1.0 : 0.0, outcome == Outcome::No ? 0.0 : 1.0});
        way.truths[value] = outcome;
        if (outcome == Outcome::Unknown && isa<arith::CmpFOp, arith::CmpIOp>(op) && ways < maxWays) {
          ++ways;
          for (bool holds : {false, true}) {
            Way branch = way;
            branch.truths[value] = holds ? Outcome::Yes : Outcome::No;
            branch.variables.back() = Interval::point(holds);
            if (constrain(branch, op, holds)) {
              walk(std::next(at), std::move(branch));
            }
          }
          return;
        }
        continue;
      }
      way.forms[value] = evaluate(way, op);
      Interval range = rangeOf(way, value);
      // An integer that may leave its type wraps.
      Interval all = typeRange(value.getType());
      if (!all.contains(range)) {
        way.forms[value] = fresh(way, all);
        range = all;
      }
      auto [known, isNew] = result.values.try_emplace(value, range);
      known->second = hull(known->second, range);
    }
    finish(way);
  }

  /// Comparisons that cannot fall out so together leave an operand without values.
  bool isImpossible(const Way& way, Operation& op) {
    return llvm::any_of(op.getOperands(), [&](Value operand) { return rangeOf(way, operand).isEmpty(); });
  }

  void finish(Way& way) {
    Operation* terminator = block.getTerminator();
    if (isImpossible(way, *terminator)) {
      return;
    }
    for (auto [index, operand] : llvm::enumerate(terminator->getOperands())) {
      result.yields[index] = hull(result.yields[index], rangeOf(way, operand));
      const Form& form = way.forms.find(operand)->second;
      for (unsigned argument = 0; argument < block.getNumArguments(); ++argument) {
        if (form.degree() <= 1) {
          Interval& slope = result.slopes[index][argument];
          slope = hull(slope, Interval::point(form.slope(static_cast<int>(argument))));
        }
      }
    }
  }

  //===-- Truth values ----------------------------------------------------------------------------===//

  Outcome evaluateTruth(Way& way, Operation& op) {
    auto both = [&](unsigned index) { return truthOf(way, op.getOperand(index)); };
    return TypeSwitch<Operation*, Outcome>(&op)
        .Case([&](arith::ConstantOp constant) {
          return cast<IntegerAttr>(constant.getValue()).getValue().isZero() ? Outcome::No : Outcome::Yes;
        })
        .Case([&](arith::AndIOp) {
          if (both(0) == Outcome::No || both(1) == Outcome::No) {
            return Outcome::No;
          }
          return both(0) == Outcome::Yes ? both(1) : both(1) == Outcome::Yes ? both(0) : Outcome::Unknown;
        })
        .Case([&](arith::OrIOp) {
          if (both(0) == Outcome::Yes || both(1) == Outcome::Yes) {
            return Outcome::Yes;
          }
          return both(0) == Outcome::No ? both(1) : both(1) == Outcome::No ? both(0) : Outcome::Unknown;
        })
        .Case([&](arith::XOrIOp) {
          if (both(0) == Outcome::Unknown || both(1) == Outcome::Unknown) {
            return Outcome::Unknown;
          }
          return both(0) == both(1) ? Outcome::No : Outcome::Yes;
        })
        .Case([&](arith::SelectOp select) {
          Outcome condition = both(0);
          return condition == Outcome::Unknown ? Outcome::Unknown : both(condition == Outcome::Yes ? 1 : 2);
        })
        .Case([&](arith::CmpFOp compare) {
          return decide(rangeOf(way, compare.getLhs()), rangeOf(way, compare.getRhs()), direction(compare));
        })
        .Case([&](arith::CmpIOp compare) {
          return decide(rangeOf(way, compare.getLhs()), rangeOf(way, compare.getRhs()), direction(compare));
        })
        .Default([](Operation*) { return Outcome::Unknown; });
  }

  /// A comparison as an order: -1 less, 1 greater, 0 equal, 2 unequal, 3 none of these.
  struct Direction {
    int order;
    bool strict;
  };

  static Direction direction(arith::CmpFOp compare) {
    using enum arith::CmpFPredicate;
    switch (compare.getPredicate()) {
    case OLT:
    case ULT:
      return {-1, true};
    case OLE:
    case ULE:
      return {-1, false};
    case OGT:
    case UGT:
      return {1, true};
    case OGE:
    case UGE:
      return {1, false};
    case OEQ:
    case UEQ:
      return {0, false};
    case ONE:
    case UNE:
      return {2, false};
    default:
      return {3, false};
    }
  }

  static Direction direction(arith::CmpIOp compare) {
    using enum arith::CmpIPredicate;
    switch (compare.getPredicate()) {
    case slt:
      return {-1, true};
    case sle:
      return {-1, false};
    case sgt:
      return {1, true};
    case sge:
      return {1, false};
    case eq:
      return {0, false};
    case ne:
      return {2, false};
    default:
      return {3, false};
    }
  }

  static Outcome decide(Interval left, Interval right, Direction direction) {
    if (direction.order == 1) {
      return decide(right, left, {-1, direction.strict});
    }
    if (direction.order == -1) {
      bool yes = direction.strict ? left.high < right.low : left.high <= right.low;
      bool no = direction.strict ? left.low >= right.high : left.low > right.high;
      return yes ? Outcome::Yes : no ? Outcome::No : Outcome::Unknown;
    }
    bool apart = left.high < right.low || right.high < left.low;
    if (direction.order <= 2 && apart) {
      return direction.order == 0 ? Outcome::No : Outcome::Yes;
    }
    return Outcome::Unknown;
  }

  /// Narrows what was compared; false if no value is left. Unknown orders narrow nothing.
  bool constrain(Way& way, Operation& op, bool holds) {
    Direction compared =
        isa<arith::CmpFOp>(op) ? direction(cast<arith::CmpFOp>(op)) : direction(cast<arith::CmpIOp>(op));
    Value left = op.getOperand(0), right = op.getOperand(1);
    if (compared.order >= 2) {
      return true;
    }
    Interval leftRange = rangeOf(way, left), rightRange = rangeOf(way, right);
    if (compared.order == 0) {
      return !holds || (limit(way, left, rightRange) && limit(way, right, leftRange));
    }
    // Whole numbers that differ, differ by one.
    bool isLess = (compared.order < 0) == holds;
    bool strict = compared.strict == holds;
    double gap = strict && isa<arith::CmpIOp>(op) ? 1.0 : 0.0;
    Value small = isLess ? left : right, large = isLess ? right : left;
    Interval smallRange = isLess ? leftRange : rightRange, largeRange = isLess ? rightRange : leftRange;
    return limit(way, small, {-HUGE_VAL, largeRange.high - gap}) &&
           limit(way, large, {smallRange.low + gap, HUGE_VAL});
  }

  bool limit(Way& way, Value value, Interval to) {
    const Form& form = way.forms.find(value)->second;
    int variable = form.onlyVariable();
    if (variable >= 0) {
      // The bound holds for the variable itself, wherever else it stands.
      double factor = form.slope(variable), offset = form.constantTerm();
      Interval bound = {(to.low - offset) / factor, (to.high - offset) / factor};
      if (factor < 0) {
        std::swap(bound.low, bound.high);
      }
      way.variables[variable] = intersect(way.variables[variable], bound);
      return !way.variables[variable].isEmpty();
    }
    auto [known, isNew] = way.limits.try_emplace(value, to);
    known->second = intersect(known->second, to);
    return !rangeOf(way, value).isEmpty();
  }

  //===-- Numbers ---------------------------------------------------------------------------------===//

  Form product(Way& way, Value left, Value right) {
    if (left == right) {
      Form form = formOf(way, left, 1);
      return form * form;
    }
    Form a = formOf(way, left), b = formOf(way, right);
    if (a.degree() + b.degree() > 2) {
      a = formOf(way, left, 1);
      b = formOf(way, right, 1);
    }
    return a * b;
  }

  /// An increasing function of one operand.
  template <typename Function>
  Form increasing(Way& way, Operation& op, Function function) {
    Interval range = rangeOf(way, op.getOperand(0));
    return fresh(way, {function(range.low), function(range.high)});
  }

  Form quotient(Way& way, arith::DivFOp division) {
    Value left = division.getLhs(), right = division.getRhs();
    if (Value x = exprelArgument(division)) {
      Interval range = rangeOf(way, x);
      return fresh(way, {exprel(range.low), exprel(range.high)});
    }
    if (Value x = inverseExprelArgument(division)) {
      Interval range = rangeOf(way, x);
      return fresh(way, {1 / exprel(range.high), 1 / exprel(range.low)});
    }
    Interval divisor = rangeOf(way, right);
    if (divisor.low == divisor.high && divisor.low != 0) {
      return formOf(way, left).scaled(1 / divisor.low);
    }
    if (divisor.low <= 0 && divisor.high >= 0) {
      return fresh(way, {-HUGE_VAL, HUGE_VAL});
    }
    Form reciprocal = fresh(way, {1 / divisor.high, 1 / divisor.low});
    return formOf(way, left, 1) * reciprocal;
  }

  Form chosen(Way& way, arith::SelectOp select) {
    switch (truthOf(way, select.getCondition())) {
    case Outcome::Yes:
      return formOf(way, select.getTrueValue());
    case Outcome::No:
      return formOf(way, select.getFalseValue());
    case Outcome::Unknown:
      break;
    }
    return fresh(way, hull(rangeOf(way, select.getTrueValue()), rangeOf(way, select.getFalseValue())));
  }

  Form extreme(Way& way, Operation& op, bool isMaximum) {
    Interval a = rangeOf(way, op.getOperand(0)), b = rangeOf(way, op.getOperand(1));
    auto pick = [&](double x, double y) { return isMaximum ? std::max(x, y) : std::min(x, y); };
    if (isMaximum ? a.low >= b.high : a.high <= b.low) {
      return formOf(way, op.getOperand(0));
    }
    if (isMaximum ? b.low >= a.high : b.high <= a.low) {
      return formOf(way, op.getOperand(1));
    }
    return fresh(way, {pick(a.low, b.low), pick(a.high, b.high)});
  }

  Form random(Way& way, step::RandomOp op) {
    switch (op.getDistribution()) {
    case step::Distribution::Uniform:
      return fresh(way, {0, 1});
    case step::Distribution::Normal:
      return fresh(way, {-8.3, 8.3});
    case step::Distribution::Exponential:
      return fresh(way, {0, 36.8});
    case step::Distribution::Gamma: {
      // The largest candidate of Marsaglia and Tsang's method: d * (1 + 8.3 / sqrt(9 d))^3.
      double d = std::max(rangeOf(way, op.getParameter()).high, 1.0) + 2.0 / 3.0;
      double root = 1 + 8.3 / std::sqrt(9 * d);
      return fresh(way, {0, d * root * root * root});
    }
    case step::Distribution::Poisson: {
      Interval mean = rangeOf(way, op.getParameter());
      if (mean.high <= largestComparedMean) {
        PoissonChain chain = poissonChain(std::max(mean.high, 0.0));
        return fresh(way, {0, static_cast<double>(chain.certain + chain.thresholds.size())});
      }
      return fresh(way, {0, mean.high + 12 * std::sqrt(mean.high) + 12});
    }
    }
    return fresh(way, {-HUGE_VAL, HUGE_VAL});
  }

  Form integerAnd(Way& way, Operation& op) {
    Interval a = rangeOf(way, op.getOperand(0)), b = rangeOf(way, op.getOperand(1));
    if (a.low >= 0 || b.low >= 0) {
      return fresh(way, {0, std::min(a.low >= 0 ? a.high : HUGE_VAL, b.low >= 0 ? b.high : HUGE_VAL)});
    }
    return fresh(way, typeRange(op.getResult(0).getType()));
  }

  /// Zero extension reads a negative number as a large one.
  Form extended(Way& way, Operation& op) {
    Interval range = rangeOf(way, op.getOperand(0));
    if (range.low >= 0) {
      return formOf(way, op.getOperand(0));
    }
    return fresh(way, {0, std::ldexp(1.0, op.getOperand(0).getType().getIntOrFloatBitWidth())});
  }

  Form evaluate(Way& way, Operation& op) {
    auto operand = [&](unsigned index) { return formOf(way, op.getOperand(index)); };
    auto same = [&](auto) { return operand(0); };
    return TypeSwitch<Operation*, Form>(&op)
        .Case([&](arith::ConstantOp constant) {
          if (auto number = dyn_cast<FloatAttr>(constant.getValue())) {
            return Form::constant(number.getValueAsDouble());
          }
          return Form::constant(static_cast<double>(cast<IntegerAttr>(constant.getValue()).getInt()));
        })
        .Case<arith::AddFOp, arith::AddIOp>([&](auto) { return operand(0) + operand(1); })
        .Case<arith::SubFOp, arith::SubIOp>([&](auto) { return operand(0) + operand(1).scaled(-1); })
        .Case<arith::MulFOp, arith::MulIOp>(
            [&](auto) { return product(way, op.getOperand(0), op.getOperand(1)); })
        .Case([&](math::FmaOp fma) {
          Form form = product(way, fma.getA(), fma.getB());
          return form + formOf(way, fma.getC());
        })
        .Case([&](arith::DivFOp division) { return quotient(way, division); })
        .Case([&](arith::NegFOp) { return operand(0).scaled(-1); })
        .Case<arith::SIToFPOp, arith::ExtFOp, arith::TruncFOp, arith::TruncIOp>(same)
        .Case<arith::ExtUIOp, arith::UIToFPOp>([&](auto) { return extended(way, op); })
        .Case([&](arith::ExtSIOp) {
          return op.getOperand(0).getType().isInteger(1) ? operand(0).scaled(-1) : operand(0);
        })
        .Case([&](arith::FPToSIOp) { return increasing(way, op, [](double x) { return std::trunc(x); }); })
        .Case([&](arith::SelectOp select) { return chosen(way, select); })
        .Case<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>(
            [&](auto) { return extreme(way, op, true); })
        .Case<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>(
            [&](auto) { return extreme(way, op, false); })
        .Case([&](arith::AndIOp) { return integerAnd(way, op); })
        .Case([&](math::AbsFOp) {
          Interval range = rangeOf(way, op.getOperand(0));
          bool crosses = range.low < 0 && range.high > 0;
          return fresh(way, {crosses ? 0.0 : std::min(std::fabs(range.low), std::fabs(range.high)),
                             range.magnitude()});
        })
        .Case([&](math::FloorOp) { return increasing(way, op, [](double x) { return std::floor(x); }); })
        .Case([&](math::CeilOp) { return increasing(way, op, [](double x) { return std::ceil(x); }); })
        .Case([&](math::TruncOp) { return increasing(way, op, [](double x) { return std::trunc(x); }); })
        .Case([&](math::RoundEvenOp) {
          return increasing(way, op, [](double x) { return std::nearbyint(x); });
        })
        .Case([&](math::RoundOp) { return increasing(way, op, [](double x) { return std::round(x); }); })
        .Case([&](math::ExpOp) { return increasing(way, op, [](double x) { return std::exp(x); }); })
        .Case([&](math::ExpM1Op) { return increasing(way, op, [](double x) { return std::expm1(x); }); })
        .Case([&](math::LogOp) {
          return increasing(way, op, [](double x) { return x > 0 ? std::log(x) : -HUGE_VAL; });
        })
        .Case([&](math::SqrtOp) {
          return increasing(way, op, [](double x) { return x > 0 ? std::sqrt(x) : 0.0; });
        })
        .Case([&](math::TanhOp) { return increasing(way, op, [](double x) { return std::tanh(x); }); })
        .Case<math::SinOp, math::CosOp>([&](auto) { return fresh(way, {-1, 1}); })
        .Case([&](step::RandomOp random) { return this->random(way, random); })
        .Case([&](step::LookupOp lookup) { return fresh(way, arrayRange(lookup.getArray())); })
        .Case([&](step::IndexOp index) { return fresh(way, {0, lastPosition(index)}); })
        .Case([&](step::NowOp) { return fresh(way, {0, std::ldexp(1.0, 48)}); })
        .Default([&](Operation*) { return fresh(way, typeRange(op.getResult(0).getType())); });
  }

  Block& block;
  ArrayRange arrayRange;
  BodyRanges result;
  int ways = 0;
};

} // namespace

BodyRanges evaluateRanges(Block& block, ArrayRef<Interval> arguments, ArrayRange arrayRange) {
  return Evaluation(block, arguments, arrayRange).take();
}

} // namespace nissl::transforms
