// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/FindDecay.h"

#include "dialects/step/StepBodies.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nissl::compiler {
namespace {

/// What becomes of a value where no condition chooses otherwise: it is multiplied. None: something else.
using Factor = std::optional<double>;

Factor factorOf(Value value, StringRef state) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto read =
        cast<step::ReadAttr>(step::readsOf(argument.getOwner()->getParentOp())[argument.getArgNumber()]);
    return read.getSource().getValue() == state && !read.getAt() ? Factor(1) : Factor();
  }
  if (auto select = value.getDefiningOp<arith::SelectOp>()) {
    Factor otherwise = factorOf(select.getFalseValue(), state);
    return otherwise ? otherwise : factorOf(select.getTrueValue(), state);
  }
  auto product = value.getDefiningOp<arith::MulFOp>();
  if (!product) {
    return {};
  }
  for (auto [one, other] :
       {std::pair(product.getLhs(), product.getRhs()), std::pair(product.getRhs(), product.getLhs())}) {
    APFloat constant(0.0);
    Factor before = factorOf(one, state);
    if (before == 1.0 && matchPattern(other, m_ConstantFloat(&constant))) {
      return constant.convertToDouble();
    }
  }
  return {};
}

} // namespace

double findDecay(step::StateOp state) {
  StringRef name = state.getSymName();
  auto program = state->getParentOfType<step::ProgramOp>();
  double decay = 0;
  bool known = isa<FloatType>(state.getType());
  program.walk<WalkOrder::PreOrder>([&](Operation* op) {
    if (isa<step::SetupOp>(op)) {
      return WalkResult::skip();
    }
    auto restore = dyn_cast<step::RestoreOp>(op);
    auto reduce = dyn_cast<step::ReduceOp>(op);
    known &= !(restore && restore.getState() == name) && !(reduce && reduce.getInto() == name);
    if (!isa<step::MapOp, step::TraverseOp>(op)) {
      return WalkResult::advance();
    }
    step::YieldOp yield = step::yieldOf(op);
    for (auto [write, value] :
         llvm::zip(yield.getWrites().getAsRange<step::WriteAttr>(), yield->getOperands())) {
      if (write.getTarget().getValue() != name) {
        continue;
      }
      Factor factor = isa<step::MapOp>(op) ? factorOf(value, name) : Factor();
      bool keeps = factor == 1.0, everyStep = isa<step::ProgramOp>(op->getParentOp());
      known &= factor && (keeps || (everyStep && decay == 0 && *factor > 0 && *factor < 1));
      decay = factor && !keeps ? *factor : decay;
    }
    return WalkResult::skip();
  });
  return known ? decay : 0;
}

} // namespace nissl::compiler
