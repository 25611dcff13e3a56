// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/FixedBody.h"
#include "compiler/transforms/fixed/FixedArithmetic.h"
#include "compiler/transforms/random/Draws.h"
#include "compiler/transforms/random/NormalTable.h"

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

ArrayAttr readsOf(Operation* action) {
  if (auto map = dyn_cast<step::MapOp>(action)) {
    return map.getReads();
  }
  return cast<step::TraverseOp>(action).getReads();
}

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
  if (auto division = dyn_cast<arith::DivFOp>(op)) {
    std::optional<double> divisor = constantOf(division.getRhs());
    return divisor && *divisor != 0;
  }
  return isa<arith::ConstantOp, arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::NegFOp, arith::CmpFOp,
             arith::SelectOp, arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp,
             arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp, arith::ExtFOp, arith::TruncFOp, math::AbsFOp,
             math::FmaOp, math::FloorOp, math::CeilOp, math::RoundEvenOp, step::LookupOp, step::YieldOp>(op);
}

std::string whyNot(Operation* op) {
  if (auto random = dyn_cast<step::RandomOp>(op)) {
    return fmt::format("draws '{}', which has no fixed-point form yet (uniform, normal, and poisson of a "
                       "constant mean have)",
                       stringifyDistribution(random.getDistribution()).str());
  }
  if (isa<arith::DivFOp>(op)) {
    return "divides by what is no constant other than 0, which has no fixed-point form yet; multiply by a "
           "state that "
           "holds the reciprocal";
  }
  return "has no fixed-point form yet; compute it in the setup, or use --precision f64";
}

