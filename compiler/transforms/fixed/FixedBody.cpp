// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/FixedBody.h"
#include "compiler/transforms/fixed/FixedDraws.h"
#include "compiler/transforms/fixed/Idioms.h"
#include "compiler/transforms/fixed/UsefulRanges.h"
#include "dialects/step/StepBodies.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <climits>
#include <fmt/format.h>

using namespace mlir;

namespace nissl::transforms {
namespace {

constexpr int fullPrecision = 1000;

bool isFloat(Value value) { return isa<FloatType>(value.getType()); }

using step::readsOf;

std::optional<double> constantOf(Value value) {
  APFloat constant(0.0);
  if (!matchPattern(value, m_ConstantFloat(&constant))) {
    return std::nullopt;
  }
  return constant.convertToDouble();
}

/// Ops on floats that have a fixed-point form here.
bool isSupported(Operation* op) {
  if (auto random = dyn_cast<step::RandomOp>(op)) {
    return random.getDistribution() == step::Distribution::Uniform ||
           random.getDistribution() == step::Distribution::Normal ||
           (random.getDistribution() == step::Distribution::Poisson && constantOf(random.getParameter()));
  }
  return isa<arith::ConstantOp, arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::NegFOp,
             arith::CmpFOp, arith::SelectOp, arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
             arith::MinNumFOp, arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp, arith::ExtFOp,
             arith::TruncFOp, math::AbsFOp, math::FmaOp, math::FloorOp, math::CeilOp, math::RoundEvenOp,
             math::ExpOp, math::ExpM1Op, math::TanhOp, step::LookupOp, step::YieldOp>(op);
}

std::string whyNot(Operation* op) {
  if (auto random = dyn_cast<step::RandomOp>(op)) {
    return fmt::format("draws '{}', which has no fixed-point form yet (uniform, normal, and poisson of a "
                       "constant mean have)",
                       stringifyDistribution(random.getDistribution()).str());
  }
  return "has no fixed-point form yet; compute it in the setup, or use --precision f64";
}

class FixedBody {
public:
  FixedBody(Operation* action, const ProgramRanges& program, const Formats& formats)
      : action(action), block(action->getRegion(0).front()), program(program),
        ranges(usefulRanges(action, program.body(action), program)), formats(formats),
        ops(action->getContext()), arithmetic(ops, block, action->getLoc()), functions(ops, arithmetic),
        draws(ops, arithmetic, functions) {}

  LogicalResult rewrite() {
    if (failed(check())) {
      return failure();
    }
    assignFractions();
    SmallVector<Operation*> old;
    for (Operation& op : block) {
      old.push_back(&op);
    }
    for (BlockArgument argument : block.getArguments()) {
      if (isFloat(argument)) {
        argument.setType(ops.getI32Type());
        fixed[argument] = argument;
      }
    }
    for (Operation* op : old) {
      ops.setInsertionPoint(op);
      convert(op);
    }
    finish(old);
    return success();
  }

private:
  //===-- Decide --------------------------------------------------------------------------------------===//

  LogicalResult check() {
    bool failed = false;
    for (Operation& op : block) {
      bool touchesFloats = llvm::any_of(op.getOperands(), isFloat) || llvm::any_of(op.getResults(), isFloat);
      if (touchesFloats && !isSupported(&op)) {
        failed = true;
        op.emitError() << "'" << op.getName() << "' in the body over " << over() << " " << whyNot(&op);
      }
      if (auto division = dyn_cast<arith::DivFOp>(op);
          division && !rangeOf(division).isFinite() &&
          rangeOf(division.getRhs()).contains(Interval::point(0))) {
        failed = true;
        Interval divisor = rangeOf(division.getRhs());
        op.emitError() << fmt::format(
            "divides by what may be 0, from {:g} to {:g}, in the body over {}: give the "
            "divisor bounds without 0, or use --precision f64",
            divisor.low, divisor.high, over());
        continue;
      }
      if (isa<arith::SIToFPOp, arith::UIToFPOp>(op) && rangeOf(op.getOperand(0)).magnitude() >= 0x1p31) {
        failed = true;
        op.emitError() << fmt::format("an integer of up to {:g} in the body over {} does not fit 32 bits",
                                      rangeOf(op.getOperand(0)).magnitude(), over());
      }
      for (Value result : op.getResults()) {
        if (!isFloat(result) || constantOf(result)) {
          continue;
        }
        // What is computed from such a value has none either; the first one says why.
        bool isFirst = llvm::all_of(op.getOperands(), [&](Value operand) {
          return !isFloat(operand) || rangeOf(operand).isFinite();
        });
        if (!rangeOf(result).isFinite()) {
          failed = true;
          if (!isFirst) {
            continue;
          }
          op.emitError() << "the range of this value in the body over " << over()
                         << " is not known, so that no fixed-point format follows";
        }
      }
    }
    return failure(failed);
  }

