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
    step::ReadAttr read = step::readOf(argument);
    return read.getSource().getValue() == state && step::isPlain(read) ? Factor(1) : Factor();
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

/// What is known of a state.
struct Changes {
  double decay = 0;
  bool known = true;
};

/// Takes in that an action writes `value`.
void noteWrite(Operation* action, StringRef state, Value value, Changes& changes) {
  Factor factor = isa<step::MapOp>(action) ? factorOf(value, state) : Factor();
  if (factor == 1.0) {
    return;
  }
  bool everyStep = isa<step::ProgramOp>(action->getParentOp());
  changes.known &= factor && everyStep && changes.decay == 0 && *factor > 0 && *factor < 1;
  changes.decay = factor.value_or(0);
}

} // namespace

llvm::StringMap<double> findDecays(step::ProgramOp program) {
  llvm::StringMap<Changes> states;
  program.walk<WalkOrder::PreOrder>([&](Operation* op) {
    if (isa<step::SetupOp>(op)) {
      return WalkResult::skip();
    }
    if (auto restore = dyn_cast<step::RestoreOp>(op)) {
      states[restore.getState()].known = false;
    } else if (auto reduce = dyn_cast<step::ReduceOp>(op)) {
      states[reduce.getInto()].known = false;
    }
    if (!isa<step::MapOp, step::TraverseOp>(op)) {
      return WalkResult::advance();
    }
    step::YieldOp yield = step::yieldOf(op);
    for (auto [write, value] :
         llvm::zip(yield.getWrites().getAsRange<step::WriteAttr>(), yield->getOperands())) {
      if (write.getKind() == step::WriteKind::State && isa<FloatType>(value.getType())) {
        StringRef state = write.getTarget().getValue();
        noteWrite(op, state, value, states[state]);
      }
    }
    return WalkResult::skip();
  });
  llvm::StringMap<double> decays;
  for (const auto& [state, changes] : states) {
    if (changes.known && changes.decay != 0) {
      decays[state] = changes.decay;
    }
  }
  return decays;
}

} // namespace nissl::compiler
