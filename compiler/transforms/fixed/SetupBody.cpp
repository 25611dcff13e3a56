// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/FixedBody.h"

#include "dialects/step/StepBodies.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace nissl::transforms {

void rewriteSetup(Operation* action, const ProgramRanges& ranges, const Formats& formats) {
  Block& block = action->getRegion(0).front();
  ArrayAttr reads = step::readsOf(action);
  OpBuilder ops = OpBuilder::atBlockBegin(&block);
  Location location = action->getLoc();
  auto constant = [&](FloatType type, double value) -> Value {
    return arith::ConstantOp::create(ops, location, ops.getFloatAttr(type, value));
  };
  for (auto [argument, read] : llvm::zip(block.getArguments(), reads.getAsRange<step::ReadAttr>())) {
    auto type = dyn_cast<FloatType>(argument.getType());
    if (!type) {
      continue;
    }
    argument.setType(ops.getI32Type());
    Value number = arith::SIToFPOp::create(ops, location, type, argument);
    Value unit = constant(type, std::ldexp(1.0, -formats.of(read.getSource().getValue())));
    Value value = arith::MulFOp::create(ops, location, number, unit);
    argument.replaceAllUsesExcept(value, number.getDefiningOp());
  }
  auto yield = cast<step::YieldOp>(block.getTerminator());
  ops.setInsertionPoint(yield);
  location = yield.getLoc();
  for (auto [index, write] : llvm::enumerate(yield.getWrites().getAsRange<step::WriteAttr>())) {
    OpOperand& operand = yield.getValuesMutable()[index];
    Value value = operand.get();
    if (!isa<FloatType>(value.getType())) {
      continue;
    }
    // In f64, which holds every i32.
    FloatType f64 = ops.getF64Type();
    if (value.getType() != f64) {
      value = arith::ExtFOp::create(ops, location, f64, value);
    }
    StringRef target = write.getTarget().getValue();
    double scale = std::ldexp(1.0, formats.of(target));
    double limit = std::ldexp(1.0, (formats.isWeight(target) ? formats.bitsOfWeights() : 32) - 1);
    double least = -limit, most = limit - 1;
    // What is not proven begins within the range that the step keeps to.
    if (DeclaredRange known = ranges.of(target); known.source != RangeSource::Proven) {
      least = std::max(least, std::nearbyint(known.range.low * scale));
      most = std::min(most, std::nearbyint(known.range.high * scale));
    }
    value = arith::MulFOp::create(ops, location, value, constant(f64, scale));
    value = math::RoundEvenOp::create(ops, location, value);
    value = arith::MaximumFOp::create(ops, location, value, constant(f64, least));
    value = arith::MinimumFOp::create(ops, location, value, constant(f64, most));
    operand.set(arith::FPToSIOp::create(ops, location, ops.getI32Type(), value));
  }
}

} // namespace nissl::transforms