  std::string over() const {
    if (auto map = dyn_cast<step::MapOp>(action)) {
      return "@" + map.getOver().str();
    }
    return "@" + cast<step::TraverseOp>(action).getTable().str();
  }

  Interval rangeOf(Value value) const {
    auto found = ranges.values.find(value);
    return found == ranges.values.end() ? Interval::point(0) : found->second;
  }

  int mostFraction(Value value) const { return fractionBitsFor(rangeOf(value)); }

  /// How many fraction bits one use can make use of.
  int demandOf(OpOperand& use) const {
    Operation* op = use.getOwner();
    if (isa<step::YieldOp>(op)) {
      return targetFraction(use.getOperandNumber());
    }
    bool keepsFraction = isa<arith::AddFOp, arith::SubFOp, arith::NegFOp, arith::SelectOp, arith::MaximumFOp,
                             arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp, arith::ExtFOp,
                             arith::TruncFOp, math::AbsFOp>(op) ||
                         (isa<math::FmaOp>(op) && use.getOperandNumber() == 2);
    return keepsFraction ? fractions.lookup(op->getResult(0)) : fullPrecision;
  }

  int targetFraction(unsigned operand) const {
    auto write = cast<step::WriteAttr>(cast<step::YieldOp>(block.getTerminator()).getWrites()[operand]);
    return formats.of(write.getTarget().getValue());
  }

  void assignFractions() {
    for (auto [argument, read] :
         llvm::zip(block.getArguments(), readsOf(action).getAsRange<step::ReadAttr>())) {
      if (isFloat(argument)) {
        fractions[argument] = formats.of(read.getSource().getValue());
      }
    }
    for (Operation& op : llvm::reverse(block)) {
      for (Value result : op.getResults()) {
        if (!isFloat(result) || constantOf(result)) {
          continue;
        }
        int demand = INT_MIN;
        for (OpOperand& use : result.getUses()) {
          demand = std::max(demand, demandOf(use));
        }
        int most = mostFraction(result);
        if (isa<arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp>(op)) {
          // Both operands must fit where they are compared, also the one that loses.
          for (Value operand : op.getOperands()) {
            most = constantOf(operand) ? most : std::min(most, mostFraction(operand));
          }
        }
        fractions[result] = std::min(most, demand == INT_MIN ? most : demand);
      }
    }
  }

  //===-- Build ---------------------------------------------------------------------------------------===//

  /// The value with `fraction` bits. A constant, or a value that does not fit, wraps: in sums and selections
  /// only the result has to fit.
  Value get(Location location, Value value, int fraction) {
    if (std::optional<double> known = constantOf(value)) {
      return arithmetic.wrapped(*known, fraction);
    }
    return arithmetic.align(location, numberOf(value), fraction);
  }

  /// As get, but a constant beyond the format becomes its end: what it is compared with lies on one side.
  Value getForComparison(Location location, Value value, int fraction) {
    std::optional<double> known = constantOf(value);
    return known ? arithmetic.clamped(*known, fraction) : get(location, value, fraction);
  }

  FixedNumber numberOf(Value value) const { return {fixed.lookup(value), fractions.lookup(value)}; }

  Value product(Location location, Value a, Value b, int fraction) {
    std::optional<double> left = constantOf(a), right = constantOf(b);
    if (left && right) {
      return arithmetic.clamped(*left * *right, fraction);
    }
    if (left || right) {
      return arithmetic.multiply(location, numberOf(left ? b : a), left ? *left : *right, fraction);
    }
    return arithmetic.multiply(location, numberOf(a), numberOf(b), fraction);
  }

