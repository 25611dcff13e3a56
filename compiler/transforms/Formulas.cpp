// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/Formulas.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nissl::transforms {

bool isConstant(Value value, double expected) {
  FloatAttr constant;
  return matchPattern(value, m_Constant(&constant)) && constant.getValueAsDouble() == expected;
}

void removeUnused(Operation* root) {
  root->walk<WalkOrder::PostOrder, ReverseIterator>([](Operation* op) {
    if (isa_and_nonnull<arith::ArithDialect, math::MathDialect>(op->getDialect()) && op->use_empty()) {
      op->erase();
    }
  });
}

Value guardedExprelArgument(arith::SelectOp select) {
  auto quotient = select.getFalseValue().getDefiningOp<arith::DivFOp>();
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!quotient || !compare || compare.getPredicate() != arith::CmpFPredicate::OLT) {
    return {};
  }
  Value x = quotient.getRhs();
  auto size = compare.getLhs().getDefiningOp<math::AbsFOp>();
  auto less = quotient.getLhs().getDefiningOp<arith::SubFOp>();
  auto exp =
      less && isConstant(less.getRhs(), 1) ? less.getLhs().getDefiningOp<math::ExpOp>() : math::ExpOp();
  Value rise = besides<arith::AddFOp>(select.getTrueValue(), 1);
  auto product = rise ? rise.getDefiningOp<arith::MulFOp>() : arith::MulFOp();
  if (!size || size.getOperand() != x || !exp || exp.getOperand() != x || !product || product.getLhs() != x) {
    return {};
  }
  Value sixth = besides<arith::AddFOp>(product.getRhs(), 0.5);
  auto curve = sixth ? sixth.getDefiningOp<arith::DivFOp>() : arith::DivFOp();
  return curve && curve.getLhs() == x && isConstant(curve.getRhs(), 6) ? x : Value();
}

Value guardedGainArgument(arith::SelectOp select) {
  auto quotient = select.getFalseValue().getDefiningOp<arith::DivFOp>();
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!quotient || !compare || compare.getPredicate() != arith::CmpFPredicate::OEQ ||
      !isConstant(compare.getRhs(), 0) || compare.getLhs() != quotient.getRhs()) {
    return {};
  }
  auto expm1 = quotient.getLhs().getDefiningOp<math::ExpM1Op>();
  auto exponent = expm1 ? expm1.getOperand().getDefiningOp<arith::MulFOp>() : arith::MulFOp();
  Value slope = quotient.getRhs(), step = select.getTrueValue();
  auto isProduct = [&](Value a, Value b) {
    APFloat number(0.0), known(0.0);
    return a == slope && (b == step || (matchPattern(b, m_ConstantFloat(&number)) &&
                                        matchPattern(step, m_ConstantFloat(&known)) && number == known));
  };
  return exponent && (isProduct(exponent.getLhs(), exponent.getRhs()) ||
                      isProduct(exponent.getRhs(), exponent.getLhs()))
             ? exponent.getResult()
             : Value();
}

} // namespace nissl::transforms
