// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Expression.h"

#include "runtime/support/Error.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using nissl::support::Error;

namespace nissl::reference {
namespace {

using Function = double (*)(double);

/// libm's function of an op with one operand; null where it is none.
Function functionOf(Operation& op) {
  return TypeSwitch<Operation*, Function>(&op)
      .Case<math::ExpOp>([](auto) -> Function { return std::exp; })
      .Case<math::ExpM1Op>([](auto) -> Function { return std::expm1; })
      .Case<math::LogOp>([](auto) -> Function { return std::log; })
      .Case<math::Log1pOp>([](auto) -> Function { return std::log1p; })
      .Case<math::SqrtOp>([](auto) -> Function { return std::sqrt; })
      .Case<math::SinOp>([](auto) -> Function { return std::sin; })
      .Case<math::CosOp>([](auto) -> Function { return std::cos; })
      .Case<math::TanOp>([](auto) -> Function { return std::tan; })
      .Case<math::TanhOp>([](auto) -> Function { return std::tanh; })
      .Case<math::AbsFOp>([](auto) -> Function { return std::fabs; })
      .Case<math::FloorOp>([](auto) -> Function { return std::floor; })
      .Case<math::CeilOp>([](auto) -> Function { return std::ceil; })
      .Case<math::TruncOp>([](auto) -> Function { return std::trunc; })
      .Default([](Operation*) -> Function { return nullptr; });
}

bool holds(arith::CmpFPredicate predicate, double a, double b) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::AlwaysTrue:
    return true;
  case P::ORD:
    return !unordered;
  case P::UNO:
    return unordered;
  case P::OEQ:
    return a == b;
  case P::OGT:
    return a > b;
  case P::OGE:
    return a >= b;
  case P::OLT:
    return a < b;
  case P::OLE:
    return a <= b;
  case P::ONE:
    return !unordered && a != b;
  case P::UEQ:
    return unordered || a == b;
  case P::UGT:
    return unordered || a > b;
  case P::UGE:
    return unordered || a >= b;
  case P::ULT:
    return unordered || a < b;
  case P::ULE:
    return unordered || a <= b;
  case P::UNE:
    return unordered || a != b;
  }
  return false;
}

/// Integers are positions and counts: signed, and small enough to be exact in a double.
bool holds(Operation* op, arith::CmpIPredicate predicate, double a, double b) {
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case P::eq:
    return a == b;
  case P::ne:
    return a != b;
  case P::slt:
    return a < b;
  case P::sle:
    return a <= b;
  case P::sgt:
    return a > b;
  case P::sge:
    return a >= b;
  default:
    throw Error::input("NS0620", "the reference interpreter does not know unsigned comparisons of integers");
  }
}

class Evaluation {
public:
  Evaluation(Scope& scope, const Forms& forms) : scope(scope), forms(forms) {}
  std::vector<Number> run(Region& body);

private:
  Number compute(Operation& op);
  Number computeNeuro(Operation& op);
  Number computeInteger(Operation& op);
  const Number& at(Value value) const { return values.find(value)->second; }
  Number lookup(neuro::LookupOp op);
  Quantity random(neuro::RandomOp op);

  Scope& scope;
  const Forms& forms;
  llvm::DenseMap<Value, Number> values;
};

std::vector<Number> Evaluation::run(Region& body) {
  for (Operation& op : body.front().without_terminator()) {
    Number result = isa<neuro::NeuroDialect>(op.getDialect()) ? computeNeuro(op) : compute(op);
    values.try_emplace(op.getResult(0), std::move(result));
  }
  std::vector<Number> results;
  for (Value operand : body.front().getTerminator()->getOperands()) {
    results.push_back(at(operand));
  }
  return results;
}

Number Evaluation::lookup(neuro::LookupOp op) {
  ElementsAttr array = scope.array(op.getArray());
  const Quantity& index = at(op.getIndex()).value;
  auto last = static_cast<double>(array.getNumElements() - 1);
  auto position = static_cast<int64_t>(std::clamp(index.value, 0.0, last));
  double value = *(array.value_begin<double>() + position);
  Quantity result = Arithmetic::inherit(Arithmetic::constant(value), index, index);
  result.origin = std::max(result.origin, Origin::Parameter);
  return Number(result);
}