  RangedNumber ranged(Value value) {
    if (std::optional<double> known = constantOf(value)) {
      int fraction = fractionBitsFor(Interval::point(*known));
      return {{arithmetic.clamped(*known, fraction), fraction}, Interval::point(*known)};
    }
    return {numberOf(value), rangeOf(value)};
  }

  /// A value that is cut, within its range.
  Value cut(Operation* op, Value value, int fraction) {
    if (!ranges.cut.contains(op->getResult(0))) {
      return value;
    }
    Interval range = rangeOf(op->getResult(0));
    return arithmetic.within(op->getLoc(), {value, fraction}, range.low, range.high);
  }

  /// One that is cut is so by its argument, which saturates nothing.
  Value exponential(math::ExpOp exp, int fraction) {
    RangedNumber x = ranged(exp.getOperand());
    if (ranges.cut.contains(exp.getResult())) {
      Value most = arithmetic.clamped(std::log(rangeOf(exp).high), x.number.fraction);
      x.number.value = arith::MinSIOp::create(ops, exp.getLoc(), x.number.value, most);
    }
    return functions.exp(exp.getLoc(), x, fraction);
  }

  Value quotient(arith::DivFOp division, int fraction) {
    Location location = division.getLoc();
    if (Value x = exprelArgument(division)) {
      return functions.exprel(location, ranged(x), fraction);
    }
    if (Value x = inverseExprelArgument(division)) {
      return functions.inverseExprel(location, ranged(x), fraction);
    }
    if (std::optional<double> divisor = constantOf(division.getRhs())) {
      return arithmetic.multiply(location, numberOf(division.getLhs()), 1 / *divisor, fraction);
    }
    return functions.quotient(location, ranged(division.getLhs()), ranged(division.getRhs()), fraction);
  }

  //===-- Convert -------------------------------------------------------------------------------------===//

  static arith::CmpIPredicate predicateOf(arith::CmpFPredicate predicate) {
    using enum arith::CmpFPredicate;
    switch (predicate) {
    case OLT:
    case ULT:
      return arith::CmpIPredicate::slt;
    case OLE:
    case ULE:
      return arith::CmpIPredicate::sle;
    case OGT:
    case UGT:
      return arith::CmpIPredicate::sgt;
    case OGE:
    case UGE:
      return arith::CmpIPredicate::sge;
    case OEQ:
    case UEQ:
      return arith::CmpIPredicate::eq;
    default:
      return arith::CmpIPredicate::ne;
    }
  }

  void compare(arith::CmpFOp op) {
    using enum arith::CmpFPredicate;
    Value result;
    if (llvm::is_contained({AlwaysFalse, AlwaysTrue, ORD, UNO}, op.getPredicate())) {
      bool holds = op.getPredicate() == AlwaysTrue || op.getPredicate() == ORD; // there is no NaN
      result = arith::ConstantOp::create(ops, op.getLoc(), ops.getBoolAttr(holds));
    } else {
      auto fractionOf = [&](Value value) {
        return constantOf(value) ? fullPrecision : fractions.lookup(value);
      };
      auto mostOf = [&](Value value) { return constantOf(value) ? fullPrecision : mostFraction(value); };
      int left = fractionOf(op.getLhs()), right = fractionOf(op.getRhs());
      int finest = std::max(left == fullPrecision ? INT_MIN : left, right == fullPrecision ? INT_MIN : right);
      int fraction = std::min({finest, mostOf(op.getLhs()), mostOf(op.getRhs())});
      if (finest == INT_MIN) { // two constants
        fraction = fractionBitsFor(
            hull(Interval::point(*constantOf(op.getLhs())), Interval::point(*constantOf(op.getRhs()))));
      }
      result = arith::CmpIOp::create(ops, op.getLoc(), predicateOf(op.getPredicate()),
                                     getForComparison(op.getLoc(), op.getLhs(), fraction),
                                     getForComparison(op.getLoc(), op.getRhs(), fraction));
    }
    op.getResult().replaceAllUsesWith(result);
  }

