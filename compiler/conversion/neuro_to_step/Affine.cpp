// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/Affine.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

class Splitter {
public:
  Splitter(BodyWriter& body, ArrayRef<Value> variables, Division division)
      : body(body), variables(variables), division(division) {}

  std::optional<Affine> split(Value value) {
    auto [found, isNew] = known.try_emplace(value);
    if (!isNew) {
      return found->second;
    }
    std::optional<Affine> form = compute(value);
    known[value] = form;
    return form;
  }

  /// As split, but what is not affine goes to `rest`, times `sign`.
  Affine splitTerms(Value value, bool negative, Value& rest) {
    Operation* op = value.getDefiningOp();
    if (std::optional<Affine> form = split(value)) {
      return negative ? scale(*form, body.constant(-1.0)) : *form;
    }
    if (auto sum = dyn_cast<arith::AddFOp>(op)) {
      Affine left = splitTerms(sum.getLhs(), negative, rest),
             right = splitTerms(sum.getRhs(), negative, rest);
      return plus(left, right, false);
    }
    if (auto difference = dyn_cast<arith::SubFOp>(op)) {
      Affine left = splitTerms(difference.getLhs(), negative, rest);
      return plus(left, splitTerms(difference.getRhs(), !negative, rest), false);
    }
    if (auto opposite = dyn_cast<arith::NegFOp>(op)) {
      return splitTerms(opposite.getOperand(), !negative, rest);
    }
    Value inner, factor;
    bool divides = false;
    if (auto product = dyn_cast<arith::MulFOp>(op)) {
      bool left = dependsOn(product.getLhs(), variables), right = dependsOn(product.getRhs(), variables);
      if (left != right) {
        inner = left ? product.getLhs() : product.getRhs();
        factor = left ? product.getRhs() : product.getLhs();
      }
    } else if (auto quotient = dyn_cast<arith::DivFOp>(op);
               quotient && !dependsOn(quotient.getRhs(), variables)) {
      inner = quotient.getLhs();
      factor = quotient.getRhs();
      divides = true;
    }
    if (inner) {
      Value innerRest;
      Affine form = scale(splitTerms(inner, negative, innerRest), factor, divides);
      rest = body.add(rest, divides ? body.divide(innerRest, factor) : body.multiply(innerRest, factor));
      return form;
    }
    rest = negative ? body.subtract(rest, value) : body.add(rest, value);
    return Affine{SmallVector<Value>(variables.size()), {}};
  }

private:
  Affine scale(Affine form, Value factor, bool divides = false) {
    bool inverts = divides && division == Division::Reciprocal;
    if (inverts) {
      factor = body.divide(body.constant(1.0), factor);
    }
    auto times = [&](Value value) {
      return divides && !inverts ? body.divide(value, factor) : body.multiply(value, factor);
    };
    for (Value& slope : form.slopes) {
      slope = times(slope);
    }
    form.constant = times(form.constant);
    return form;
  }

  Affine plus(Affine left, const Affine& right, bool minus) {
    auto combine = [&](Value a, Value b) { return minus ? body.subtract(a, b) : body.add(a, b); };
    for (auto [slope, other] : llvm::zip_equal(left.slopes, right.slopes)) {
      slope = combine(slope, other);
    }
    left.constant = combine(left.constant, right.constant);
    return left;
  }

  std::optional<Affine> compute(Value value) {
    Affine form{SmallVector<Value>(variables.size()), {}};
    for (auto [i, variable] : llvm::enumerate(variables)) {
      if (value == variable) {
        form.slopes[i] = body.constant(1.0);
        return form;
      }
    }
    if (!dependsOn(value, variables)) {
      form.constant = value;
      return form;
    }
    Operation* op = value.getDefiningOp();
    if (isa<arith::AddFOp, arith::SubFOp>(op)) {
      std::optional<Affine> left = split(op->getOperand(0)), right = split(op->getOperand(1));
      return left && right ? std::optional(plus(*left, *right, isa<arith::SubFOp>(op))) : std::nullopt;
    }
    if (isa<arith::NegFOp>(op)) {
      std::optional<Affine> inner = split(op->getOperand(0));
      return inner ? std::optional(scale(*inner, body.constant(-1.0))) : std::nullopt;
    }
    if (isa<arith::MulFOp>(op)) {
      for (unsigned side : {0u, 1u}) {
        if (!dependsOn(op->getOperand(1 - side), variables)) {
          std::optional<Affine> inner = split(op->getOperand(side));
          return inner ? std::optional(scale(*inner, op->getOperand(1 - side))) : std::nullopt;
        }
      }
    }
    if (isa<arith::DivFOp>(op) && !dependsOn(op->getOperand(1), variables)) {
      std::optional<Affine> inner = split(op->getOperand(0));
      return inner ? std::optional(scale(*inner, op->getOperand(1), true)) : std::nullopt;
    }
    return std::nullopt;
  }

  BodyWriter& body;
  ArrayRef<Value> variables;
  Division division;
  llvm::DenseMap<Value, std::optional<Affine>> known;
};

} // namespace

bool dependsOn(Value value, ArrayRef<Value> variables) {
  llvm::SmallSetVector<Value, 16> work;
  work.insert(value);
  for (unsigned i = 0; i < work.size(); ++i) {
    if (llvm::is_contained(variables, work[i])) {
      return true;
    }
    if (Operation* op = work[i].getDefiningOp()) {
      work.insert(op->operand_begin(), op->operand_end());
    }
  }
  return false;
}

std::optional<Affine> affineForm(BodyWriter& body, Value rate, ArrayRef<Value> variables, Value* rest,
                                 Division division) {
  Splitter splitter(body, variables, division);
  return rest ? std::optional(splitter.splitTerms(rate, false, *rest)) : splitter.split(rate);
}

} // namespace nissl::conversion
