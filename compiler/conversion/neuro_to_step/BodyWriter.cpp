// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/BodyWriter.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nissl::conversion {

BodyWriter::BodyWriter(Operation* op) : build(op->getLoc(), op->getContext()), op(op), block(new Block) {
  op->getRegion(0).push_back(block);
  build.setInsertionPointToEnd(block);
}

Value BodyWriter::read(StringRef source, Type type, step::ReadRole role, int64_t lag, StringRef at) {
  MLIRContext* context = op->getContext();
  Attribute read =
      step::ReadAttr::get(context, FlatSymbolRefAttr::get(context, source), role, lag,
                          at.empty() ? FlatSymbolRefAttr() : FlatSymbolRefAttr::get(context, at));
  for (auto [known, argument] : llvm::zip_equal(reads, block->getArguments())) {
    if (known == read) {
      return argument;
    }
  }
  reads.push_back(read);
  return block->addArgument(type, op->getLoc());
}

Value BodyWriter::constant(double value) {
  return arith::ConstantOp::create(build, build.getF64FloatAttr(value));
}

Value BodyWriter::constant(int32_t value) {
  return arith::ConstantOp::create(build, build.getI32IntegerAttr(value));
}

Value BodyWriter::truth(bool value) { return arith::ConstantOp::create(build, build.getBoolAttr(value)); }

Value BodyWriter::add(Value a, Value b) {
  if (!a || !b) {
    return a ? a : b;
  }
  return make<arith::AddFOp>(a, b);
}

Value BodyWriter::subtract(Value a, Value b) {
  if (!b) {
    return a;
  }
  return a ? make<arith::SubFOp>(a, b) : make<arith::NegFOp>(b);
}

Value BodyWriter::multiply(Value a, Value b) {
  if (!a || !b) {
    return {};
  }
  if (matchPattern(a, m_OneFloat())) {
    return b;
  }
  return matchPattern(b, m_OneFloat()) ? a : make<arith::MulFOp>(a, b);
}

Value BodyWriter::divide(Value a, Value b) { return a ? make<arith::DivFOp>(a, b) : Value(); }

Value BodyWriter::select(Value condition, Value yes, Value no) {
  return yes == no ? yes : make<arith::SelectOp>(condition, yes, no);
}

Value BodyWriter::both(Value a, Value b) {
  if (!a || !b) {
    return a ? a : b;
  }
  return make<arith::AndIOp>(a, b);
}

Value BodyWriter::either(Value a, Value b) {
  if (!a || !b) {
    return a ? a : b;
  }
  return make<arith::OrIOp>(a, b);
}

Value BodyWriter::negate(Value condition) { return make<arith::XOrIOp>(condition, truth(true)); }

Value BodyWriter::isPositive(Value count) {
  return make<arith::CmpIOp>(arith::CmpIPredicate::sgt, count, constant(0));
}

Value BodyWriter::equals(Value count, int32_t value) {
  return make<arith::CmpIOp>(arith::CmpIPredicate::eq, count, constant(value));
}

Value BodyWriter::steps(Value seconds, double dt) {
  Value exact = make<arith::DivFOp>(seconds, constant(dt));
  Value rounded = make<math::FloorOp>(make<arith::AddFOp>(exact, constant(0.5)));
  Value whole = make<arith::FPToSIOp>(build.getI32Type(), rounded);
  return make<arith::MaxSIOp>(whole, constant(0));
}

Value BodyWriter::inside(Value position, int64_t begin, int64_t end) {
  Value low = make<arith::CmpIOp>(arith::CmpIPredicate::sge, position, constant(static_cast<int32_t>(begin)));
  Value high = make<arith::CmpIOp>(arith::CmpIPredicate::slt, position, constant(static_cast<int32_t>(end)));
  return both(low, high);
}

Value BodyWriter::clone(Operation& original, IRMapping& map) {
  Operation* copy = build.clone(original, map);
  SmallVector<Value> folded;
  // Upstream folds functions with the host's library, whose bits differ from machine to machine.
  bool exact = !isa<math::MathDialect>(copy->getDialect()) ||
               isa<math::AbsFOp, math::CeilOp, math::FloorOp, math::SqrtOp, math::TruncOp>(copy);
  if (exact && succeeded(build.tryFold(copy, folded)) && !folded.empty()) {
    copy->erase();
    map.map(original.getResult(0), folded.front());
  }
  return map.lookup(original.getResult(0));
}

void BodyWriter::write(StringRef target, step::WriteKind kind, Value value, Value delay) {
  writes.push_back(step::WriteAttr::get(op->getContext(), FlatSymbolRefAttr::get(op->getContext(), target),
                                        kind, /*delayed=*/static_cast<bool>(delay)));
  values.push_back(value);
  if (delay) {
    delays.push_back(delay);
  }
}

void BodyWriter::finish() {
  step::YieldOp::create(build, values, delays, build.getArrayAttr(writes));
  op->setAttr("reads", build.getArrayAttr(reads));
}

} // namespace nissl::conversion