class FixedBody {
public:
  FixedBody(Operation* action, const BodyRanges& ranges, const Formats& formats)
      : action(action), block(action->getRegion(0).front()), ranges(ranges), formats(formats),
        ops(action->getContext()), arithmetic(ops, block, action->getLoc()) {}

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
      if (isa<arith::SIToFPOp, arith::UIToFPOp>(op) && rangeOf(op.getOperand(0)).magnitude() >= 0x1p31) {
        failed = true;
        op.emitError() << fmt::format("an integer of up to {:g} in the body over {} does not fit 32 bits",
                                      rangeOf(op.getOperand(0)).magnitude(), over());
      }
      for (Value result : op.getResults()) {
        if (!isFloat(result) || constantOf(result)) {
          continue;
        }
        if (!rangeOf(result).isFinite()) {
          failed = true;
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
    // A value on no way through the body is never used.
    return found == ranges.values.end() || found->second.isEmpty() ? Interval::point(0) : found->second;
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

  Value uniform(step::RandomOp op, int fraction) {
    Draws draws(ops, op.getLoc(), op.getStream(), op.getDraw());
    int bits = std::clamp(fraction, 1, 30);
    Value number = arith::ShRUIOp::create(ops, op.getLoc(), draws.word(0, 0), arithmetic.constant(32 - bits));
    return arithmetic.align(op.getLoc(), {number, bits}, fraction);
  }

  /// The table of normal quantiles, once in the program.
  FlatSymbolRefAttr normalTable() {
    auto program = action->getParentOfType<step::ProgramOp>();
    StringAttr name = ops.getStringAttr(".normal");
    if (llvm::none_of(program.getOps<step::ArrayOp>(),
                      [&](step::ArrayOp array) { return array.getSymNameAttr() == name; })) {
      OpBuilder::InsertionGuard guard(ops);
      ops.setInsertionPointToStart(&program.getBody().front());
      std::vector<int32_t> values = normalQuantiles();
      auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, ops.getI32Type());
      auto elements = DenseElementsAttr::get(type, ArrayRef(values));
      step::ArrayOp::create(ops, action->getLoc(), name, cast<ElementsAttr>(elements));
    }
    return FlatSymbolRefAttr::get(name);
  }

  /// Bit 0 of a random word is the sign, the rest a tail probability, whose quantile is looked up.
  Value normal(step::RandomOp op, int fraction) {
    Location location = op.getLoc();
    Draws draws(ops, location, op.getStream(), op.getDraw());
    Value word = draws.word(0, 0);
    Value tail = arith::ShRUIOp::create(ops, location, word, arithmetic.constant(1));
    // Shift the leading one to bit 30, counting by halves.
    Value octave = arithmetic.constant(31);
    for (int by : {16, 8, 4, 2, 1}) {
      Value isSmall = arith::CmpIOp::create(ops, location, arith::CmpIPredicate::slt, tail,
                                            arithmetic.constant(int32_t{1} << (31 - by)));
      Value shifted = arith::ShLIOp::create(ops, location, tail, arithmetic.constant(by));
      tail = arith::SelectOp::create(ops, location, isSmall, shifted, tail);
      Value less = arith::SubIOp::create(ops, location, octave, arithmetic.constant(by));
      octave = arith::SelectOp::create(ops, location, isSmall, less, octave);
    }
    constexpr int rest = 30 - normalMantissaBits;
    constexpr int32_t mantissas = (1 << normalMantissaBits) - 1;
    Value within = arith::AndIOp::create(
        ops, location, arith::ShRUIOp::create(ops, location, tail, arithmetic.constant(rest)),
        arithmetic.constant(mantissas));
    Value first = arith::ShLIOp::create(ops, location, octave, arithmetic.constant(normalMantissaBits));
    Value index = arith::AddIOp::create(ops, location, first, within);
    Value next = arith::AddIOp::create(ops, location, index, arithmetic.constant(1));
    FlatSymbolRefAttr table = normalTable();
    Value here = step::LookupOp::create(ops, location, ops.getI32Type(), table, index);
    Value there = step::LookupOp::create(ops, location, ops.getI32Type(), table, next);
    Value x = arith::AndIOp::create(ops, location, tail, arithmetic.constant((1 << rest) - 1));
    Value slope = arith::SubIOp::create(ops, location, there, here);
    Value size = arith::AddIOp::create(
        ops, location, here, arithmetic.multiply(location, FixedNumber{slope, 0}, FixedNumber{x, rest}, 0));
    Value negative = arith::SubIOp::create(ops, location, arithmetic.constant(0), size);
    Value sign = arith::AndIOp::create(ops, location, word, arithmetic.constant(1));
    Value isNegative =
        arith::CmpIOp::create(ops, location, arith::CmpIPredicate::ne, sign, arithmetic.constant(0));
    Value number = arith::SelectOp::create(ops, location, isNegative, negative, size);
    return arithmetic.align(location, {number, normalFraction}, fraction);
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
              return product(location, op->getOperand(0), op->getOperand(1), fraction);
            })
            .Case([&](math::FmaOp fma) {
              // The product alone may exceed the sum's format, so it gets one of its own.
              Interval range = rangeOf(fma.getA()) * rangeOf(fma.getB());
              int own = std::min(fraction, fractionBitsFor(range));
              Value scaled =
                  arithmetic.align(location, {product(location, fma.getA(), fma.getB(), own), own}, fraction);
              return arith::AddIOp::create(ops, location, scaled, operand(2));
            })
            .Case([&](arith::DivFOp) {
              double divisor = *constantOf(op->getOperand(1));
              if (std::optional<double> known = constantOf(op->getOperand(0))) {
                return arithmetic.clamped(*known / divisor, fraction);
              }
              return arithmetic.multiply(location, numberOf(op->getOperand(0)), 1 / divisor, fraction);
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
              return random.getDistribution() == step::Distribution::Normal ? normal(random, fraction)
                                                                            : uniform(random, fraction);
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

  void finish(ArrayRef<Operation*> old) {
    auto yield = cast<step::YieldOp>(block.getTerminator());
    ops.setInsertionPoint(yield);
    for (auto [index, write] : llvm::enumerate(yield.getWrites().getAsRange<step::WriteAttr>())) {
      OpOperand& operand = yield.getValuesMutable()[index];
      if (isNumber(operand.get())) {
        bool toPort = write.getKind() == step::WriteKind::Port && isa<step::TraverseOp>(action);
        operand.set(stored(yield.getLoc(), operand.get(), formats.of(write.getTarget().getValue()), toPort));
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
  const BodyRanges& ranges;
  const Formats& formats;
  OpBuilder ops;
  FixedArithmetic arithmetic;
  DenseMap<Value, int> fractions;
  DenseMap<Value, Value> fixed;
};

} // namespace

LogicalResult rewriteToFixed(Operation* action, const BodyRanges& ranges, const Formats& formats) {
  return FixedBody(action, ranges, formats).rewrite();
}

} // namespace nissl::transforms
