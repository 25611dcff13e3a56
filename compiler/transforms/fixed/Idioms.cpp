// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/Idioms.h"

#include "compiler/transforms/Formulas.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;

namespace nissl::transforms {
namespace {

Value constant(OpBuilder& ops, Location location, double number, Type type) {
  return arith::ConstantOp::create(ops, location, ops.getFloatAttr(type, number));
}

Value multiplyPower(OpBuilder& ops, math::PowFOp power) {
  bool isCube = isConstant(power.getRhs(), 3);
  if (!isCube && !isConstant(power.getRhs(), 2)) {
    return {};
  }
  Value base = power.getLhs();
  Value product = arith::MulFOp::create(ops, power.getLoc(), base, base);
  return isCube ? Value(arith::MulFOp::create(ops, power.getLoc(), product, base)) : product;
}

Value logistic(OpBuilder& ops, arith::DivFOp division) {
  Value rest = besides<arith::AddFOp>(division.getRhs(), 1);
  auto exp = rest ? rest.getDefiningOp<math::ExpOp>() : math::ExpOp();
  if (!exp) {
    return {};
  }
  Location location = division.getLoc();
  Type type = division.getType();
  Value half = constant(ops, location, 0.5, type);
  Value middle = arith::MulFOp::create(ops, location, exp.getOperand(), half);
  Value tanh = math::TanhOp::create(ops, location, middle);
  Value scaled = arith::MulFOp::create(ops, location, tanh, half);
  Value result = arith::SubFOp::create(ops, location, half, scaled);
  return isConstant(division.getLhs(), 1)
             ? result
             : Value(arith::MulFOp::create(ops, location, division.getLhs(), result));
}

Value makeExprel(OpBuilder& ops, Location location, Value x) {
  return arith::DivFOp::create(ops, location, math::ExpM1Op::create(ops, location, x), x);
}

Value guardedExprel(OpBuilder& ops, arith::SelectOp select) {
  Value x = guardedExprelArgument(select);
  return x ? makeExprel(ops, select.getLoc(), x) : Value();
}

Value guardedGain(OpBuilder& ops, arith::SelectOp select) {
  Value exponent = guardedGainArgument(select);
  return exponent ? arith::MulFOp::create(ops, select.getLoc(), select.getTrueValue(),
                                          makeExprel(ops, select.getLoc(), exponent))
                  : Value();
}

/// a / (expm1(x) / x), which exprel has become by then.
Value divideByExprel(OpBuilder& ops, arith::DivFOp division) {
  auto below = division.getRhs().getDefiningOp<arith::DivFOp>();
  Value x = below ? exprelArgument(below) : Value();
  if (!x) {
    return {};
  }
  Value inverse = arith::DivFOp::create(ops, division.getLoc(), x, below.getLhs());
  return arith::MulFOp::create(ops, division.getLoc(), division.getLhs(), inverse);
}

template <typename Op>
void replaceEach(step::ProgramOp program, Value (*replacement)(OpBuilder&, Op)) {
  SmallVector<Op> found;
  program.walk([&](Op op) {
    if (!op->template getParentOfType<step::SetupOp>()) {
      found.push_back(op);
    }
  });
  for (Op op : found) {
    OpBuilder ops(op);
    if (Value value = replacement(ops, op)) {
      op->replaceAllUsesWith(ValueRange(value));
    }
  }
}

Value multiplyByReciprocal(OpBuilder& ops, arith::DivFOp division) {
  if (matchPattern(division.getRhs(), m_Constant()) || matchPattern(division.getLhs(), m_Constant()) ||
      exprelArgument(division) || inverseExprelArgument(division)) {
    return {};
  }
  Location location = division.getLoc();
  Value one = constant(ops, location, 1, division.getType());
  Value reciprocal = arith::DivFOp::create(ops, location, one, division.getRhs());
  return arith::MulFOp::create(ops, location, division.getLhs(), reciprocal);
}

Value divideByVariable(OpBuilder& ops, arith::MulFOp product) {
  for (unsigned i : {0, 1}) {
    auto reciprocal = product->getOperand(i).getDefiningOp<arith::DivFOp>();
    Value other = product->getOperand(1 - i);
    if (reciprocal && reciprocal->hasOneUse() && isConstant(reciprocal.getLhs(), 1) &&
        other != reciprocal.getResult()) {
      return arith::DivFOp::create(ops, product.getLoc(), other, reciprocal.getRhs());
    }
  }
  return {};
}

} // namespace

Value exprelArgument(arith::DivFOp division) {
  auto expm1 = division.getLhs().getDefiningOp<math::ExpM1Op>();
  return expm1 && expm1.getOperand() == division.getRhs() ? division.getRhs() : Value();
}

Value inverseExprelArgument(arith::DivFOp division) {
  auto expm1 = division.getRhs().getDefiningOp<math::ExpM1Op>();
  return expm1 && expm1.getOperand() == division.getLhs() ? division.getLhs() : Value();
}

double exprel(double x) { return x == 0 ? 1 : std::isinf(x) ? (x > 0 ? x : 0) : std::expm1(x) / x; }

void rewriteIdioms(step::ProgramOp program) {
  replaceEach(program, multiplyPower);
  replaceEach(program, logistic);
  replaceEach(program, guardedExprel);
  replaceEach(program, guardedGain);
  replaceEach(program, divideByExprel);
  removeUnused(program);
}

void multiplyByReciprocals(step::ProgramOp program) {
  replaceEach(program, multiplyByReciprocal);
  removeUnused(program);
}

void divideByVariables(step::ProgramOp program) {
  replaceEach(program, divideByVariable);
  removeUnused(program);
}

} // namespace nissl::transforms
