// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/equations/Emitter.h"
#include "compiler/import/equations/Typing.h"

#include <limits>
#include <numbers>

using namespace mlir;
using namespace nissl;
using namespace nissl::import;

Location nissl::import::locationOf(const Span& span, MLIRContext* context) {
  if (!span.source) {
    return UnknownLoc::get(context);
  }
  // Diagnostics of the verifier come back through this location, so it counts bytes as MLIR does.
  return FileLineColLoc::get(context, span.source->path(), span.source->lineOf(span.begin),
                             span.source->columnOf(span.begin));
}

Value Emitter::number(const Expr& expr) {
  Value value = emit(expr);
  if (!value.getType().isInteger(1)) {
    return value;
  }
  return arith::UIToFPOp::create(builder, value.getLoc(), builder.getF64Type(), value);
}

Value Emitter::condition(const Expr& expr) {
  Value value = emit(expr);
  if (value.getType().isInteger(1)) {
    return value;
  }
  Value zero = constant(0.0, value.getLoc());
  return arith::CmpFOp::create(builder, value.getLoc(), arith::CmpFPredicate::UNE, value, zero);
}

Value Emitter::constant(double value, Location location) {
  return arith::ConstantOp::create(builder, location, builder.getF64FloatAttr(value));
}

SymbolRefAttr Emitter::symbolOf(const Expr& name) {
  auto leaf = FlatSymbolRefAttr::get(builder.getContext(), name.symbol);
  return name.owner.empty() ? SymbolRefAttr(leaf)
                            : SymbolRefAttr::get(builder.getContext(), name.owner, {leaf});
}

Value Emitter::emit(const Expr& expr) {
  Location location = locationOf(expr.span(), builder.getContext());
  if (std::optional<double> value = constantValue(expr)) {
    return constant(*value, location);
  }
  switch (expr.kind) {
  case ExprKind::Number:
  case ExprKind::Unit:
    llvm_unreachable("is a constant");
  case ExprKind::Name:
    return emitName(expr, location);
  case ExprKind::Negate:
    return arith::NegFOp::create(builder, location, number(*expr.arguments[0]));
  case ExprKind::Not: {
    Value one = arith::ConstantOp::create(builder, location, builder.getBoolAttr(true));
    return arith::XOrIOp::create(builder, location, condition(*expr.arguments[0]), one);
  }
  case ExprKind::Logical: {
    Value left = condition(*expr.arguments[0]);
    Value right = condition(*expr.arguments[1]);
    if (expr.text == "and") {
      return arith::AndIOp::create(builder, location, left, right);
    }
    return arith::OrIOp::create(builder, location, left, right);
  }
  case ExprKind::Compare:
    return emitCompare(expr, location);
  case ExprKind::Binary:
    return emitBinary(expr, location);
  case ExprKind::Call:
    return emitCall(expr, location);
  }
  llvm_unreachable("all kinds are handled");
}

Value Emitter::position(neuro::IndexKind kind, Location location) {
  Value index = neuro::IndexOp::create(builder, location, builder.getI32Type(), kind);
  return arith::SIToFPOp::create(builder, location, builder.getF64Type(), index);
}

Value Emitter::random(neuro::Distribution distribution, Value parameter, Location location) {
  return neuro::RandomOp::create(builder, location, builder.getF64Type(), distribution, parameter, Value(),
                                 Value(), nextPlace++);
}

Value Emitter::emitName(const Expr& expr, Location location) {
  if (!expr.symbol.empty()) {
    if (auto value = assigned.find(expr.symbol); expr.owner.empty() && value != assigned.end()) {
      return value->second;
    }
    return neuro::GetOp::create(builder, location, builder.getF64Type(), symbolOf(expr), FloatAttr());
  }
  if (expr.text == "t") {
    return neuro::TimeOp::create(builder, location, builder.getF64Type());
  }
  if (expr.text == "dt") {
    return neuro::TimeStepOp::create(builder, location, builder.getF64Type());
  }
  if (expr.text == "xi") {
    return neuro::NoiseOp::create(builder, location, builder.getF64Type(), nextPlace++);
  }
  if (expr.text == "i") {
    return position(synapse ? neuro::IndexKind::Pre : neuro::IndexKind::Element, location);
  }
  if (expr.text == "j") {
    return position(neuro::IndexKind::Post, location);
  }
  if (expr.text == "fired") {
    return neuro::FiredOp::create(builder, location, builder.getI1Type(), "spike");
  }
  if (expr.text == "payload") {
    return neuro::PayloadOp::create(builder, location, builder.getF64Type());
  }
  if (expr.text == "true" || expr.text == "false") {
    return arith::ConstantOp::create(builder, location, builder.getBoolAttr(expr.text == "true"));
  }
  if (expr.text == "pi") {
    return constant(std::numbers::pi, location);
  }
  // What typing let pass and is none of these is inf.
  return constant(std::numeric_limits<double>::infinity(), location);
}

