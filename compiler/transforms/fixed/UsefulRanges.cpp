// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/UsefulRanges.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace nissl::transforms {
namespace {

constexpr Interval everything = {-HUGE_VAL, HUGE_VAL};
/// Products and quotients are cut only where that gains bits worth a saturation.
constexpr double generosity = 8;

bool isFloat(Value value) { return isa<FloatType>(value.getType()); }

/// The x beyond which x * c leaves `wanted`, for every c of `factor`.
Interval divided(Interval wanted, Interval factor) {
  double least = std::min(std::fabs(factor.low), std::fabs(factor.high));
  if (factor.isEmpty() || (factor.low <= 0 && factor.high >= 0)) {
    return everything;
  }
  Interval positive = {std::min(wanted.low, 0.0) / least, std::max(wanted.high, 0.0) / least};
  return factor.low > 0 ? positive : Interval{-positive.high, -positive.low};
}

Interval less(Interval wanted, Interval added) { return {wanted.low - added.high, wanted.high - added.low}; }

class Analysis {
public:
  Analysis(Operation* action, const BodyRanges& ranges, const ProgramRanges& program)
      : block(action->getRegion(0).front()), ranges(ranges), program(program) {}

  UsefulRanges take() {
    for (Operation& op : llvm::reverse(block)) {
      want(op);
    }
    for (BlockArgument argument : block.getArguments()) {
      result.values[argument] = rangeOf(argument);
    }
    for (Operation& op : block) {
      for (Value value : op.getResults()) {
        result.values[value] = isFloat(value) ? reach(op, value) : rangeOf(value);
      }
    }
    return std::move(result);
  }

private:
  Interval rangeOf(Value value) const {
    auto found = ranges.values.find(value);
    // A value on no way through the body is never used.
    return found == ranges.values.end() || found->second.isEmpty() ? Interval::point(0) : found->second;
  }

  //===-- What the uses can tell apart --------------------------------------------------------------===//

  void add(Value value, Interval range) {
    auto [known, isNew] = wanted.try_emplace(value, range);
    known->second = hull(known->second, range);
  }

  void addAll(Operation& op, Interval range) {
    for (Value operand : op.getOperands()) {
      add(operand, range);
    }
  }

  void wantOfYield(step::YieldOp yield) {
    for (auto [write, value] :
         llvm::zip_equal(yield.getWrites().getAsRange<step::WriteAttr>(), yield.getValues())) {
      StringRef name = write.getTarget().getValue();
      if (write.getKind() != step::WriteKind::State || !isFloat(value)) {
        add(value, everything);
        continue;
      }
      // A proven state never gets more, and any other ends where its range does.
      add(value, program.of(name).range);
    }
  }

  void wantOfComparison(arith::CmpFOp compare) {
    for (unsigned i : {0, 1}) {
      add(compare->getOperand(i), rangeOf(compare->getOperand(1 - i)));
    }
  }

  void wantOfProduct(Value a, Value b, Interval range) {
    add(a, a == b ? everything : divided(range, rangeOf(b)));
    add(b, a == b ? everything : divided(range, rangeOf(a)));
  }