/// With 'keep': the first of 16 draws that lies in the interval, else the bound nearest to the first.
Quantity Evaluation::random(neuro::RandomOp op) {
  auto draw = [&](const std::string& stream) {
    Quantity parameter = op.getParameter() ? at(op.getParameter()).value : Quantity();
    return scope.random(op.getDistribution(), static_cast<int64_t>(op.getPlace()), stream, parameter);
  };
  Quantity first = draw(".rand");
  if (!op.getLower() || first.trust == Trust::Unknown) {
    return first;
  }
  const Quantity &lower = at(op.getLower()).value, &upper = at(op.getUpper()).value;
  Quantity doubt = {};
  auto lies = [&](const Quantity& number) {
    Quantity above = forms.compared(number.value >= lower.value, number, lower);
    Quantity below = forms.compared(number.value <= upper.value, number, upper);
    Quantity inside = Arithmetic::both(above, below);
    doubt = Arithmetic::inherit(doubt, doubt, inside);
    return inside.isTrue();
  };
  for (int attempt = 1; attempt <= 16; ++attempt) {
    Quantity next = attempt == 1 ? first : draw(".rand.keep" + std::to_string(attempt));
    if (lies(next)) {
      return Arithmetic::inherit(next, next, doubt);
    }
  }
  const Quantity& nearest = first.value < lower.value ? lower : upper;
  return Arithmetic::inherit(nearest, Arithmetic::inherit(nearest, nearest, first), doubt);
}

Number Evaluation::computeNeuro(Operation& op) {
  static const std::string ago = "it reads the past ('ago')";
  return TypeSwitch<Operation*, Number>(&op)
      .Case<neuro::GetOp>([&](neuro::GetOp get) {
        if (get.getAgo()) {
          return Number(unknown(ago));
        }
        StringRef leaf = get.getName().getLeafReference().getValue();
        return get.isBroadcast() ? Number(scope.broadcast(get.getName().getRootReference().getValue(), leaf))
                                 : scope.get(leaf);
      })
      .Case<neuro::LookupOp>([&](neuro::LookupOp table) { return lookup(table); })
      .Case<neuro::TimeOp>(
          [&](auto) { return Number({scope.time, scope.time, Trust::Sure, Origin::Moving}); })
      .Case<neuro::TimeStepOp>([&](auto) { return Number(Arithmetic::constant(scope.dt)); })
      .Case<neuro::IndexOp>([&](neuro::IndexOp index) {
        return Number({scope.position(index.getKind()), 0.0, Trust::Sure, Origin::Parameter});
      })
      .Case<neuro::FiredOp>([&](neuro::FiredOp fired) { return Number(scope.fired(fired.getEvent())); })
      .Case<neuro::RandomOp>([&](neuro::RandomOp draw) { return Number(random(draw)); })
      .Case<neuro::NoiseOp>([&](neuro::NoiseOp noise) {
        // Held over a step, so that its integral over the step is normal with variance dt.
        Quantity normal =
            scope.random(neuro::Distribution::Normal, static_cast<int64_t>(noise.getPlace()), ".noise", {});
        return Number(forms.divide(normal, Arithmetic::constant(std::sqrt(scope.dt))));
      })
      .Case<neuro::PayloadOp>([&](auto) { return Number(scope.payload()); })
      .Case<neuro::ReduceOp>([&](neuro::ReduceOp reduce) { return Number(scope.reduce(reduce)); })
      .Default([](Operation* other) -> Number {
        throw Error::input("NS0620", "the reference interpreter does not know {}",
                           other->getName().getStringRef().str());
      });
}