Value Emitter::emitCompare(const Expr& expr, Location location) {
  using Predicate = arith::CmpFPredicate;
  static const std::map<std::string_view, Predicate> predicates = {
      {"<", Predicate::OLT},  {"<=", Predicate::OLE}, {">", Predicate::OGT},
      {">=", Predicate::OGE}, {"==", Predicate::OEQ}, {"!=", Predicate::UNE},
  };
  Value left = number(*expr.arguments[0]);
  Value right = number(*expr.arguments[1]);
  return arith::CmpFOp::create(builder, location, predicates.at(expr.text), left, right);
}

Value Emitter::emitBinary(const Expr& expr, Location location) {
  if (expr.text == "**") {
    return emitPower(expr, location);
  }
  if (expr.text == "*" || expr.text == "/") {
    // "x*mV/ms" is x: the units of a product become one power of ten, which is rounded once.
    const Expr* rest = &expr;
    int exponent = 0;
    while (rest->kind == ExprKind::Binary && (rest->text == "*" || rest->text == "/")) {
      std::optional<int> unit = unitExponent(*rest->arguments[1]);
      if (!unit) {
        break;
      }
      exponent += rest->text == "*" ? *unit : -*unit;
      rest = rest->arguments[0].get();
    }
    if (rest != &expr) {
      Value value = number(*rest);
      double scale = std::strtod(("1e" + std::to_string(exponent)).c_str(), nullptr);
      return exponent == 0 ? value
                           : arith::MulFOp::create(builder, location, value, constant(scale, location));
    }
  }
  Value left = number(*expr.arguments[0]);
  Value right = number(*expr.arguments[1]);
  switch (expr.text[0]) {
  case '+':
    return arith::AddFOp::create(builder, location, left, right);
  case '-':
    return arith::SubFOp::create(builder, location, left, right);
  case '*':
    return arith::MulFOp::create(builder, location, left, right);
  default:
    return arith::DivFOp::create(builder, location, left, right);
  }
}

Value Emitter::emitPower(const Expr& expr, Location location) {
  Value base = number(*expr.arguments[0]);
  std::optional<double> power = constantValue(*expr.arguments[1]);
  // A small whole power is defined as a product from left to right: the same bits on every target.
  constexpr double largest = 16;
  if (power && std::abs(*power) <= largest && *power == static_cast<int>(*power)) {
    Value product = *power == 0 ? constant(1.0, location) : base;
    for (int i = 1; i < std::abs(*power); ++i) {
      product = arith::MulFOp::create(builder, location, product, base);
    }
    return *power < 0 ? arith::DivFOp::create(builder, location, constant(1.0, location), product) : product;
  }
  if (power && *power == 0.5) {
    return math::SqrtOp::create(builder, location, base);
  }
  return math::PowFOp::create(builder, location, base, number(*expr.arguments[1]));
}

/// (exp(x) - 1) / x, and its series where the quotient would lose digits.
Value Emitter::emitExprel(Value x, Location location) {
  Value one = constant(1.0, location);
  Value exp = math::ExpOp::create(builder, location, x);
  Value quotient =
      arith::DivFOp::create(builder, location, arith::SubFOp::create(builder, location, exp, one), x);
  Value sixth = arith::DivFOp::create(builder, location, x, constant(6.0, location));
  Value half = arith::AddFOp::create(builder, location, constant(0.5, location), sixth);
  Value series =
      arith::AddFOp::create(builder, location, one, arith::MulFOp::create(builder, location, x, half));
  Value size = math::AbsFOp::create(builder, location, x);
  Value small =
      arith::CmpFOp::create(builder, location, arith::CmpFPredicate::OLT, size, constant(1e-4, location));
  return arith::SelectOp::create(builder, location, small, series, quotient);
}

Value Emitter::emitReduction(const Expr& expr, Location location) {
  neuro::ReduceBy by = expr.text == "sum"      ? neuro::ReduceBy::All
                       : expr.text == "sum_in" ? neuro::ReduceBy::Post
                                               : neuro::ReduceBy::Pre;
  return neuro::ReduceOp::create(builder, location, builder.getF64Type(), neuro::ReduceKind::Sum,
                                 symbolOf(*expr.arguments[0]), by);
}

