// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/StepBody.h"

using namespace mlir;

namespace nissl::nir {

StepBody::StepBody(Operation* op) : build(op->getLoc(), op->getContext()), op(op), block(new Block) {
  op->getRegion(0).push_back(block);
  build.setInsertionPointToEnd(block);
}

Value StepBody::read(StringRef source, Type type, step::ReadRole role, int64_t lag) {
  Attribute read = step::ReadAttr::get(op->getContext(), FlatSymbolRefAttr::get(op->getContext(), source),
                                       role, lag, nullptr);
  for (auto [known, argument] : llvm::zip_equal(reads, block->getArguments())) {
    if (known == read) {
      return argument;
    }
  }
  reads.push_back(read);
  return block->addArgument(type, op->getLoc());
}

Value StepBody::constant(double value) {
  return arith::ConstantOp::create(build, build.getF64FloatAttr(value));
}

Value StepBody::constant(int32_t value) {
  return arith::ConstantOp::create(build, build.getI32IntegerAttr(value));
}

void StepBody::write(StringRef target, step::WriteKind kind, Value value) {
  writes.push_back(step::WriteAttr::get(op->getContext(), FlatSymbolRefAttr::get(op->getContext(), target),
                                        kind,
                                        /*delayed=*/false));
  values.push_back(value);
}

void StepBody::finish() {
  step::YieldOp::create(build, values, ValueRange{}, build.getArrayAttr(writes));
  op->setAttr("reads", build.getArrayAttr(reads));
}

} // namespace nissl::nir