  Value whole(Operation* op, FixedNumber number, int fraction) {
    Rounding rounding = isa<math::FloorOp>(op)  ? Rounding::Down
                        : isa<math::CeilOp>(op) ? Rounding::Up
                                                : Rounding::HalfEven;
    return arithmetic.round(op->getLoc(), number, rounding, fraction);
  }

  void convert(Operation* op) {
    Location location = op->getLoc();
    if (auto comparison = dyn_cast<arith::CmpFOp>(op)) {
      return compare(comparison);
    }
    if (auto cast = dyn_cast<arith::FPToSIOp>(op)) {
      return cast.getResult().replaceAllUsesWith(truncatedOrConstant(cast));
    }
    if (op->getNumResults() != 1 || !isFloat(op->getResult(0)) || constantOf(op->getResult(0))) {
      return;
    }
    int fraction = fractions.lookup(op->getResult(0));
    auto operand = [&](unsigned index) { return get(location, op->getOperand(index), fraction); };
    fixed[op->getResult(0)] =
        TypeSwitch<Operation*, Value>(op)
            .Case([&](arith::AddFOp) { return arith::AddIOp::create(ops, location, operand(0), operand(1)); })
            .Case([&](arith::SubFOp) { return arith::SubIOp::create(ops, location, operand(0), operand(1)); })
            .Case([&](arith::NegFOp) {
              return arith::SubIOp::create(ops, location, arithmetic.constant(0), operand(0));
            })
            .Case([&](arith::MulFOp) {
              return cut(op, product(location, op->getOperand(0), op->getOperand(1), fraction), fraction);
            })
            .Case([&](math::FmaOp fma) {
              // The product alone may exceed the sum's format, so it gets one of its own.
              Interval range = rangeOf(fma.getA()) * rangeOf(fma.getB());
              int own = std::min(fraction, fractionBitsFor(range));
              Value scaled =
                  arithmetic.align(location, {product(location, fma.getA(), fma.getB(), own), own}, fraction);
              return arith::AddIOp::create(ops, location, scaled, operand(2));
            })
            .Case([&](arith::DivFOp division) { return cut(op, quotient(division, fraction), fraction); })
            .Case([&](math::ExpOp exp) { return exponential(exp, fraction); })
            .Case([&](math::TanhOp tanh) {
              return functions.tanh(location, ranged(tanh.getOperand()), fraction);
            })
            .Case([&](math::ExpM1Op expm1) {
              RangedNumber x = ranged(expm1.getOperand());
              int own = fractionBitsFor(Interval::point(exprel(x.range.high)));
              FixedNumber relative = {functions.exprel(location, x, own), own};
              return arithmetic.multiply(location, x.number, relative, fraction);
            })
            .Case([&](arith::SelectOp select) {
              return arith::SelectOp::create(ops, location, select.getCondition(), operand(1), operand(2));
            })
            .Case<arith::MaximumFOp, arith::MaxNumFOp>([&](auto) {
              return arith::MaxSIOp::create(ops, location,
                                            getForComparison(location, op->getOperand(0), fraction),
                                            getForComparison(location, op->getOperand(1), fraction));
            })
            .Case<arith::MinimumFOp, arith::MinNumFOp>([&](auto) {
              return arith::MinSIOp::create(ops, location,
                                            getForComparison(location, op->getOperand(0), fraction),
                                            getForComparison(location, op->getOperand(1), fraction));
            })
            .Case([&](math::AbsFOp) {
              Value value = operand(0);
              Value negative = arith::SubIOp::create(ops, location, arithmetic.constant(0), value);
              return arith::MaxSIOp::create(ops, location, value, negative);
            })
            .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) { return operand(0); })
            .Case([&](arith::SIToFPOp cast) {
              return arithmetic.align(location, {arithmetic.toI32(location, cast.getIn(), true), 0},
                                      fraction);
            })
            .Case([&](arith::UIToFPOp cast) {
              return arithmetic.align(location, {arithmetic.toI32(location, cast.getIn(), false), 0},
                                      fraction);
            })
            .Case<math::FloorOp, math::CeilOp, math::RoundEvenOp>(
                [&](auto) { return whole(op, numberOf(op->getOperand(0)), fraction); })
            .Case([&](step::LookupOp lookup) {
              Value number = step::LookupOp::create(ops, location, ops.getI32Type(), lookup.getArrayAttr(),
                                                    lookup.getIndex());
              return arithmetic.align(location, {number, formats.of(lookup.getArray())}, fraction);
            })
            .Case([&](step::RandomOp random) {
              return random.getDistribution() == step::Distribution::Normal ? draws.normal(random, fraction)
                                                                            : draws.uniform(random, fraction);
            });
  }