Value Emitter::emitCall(const Expr& expr, Location location) {
  const std::string& name = expr.text;
  if (name == "sum" || name == "sum_in" || name == "sum_out") {
    return emitReduction(expr, location);
  }
  if (name == "ago") {
    return neuro::GetOp::create(builder, location, builder.getF64Type(), symbolOf(*expr.arguments[0]),
                                builder.getF64FloatAttr(*constantValue(*expr.arguments[1])));
  }
  if (name == "fired") {
    return neuro::FiredOp::create(builder, location, builder.getI1Type(), expr.arguments[0]->text);
  }
  if (name == "where") {
    Value condition = this->condition(*expr.arguments[0]);
    auto branch = [&](const Expr& value) { return expr.boolean ? this->condition(value) : number(value); };
    Value yes = branch(*expr.arguments[1]);
    Value no = branch(*expr.arguments[2]);
    return arith::SelectOp::create(builder, location, condition, yes, no);
  }
  SmallVector<Value> values;
  for (const ExprPtr& argument : expr.arguments) {
    values.push_back(number(*argument));
  }
  if (name == "rand" || name == "randn") {
    return random(name == "rand" ? neuro::Distribution::Uniform : neuro::Distribution::Normal, {}, location);
  }
  if (name == "poisson") {
    return random(neuro::Distribution::Poisson, values[0], location);
  }
  if (name == "clip") {
    Value atLeast = arith::MaximumFOp::create(builder, location, values[0], values[1]);
    return arith::MinimumFOp::create(builder, location, atLeast, values[2]);
  }
  if (name == "min" || name == "max") {
    Value result = values[0];
    for (Value value : ArrayRef(values).drop_front()) {
      result = name == "min" ? Value(arith::MinimumFOp::create(builder, location, result, value))
                             : Value(arith::MaximumFOp::create(builder, location, result, value));
    }
    return result;
  }
  if (name == "mod") {
    Value quotient = arith::DivFOp::create(builder, location, values[0], values[1]);
    Value whole = math::FloorOp::create(builder, location, quotient);
    Value multiple = arith::MulFOp::create(builder, location, values[1], whole);
    return arith::SubFOp::create(builder, location, values[0], multiple);
  }
  Value x = values[0];
  if (name == "sign") {
    Value zero = constant(0.0, location);
    Value up = arith::CmpFOp::create(builder, location, arith::CmpFPredicate::OGT, x, zero);
    Value down = arith::CmpFOp::create(builder, location, arith::CmpFPredicate::OLT, x, zero);
    Value notUp = arith::SelectOp::create(builder, location, down, constant(-1.0, location), zero);
    return arith::SelectOp::create(builder, location, up, constant(1.0, location), notUp);
  }
  if (name == "exprel") {
    return emitExprel(x, location);
  }
  if (name == "round") {
    return math::FloorOp::create(builder, location,
                                 arith::AddFOp::create(builder, location, x, constant(0.5, location)));
  }
  using Create = Value (*)(OpBuilder&, Location, Value);
  static const std::map<std::string_view, Create> plain = {
      {"exp", [](OpBuilder& b, Location l, Value v) -> Value { return math::ExpOp::create(b, l, v); }},
      {"log", [](OpBuilder& b, Location l, Value v) -> Value { return math::LogOp::create(b, l, v); }},
      {"sqrt", [](OpBuilder& b, Location l, Value v) -> Value { return math::SqrtOp::create(b, l, v); }},
      {"sin", [](OpBuilder& b, Location l, Value v) -> Value { return math::SinOp::create(b, l, v); }},
      {"cos", [](OpBuilder& b, Location l, Value v) -> Value { return math::CosOp::create(b, l, v); }},
      {"tan", [](OpBuilder& b, Location l, Value v) -> Value { return math::TanOp::create(b, l, v); }},
      {"tanh", [](OpBuilder& b, Location l, Value v) -> Value { return math::TanhOp::create(b, l, v); }},
      {"abs", [](OpBuilder& b, Location l, Value v) -> Value { return math::AbsFOp::create(b, l, v); }},
      {"floor", [](OpBuilder& b, Location l, Value v) -> Value { return math::FloorOp::create(b, l, v); }},
      {"ceil", [](OpBuilder& b, Location l, Value v) -> Value { return math::CeilOp::create(b, l, v); }},
      {"int", [](OpBuilder& b, Location l, Value v) -> Value { return math::TruncOp::create(b, l, v); }},
  };
  return plain.at(name)(builder, location, x);
}