  void want(Operation& op) {
    if (auto yield = dyn_cast<step::YieldOp>(op)) {
      return wantOfYield(yield);
    }
    if (auto compare = dyn_cast<arith::CmpFOp>(op)) {
      return wantOfComparison(compare);
    }
    Interval range = op.getNumResults() == 1 && wanted.contains(op.getResult(0))
                         ? wanted.lookup(op.getResult(0))
                         : everything;
    TypeSwitch<Operation*>(&op)
        .Case([&](arith::AddFOp sum) {
          add(sum.getLhs(), less(range, rangeOf(sum.getRhs())));
          add(sum.getRhs(), less(range, rangeOf(sum.getLhs())));
        })
        .Case([&](arith::SubFOp difference) {
          Interval right = rangeOf(difference.getRhs()), left = rangeOf(difference.getLhs());
          add(difference.getLhs(), {range.low + right.low, range.high + right.high});
          add(difference.getRhs(), {left.low - range.high, left.high - range.low});
        })
        .Case([&](arith::MulFOp product) { wantOfProduct(product.getLhs(), product.getRhs(), range); })
        .Case([&](math::FmaOp fma) {
          wantOfProduct(fma.getA(), fma.getB(), less(range, rangeOf(fma.getC())));
          add(fma.getC(), less(range, rangeOf(fma.getA()) * rangeOf(fma.getB())));
        })
        .Case([&](arith::DivFOp division) {
          Interval divisor = rangeOf(division.getRhs());
          bool crosses = divisor.low <= 0 && divisor.high >= 0;
          add(division.getLhs(), crosses ? everything : divided(range, {1 / divisor.high, 1 / divisor.low}));
          add(division.getRhs(), everything);
        })
        .Case([&](arith::NegFOp) { addAll(op, {-range.high, -range.low}); })
        .Case<arith::SelectOp, arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp,
              arith::ExtFOp, arith::TruncFOp>([&](auto) { addAll(op, range); })
        .Default([&](Operation*) { addAll(op, everything); });
  }

  //===-- How far the values then go ----------------------------------------------------------------===//

  Interval known(Value value) const {
    auto found = result.values.find(value);
    return found == result.values.end() ? rangeOf(value) : found->second;
  }

  Interval cut(Value value, Interval range) {
    auto found = wanted.find(value);
    if (found == wanted.end()) {
      return range;
    }
    // What is cut must lie truly beyond what it is compared with.
    Interval to = found->second;
    double room = (to.high - to.low) / 16;
    to = {to.low - room, to.high + room};
    if (room == 0 || !to.isFinite() || range.magnitude() <= generosity * to.magnitude()) {
      return range;
    }
    result.cut.insert(value);
    return {std::clamp(range.low, to.low, to.high), std::clamp(range.high, to.low, to.high)};
  }

  Interval reach(Operation& op, Value value) {
    Interval range = rangeOf(value);
    bool follows = llvm::any_of(op.getOperands(), [&](Value operand) {
      return isFloat(operand) && known(operand) != rangeOf(operand);
    });
    auto operand = [&](unsigned index) { return known(op.getOperand(index)); };
    return TypeSwitch<Operation*, Interval>(&op)
        .Case([&](math::ExpOp) { return cut(value, range); })
        .Case([&](arith::MulFOp) { return cut(value, follows ? operand(0) * operand(1) : range); })
        .Case([&](arith::DivFOp) {
          Interval divisor = operand(1);
          bool isPlain = follows && (divisor.low > 0 || divisor.high < 0);
          return cut(value, isPlain ? operand(0) * Interval{1 / divisor.high, 1 / divisor.low} : range);
        })
        .Case([&](arith::AddFOp) { return follows ? operand(0) + operand(1) : range; })
        .Case([&](arith::SubFOp) { return follows ? operand(0) - operand(1) : range; })
        .Case([&](math::FmaOp) { return follows ? operand(0) * operand(1) + operand(2) : range; })
        .Case([&](arith::NegFOp) { return Interval{-operand(0).high, -operand(0).low}; })
        .Case([&](arith::SelectOp) { return follows ? hull(operand(1), operand(2)) : range; })
        .Case<arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp>(
            [&](auto) { return follows ? hull(operand(0), operand(1)) : range; })
        .Case([&](math::AbsFOp) { return follows ? Interval{0, operand(0).magnitude()} : range; })
        .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) { return operand(0); })
        .Default([&](Operation*) { return range; });
  }

  Block& block;
  const BodyRanges& ranges;
  const ProgramRanges& program;
  DenseMap<Value, Interval> wanted;
  UsefulRanges result;
};

} // namespace

UsefulRanges usefulRanges(Operation* action, const BodyRanges& ranges, const ProgramRanges& program) {
  return Analysis(action, ranges, program).take();
}

} // namespace nissl::transforms