  Value truncatedOrConstant(arith::FPToSIOp cast) {
    if (std::optional<double> known = constantOf(cast.getIn())) {
      return arith::ConstantOp::create(
          ops, cast.getLoc(), ops.getIntegerAttr(cast.getType(), static_cast<int64_t>(std::trunc(*known))));
    }
    return arithmetic.truncate(cast.getLoc(), numberOf(cast.getIn()), cast.getType());
  }

  /// The value for what it is written to. A range that was not proven may exceed the format: then the last
  /// bits are gained by a product that saturates, and counts it.
  Value stored(Location location, Value value, int fraction, bool isWeight) {
    if (std::optional<double> known = constantOf(value)) {
      return isWeight ? arithmetic.weight(*known, formats.bitsOfWeights(), fraction)
                      : arithmetic.clamped(*known, fraction);
    }
    FixedNumber number = numberOf(value);
    bool mayExceed = number.fraction < fraction && mostFraction(value) < fraction;
    if (mayExceed && fraction - number.fraction <= 30) {
      return arithmetic.saturate(location, number, fraction);
    }
    return get(location, value, fraction);
  }

  /// The value within the declared or profiled range, on which the analysis relies.
  Value bounded(Location location, Value value, Interval range, StringRef target) {
    DeclaredRange known = program.of(target);
    if (known.source == RangeSource::Proven || known.range.contains(range)) {
      return value;
    }
    return arithmetic.within(location, {value, formats.of(target)}, known.range.low, known.range.high);
  }

  void finish(ArrayRef<Operation*> old) {
    auto yield = cast<step::YieldOp>(block.getTerminator());
    ops.setInsertionPoint(yield);
    for (auto [index, write] : llvm::enumerate(yield.getWrites().getAsRange<step::WriteAttr>())) {
      OpOperand& operand = yield.getValuesMutable()[index];
      if (isNumber(operand.get())) {
        StringRef target = write.getTarget().getValue();
        bool toPort = write.getKind() == step::WriteKind::Port && isa<step::TraverseOp>(action);
        std::optional<double> known = constantOf(operand.get());
        Interval range = known ? Interval::point(*known) : rangeOf(operand.get());
        Value value = stored(yield.getLoc(), operand.get(), formats.of(target), toPort);
        operand.set(bounded(yield.getLoc(), value, range, target));
      }
    }
    for (Operation* op : llvm::reverse(old)) {
      auto isOne = [&](Value value) { return isNumber(value); };
      bool touchesFloats = llvm::any_of(op->getOperands(), isOne) || llvm::any_of(op->getResults(), isOne);
      // A Poisson draw keeps the constant mean that names its chain.
      if (op->use_empty() && touchesFloats && !isa<step::YieldOp>(op)) {
        op->erase();
      }
    }
  }

  /// A float, or an argument that was one.
  bool isNumber(Value value) const { return isFloat(value) || fractions.contains(value); }

  Operation* action;
  Block& block;
  const ProgramRanges& program;
  UsefulRanges ranges;
  const Formats& formats;
  OpBuilder ops;
  FixedArithmetic arithmetic;
  FixedFunctions functions;
  FixedDraws draws;
  DenseMap<Value, int> fractions;
  DenseMap<Value, Value> fixed;
};

} // namespace

LogicalResult rewriteToFixed(Operation* action, const ProgramRanges& ranges, const Formats& formats) {
  return FixedBody(action, ranges, formats).rewrite();
}

} // namespace nissl::transforms