Number Evaluation::compute(Operation& op) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (auto number = dyn_cast<FloatAttr>(constant.getValue())) {
      return Number(Arithmetic::constant(number.getValueAsDouble()));
    }
    auto integer = cast<IntegerAttr>(constant.getValue());
    bool isTruth = integer.getType().isInteger(1);
    return Number({isTruth ? double(integer.getValue().getBoolValue())
                           : static_cast<double>(integer.getValue().getSExtValue())});
  }
  const Number& a = at(op.getOperand(0));
  if (Function function = functionOf(op)) {
    return Forms::opaque(forms.apply(function, a.value), {&a});
  }
  if (isa<arith::NegFOp>(op)) {
    return forms.opposed(a);
  }
  if (op.getNumOperands() < 2) {
    return computeInteger(op);
  }
  const Number& b = at(op.getOperand(1));
  return TypeSwitch<Operation*, Number>(&op)
      .Case<arith::AddFOp>([&](auto) { return forms.sum(a, b, false); })
      .Case<arith::SubFOp>([&](auto) { return forms.sum(a, b, true); })
      .Case<arith::MulFOp>([&](auto) { return forms.product(a, b); })
      .Case<arith::DivFOp>([&](auto) { return forms.quotient(a, b); })
      .Case<math::PowFOp>([&](auto) { return Forms::opaque(forms.power(a.value, b.value), {&a, &b}); })
      .Case<arith::MaximumFOp, arith::MinimumFOp>([&](auto chooses) {
        bool larger = isa<arith::MaximumFOp>(chooses);
        Quantity first = forms.compared(
            larger ? a.value.value >= b.value.value : a.value.value <= b.value.value, a.value, b.value);
        first.trust = std::max(a.value.trust, b.value.trust); // near each other, either is right
        Quantity result = forms.select(first, a.value, b.value);
        result.slack = std::max(a.value.slack, b.value.slack);
        return Forms::opaque(Arithmetic::inherit(result, a.value, b.value), {&a, &b});
      })
      .Case<arith::CmpFOp>([&](arith::CmpFOp compare) {
        bool truth = holds(compare.getPredicate(), a.value.value, b.value.value);
        return Forms::opaque(forms.compared(truth, a.value, b.value), {&a, &b});
      })
      .Case<arith::SelectOp>([&](arith::SelectOp choice) {
        const Number& other = at(choice.getFalseValue());
        return Forms::opaque(forms.select(a.value, b.value, other.value), {&a, &b, &other});
      })
      .Default([&](Operation*) { return computeInteger(op); });
}

/// Integers and truth values.
Number Evaluation::computeInteger(Operation& op) {
  const Number& a = at(op.getOperand(0));
  const Number& b = at(op.getOperand(op.getNumOperands() - 1));
  auto integer = [&](double value) {
    return Number(Arithmetic::inherit({value, std::max(a.value.slack, b.value.slack)}, a.value, b.value));
  };
  bool isTruth = op.getResult(0).getType().isInteger(1);
  double x = a.value.value, y = b.value.value;
  if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
    return integer(holds(&op, compare.getPredicate(), x, y));
  }
  if (isTruth && isa<arith::AndIOp>(op)) {
    return Forms::opaque(Arithmetic::both(a.value, b.value), {&a, &b});
  }
  if (isTruth && isa<arith::OrIOp>(op)) {
    return Forms::opaque(Arithmetic::either(a.value, b.value), {&a, &b});
  }
  if (isTruth && isa<arith::XOrIOp>(op)) {
    Quantity differ =
        Arithmetic::inherit({a.value.isTrue() != b.value.isTrue() ? 1.0 : 0.0}, a.value, b.value);
    return Forms::opaque(differ, {&a, &b});
  }
  if (isa<arith::UIToFPOp, arith::SIToFPOp, arith::ExtSIOp, arith::ExtUIOp>(op)) {
    return Forms::opaque(a.value, {&a});
  }
  if (isa<arith::FPToSIOp>(op)) {
    // A value next to a whole number may become either one.
    Quantity result = forms.apply(std::trunc, a.value);
    if (result.trust == Trust::Sure && result.slack * forms.bound >= 1.0) {
      result.trust = Trust::Doubtful;
    }
    result.slack = 0.0;
    return Forms::opaque(result, {&a});
  }
  if (isa<arith::AddIOp>(op) && !isTruth) {
    return integer(x + y);
  }
  if (isa<arith::SubIOp>(op) && !isTruth) {
    return integer(x - y);
  }
  if (isa<arith::MulIOp>(op) && !isTruth) {
    return integer(x * y);
  }
  throw Error::input("NS0620", "the reference interpreter does not know {}",
                     op.getName().getStringRef().str());
}

} // namespace

Quantity Scope::payload() {
  static const std::string reason = "it reads a payload of an event some time before";
  return unknown(reason);
}

double Scope::position(neuro::IndexKind kind) const {
  if (kind != neuro::IndexKind::Element) {
    throw Error::input("NS0620", "the position '{}' is asked for where there is no synapse",
                       neuro::stringifyIndexKind(kind).str());
  }
  return static_cast<double>(element);
}

std::vector<Number> evaluate(Region& body, Scope& scope, const Forms& forms) {
  return Evaluation(scope, forms).run(body);
}

} // namespace nissl::reference
