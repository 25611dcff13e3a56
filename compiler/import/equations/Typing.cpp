// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/equations/Typing.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>
#include <map>

using namespace nissl;
using namespace nissl::import;
using neuro::Dimension;

namespace {

class Typing {
public:
  Typing(Names& names, DiagnosticList& diagnostics) : names(names), diagnostics(diagnostics) {}
  bool type(Expr& expr);

private:
  bool typeName(Expr& expr);
  bool typeUnit(Expr& expr);
  bool typeBinary(Expr& expr);
  bool typePower(Expr& expr);
  bool typeCall(Expr& expr);
  bool typeReduction(Expr& expr);
  bool typeAgo(Expr& expr);
  bool typeFired(Expr& expr);
  bool expandFunction(Expr& expr, const Function& function);
  bool typeArguments(Expr& expr);
  /// Gives the node the common dimension of its arguments from `first` on.
  bool unify(Expr& expr, size_t first);
  bool needs(const Expr& expr, unsigned feature);
  bool count(const Expr& expr, size_t least, size_t most);
  bool fail(Code code, const Expr& expr, std::string message, std::string help = "") {
    diagnostics.error(code, expr.span(), std::move(message)).suggest(std::move(help));
    return false;
  }

  Names& names;
  DiagnosticList& diagnostics;
  int expansions = 0;
};

} // namespace

static std::string quote(const Expr& expr) { return fmt::format("'{}'", expr.written()); }

static std::string withUnit(const Expr& expr) {
  return fmt::format("{} {} {}", quote(expr), expr.dimension.isNone() ? "has" : "is in",
                     describe(expr.dimension));
}

//===-- Nodes ------------------------------------------------------------------------------------===//

bool Typing::type(Expr& expr) {
  switch (expr.kind) {
  case ExprKind::Number: {
    double value = std::strtod(expr.text.c_str(), nullptr);
    if (value == std::numeric_limits<double>::infinity()) {
      return fail(Code::WrongValue, expr, fmt::format("{} is too large for a number", quote(expr)));
    }
    expr.flexible = value == 0.0;
    expr.constant = true;
    return true;
  }
  case ExprKind::Name:
    return typeName(expr);
  case ExprKind::Unit:
    return typeUnit(expr);
  case ExprKind::Negate:
    if (!typeArguments(expr)) {
      return false;
    }
    expr.dimension = expr.arguments[0]->dimension;
    expr.flexible = expr.arguments[0]->flexible;
    expr.constant = expr.arguments[0]->constant;
    return true;
  case ExprKind::Binary:
    return typeArguments(expr) && typeBinary(expr);
  case ExprKind::Compare:
    expr.boolean = true;
    if (!typeArguments(expr) || !unify(expr, 0)) {
      return false;
    }
    expr.dimension = {};
    expr.flexible = false;
    return true;
  case ExprKind::Not:
  case ExprKind::Logical:
    expr.boolean = true;
    if (!typeArguments(expr)) {
      return false;
    }
    for (const ExprPtr& argument : expr.arguments) {
      if (!argument->dimension.isNone()) {
        return fail(Code::Boolean, *argument,
                    fmt::format("{}, but '{}' takes comparisons or numbers without a unit",
                                withUnit(*argument), expr.text),
                    fmt::format("write a comparison, such as {} > 0", argument->written()));
      }
    }
    return true;
  case ExprKind::Call:
    return typeCall(expr);
  }
  return false;
}

bool Typing::typeArguments(Expr& expr) {
  bool ok = true;
  for (ExprPtr& argument : expr.arguments) {
    ok = type(*argument) && ok;
  }
  return ok;
}

bool Typing::needs(const Expr& expr, unsigned feature) {
  if (names.features() & feature) {
    return true;
  }
  return fail(Code::NotHere, expr, fmt::format("{} has no meaning in {}", quote(expr), names.place()));
}

bool Typing::count(const Expr& expr, size_t least, size_t most) {
  size_t given = expr.arguments.size();
  if (given >= least && given <= most) {
    return true;
  }
  std::string wanted = least == most ? std::to_string(least) : fmt::format("at least {}", least);
  return fail(
      Code::UnknownFunction, expr,
      fmt::format("'{}' takes {} argument{}, found {}", expr.text, wanted, least == 1 ? "" : "s", given));
}

bool Typing::typeName(Expr& expr) {
  if (std::optional<Quantity> quantity = names.find(expr.text, expr.span())) {
    expr.symbol = quantity->symbol;
    expr.owner = quantity->owner;
    expr.dimension = quantity->dimension;
    expr.flexible = quantity->flexible;
    return !quantity->broken;
  }
  if (expr.text == "t") {
    expr.dimension = findUnit("s")->dimension;
    return needs(expr, Names::Time);
  }
  if (expr.text == "dt") {
    expr.dimension = findUnit("s")->dimension;
    return true;
  }
  if (expr.text == "xi") {
    expr.dimension = *findUnit("s")->dimension.power(-1, 2);
    return needs(expr, Names::Noise);
  }
  if (expr.text == "i" || expr.text == "j") {
    return needs(expr, expr.text == "i" ? Names::Element | Names::Synapse : Names::Synapse);
  }
  if (expr.text == "fired" || expr.text == "true" || expr.text == "false") {
    expr.boolean = true;
    return expr.text != "fired" || needs(expr, Names::Fired);
  }
  if (expr.text == "payload") {
    expr.dimension = names.payload();
    return needs(expr, Names::Payload);
  }
  if (expr.text == "pi" || expr.text == "inf") {
    expr.flexible = expr.text == "inf";
    return true;
  }
  return typeUnit(expr);
}

bool Typing::typeUnit(Expr& expr) {
  if (std::optional<Unit> unit = findUnit(expr.text)) {
    expr.kind = ExprKind::Unit;
    expr.dimension = unit->dimension;
    expr.constant = true;
    return true;
  }
  bool onlyUnit = expr.kind == ExprKind::Unit;
  std::string near = onlyUnit ? "" : nearest(expr.text, names.known());
  return fail(
      Code::UnknownName, expr,
      onlyUnit ? fmt::format("expected a unit after the number, found {}", quote(expr))
               : fmt::format("{} is no quantity that {} can read, and no unit", quote(expr), names.place()),
      !near.empty() ? fmt::format("did you mean '{}'?", near)
      : onlyUnit    ? "a product is written with *"
                    : "");
}

bool Typing::unify(Expr& expr, size_t first) {
  const Expr* model = nullptr;
  for (size_t i = first; i < expr.arguments.size(); ++i) {
    const Expr& argument = *expr.arguments[i];
    if (argument.flexible) {
      continue;
    }
    if (model && model->dimension != argument.dimension) {
      std::string why = expr.kind == ExprKind::Call ? fmt::format("the values of '{}' must agree", expr.text)
                                                    : fmt::format("both sides of '{}' must agree", expr.text);
      diagnostics
          .error(Code::Dimension, argument.span(),
                 fmt::format("{}, but {}: {}", withUnit(argument), withUnit(*model), why))
          .note(model->span(), fmt::format("expected {} as here", describe(model->dimension)));
      return false;
    }
    model = model ? model : &argument;
  }
  expr.flexible = !model;
  expr.dimension = model ? model->dimension : Dimension{};
  return true;
}

bool Typing::typeBinary(Expr& expr) {
  const Expr& left = *expr.arguments[0];
  const Expr& right = *expr.arguments[1];
  expr.constant = left.constant && right.constant;
  if (expr.text == "+" || expr.text == "-") {
    return unify(expr, 0);
  }
  if (expr.text == "**") {
    return typePower(expr);
  }
  expr.dimension = expr.text == "*" ? left.dimension * right.dimension : left.dimension / right.dimension;
  return true;
}

bool Typing::typePower(Expr& expr) {
  const Expr& base = *expr.arguments[0];
  const Expr& exponent = *expr.arguments[1];
  if (!exponent.dimension.isNone()) {
    return fail(Code::Dimension, exponent,
                fmt::format("{}, but an exponent has no unit", withUnit(exponent)));
  }
  if (base.dimension.isNone()) {
    return true;
  }
  std::optional<double> power = constantValue(exponent);
  std::optional<Dimension> result;
  if (power && isWhole(*power * 2)) {
    result = base.dimension.power(static_cast<int>(*power * 2), 2);
  }
  if (!result) {
    return fail(Code::Dimension, exponent,
                fmt::format("{}, so its exponent must be a whole or half number, found {}", withUnit(base),
                            quote(exponent)));
  }
  expr.dimension = *result;
  return true;
}

//===-- Calls ------------------------------------------------------------------------------------===//

namespace {
/// How a built-in function treats dimensions.
enum class Shape { Plain, Keep, Root, Unify, Sign, Where, Random, Modulo };
struct Builtin {
  Shape shape;
  size_t least;
  size_t most;
};
} // namespace

static const std::map<std::string_view, Builtin>& builtins() {
  constexpr size_t any = 64;
  static const std::map<std::string_view, Builtin> table = {
      {"exp", {Shape::Plain, 1, 1}},      {"log", {Shape::Plain, 1, 1}},   {"sin", {Shape::Plain, 1, 1}},
      {"cos", {Shape::Plain, 1, 1}},      {"tan", {Shape::Plain, 1, 1}},   {"tanh", {Shape::Plain, 1, 1}},
      {"exprel", {Shape::Plain, 1, 1}},   {"int", {Shape::Plain, 1, 1}},   {"sqrt", {Shape::Root, 1, 1}},
      {"abs", {Shape::Keep, 1, 1}},       {"floor", {Shape::Plain, 1, 1}}, {"ceil", {Shape::Plain, 1, 1}},
      {"round", {Shape::Plain, 1, 1}},    {"sign", {Shape::Sign, 1, 1}},   {"min", {Shape::Unify, 2, any}},
      {"max", {Shape::Unify, 2, any}},    {"clip", {Shape::Unify, 3, 3}},  {"where", {Shape::Where, 3, 3}},
      {"mod", {Shape::Modulo, 2, 2}},     {"rand", {Shape::Random, 0, 0}}, {"randn", {Shape::Random, 0, 0}},
      {"poisson", {Shape::Random, 1, 1}},
  };
  return table;
}

bool Typing::typeCall(Expr& expr) {
  if (expr.text == "sum" || expr.text == "sum_in" || expr.text == "sum_out") {
    return typeReduction(expr);
  }
  if (expr.text == "ago") {
    return typeAgo(expr);
  }
  if (expr.text == "fired") {
    return typeFired(expr);
  }
  if (const Function* function = names.findFunction(expr.text)) {
    return expandFunction(expr, *function);
  }
  auto builtin = builtins().find(expr.text);
  if (builtin == builtins().end()) {
    std::vector<std::string> known = {"sum", "sum_in", "sum_out", "ago"};
    for (const auto& [name, shape] : builtins()) {
      known.emplace_back(name);
    }
    std::string near = nearest(expr.text, known);
    std::string help =
        near.empty() ? "define it under \"functions\"" : fmt::format("did you mean '{}'?", near);
    return fail(Code::UnknownFunction, expr, fmt::format("there is no function '{}'", expr.text), help);
  }
  auto [shape, least, most] = builtin->second;
  if (!count(expr, least, most) || !typeArguments(expr)) {
    return false;
  }
  if (shape == Shape::Random && !needs(expr, Names::Random)) {
    return false;
  }
  if (shape == Shape::Plain || shape == Shape::Random) {
    for (const ExprPtr& argument : expr.arguments) {
      if (!argument->dimension.isNone()) {
        return fail(Code::Dimension, *argument,
                    fmt::format("{}, but '{}' takes a number without a unit", withUnit(*argument), expr.text),
                    fmt::format("divide it by a unit or a quantity of its kind"));
      }
    }
    return true;
  }
  if (shape == Shape::Keep) {
    expr.dimension = expr.arguments[0]->dimension;
    return true;
  }
  if (shape == Shape::Root) {
    std::optional<Dimension> root = expr.arguments[0]->dimension.power(1, 2);
    expr.dimension = root.value_or(Dimension{});
    return root || fail(Code::Dimension, *expr.arguments[0],
                        fmt::format("{}, of which there is no square root", withUnit(*expr.arguments[0])));
  }
  if (shape == Shape::Where) {
    const Expr& condition = *expr.arguments[0];
    if (!condition.dimension.isNone()) {
      return fail(Code::Boolean, condition,
                  fmt::format("{}, but 'where' begins with a condition", withUnit(condition)));
    }
    expr.boolean = expr.arguments[1]->boolean && expr.arguments[2]->boolean;
    return unify(expr, 1);
  }
  return shape == Shape::Sign || unify(expr, 0);
}

bool Typing::typeReduction(Expr& expr) {
  if (!count(expr, 1, 1) || !needs(expr, Names::Reduce)) {
    return false;
  }
  Expr& name = *expr.arguments[0];
  std::optional<Quantity> found =
      name.kind == ExprKind::Name ? names.findReduced(name.text, name.span()) : std::nullopt;
  if (!found) {
    return fail(
        Code::UnknownName, name,
        fmt::format("'{}' takes a variable of a population or projection, found {}", expr.text, quote(name)),
        "write NAME.VARIABLE");
  }
  name.symbol = found->symbol;
  name.owner = found->owner;
  expr.dimension = found->dimension;
  return !found->broken;
}

bool Typing::typeAgo(Expr& expr) {
  if (!count(expr, 2, 2) || !needs(expr, Names::Ago) || !typeArguments(expr)) {
    return false;
  }
  const Expr& name = *expr.arguments[0];
  const Expr& lag = *expr.arguments[1];
  if (name.kind != ExprKind::Name || name.symbol.empty()) {
    return fail(Code::UnknownName, name, fmt::format("'ago' reads a quantity, found {}", quote(name)));
  }
  if (!constantValue(lag) || *constantValue(lag) < 0) {
    return fail(Code::WrongValue, lag,
                fmt::format("'ago' needs a constant time of 0 s or more, found {}", quote(lag)));
  }
  expr.dimension = name.dimension;
  return expectDimension(lag, findUnit("s")->dimension, "the lag of 'ago'", diagnostics);
}

bool Typing::typeFired(Expr& expr) {
  expr.boolean = true;
  if (!count(expr, 1, 1) || !needs(expr, Names::Fired)) {
    return false;
  }
  const Expr& name = *expr.arguments[0];
  return name.kind == ExprKind::Name || fail(Code::UnknownName, name, "'fired' takes the name of an event");
}

static void substitute(ExprPtr& expr, const std::map<std::string_view, const Expr*>& values) {
  if (auto value = expr->kind == ExprKind::Name ? values.find(expr->text) : values.end();
      value != values.end()) {
    expr = value->second->clone();
    return;
  }
  for (ExprPtr& argument : expr->arguments) {
    substitute(argument, values);
  }
}

bool Typing::expandFunction(Expr& expr, const Function& function) {
  // A function that calls itself would go on for ever.
  constexpr int limit = 256;
  if (++expansions > limit) {
    return fail(Code::Circular, expr, fmt::format("'{}' is expanded more than {} times", expr.text, limit),
                "functions may not call themselves");
  }
  if (!count(expr, function.parameters.size(), function.parameters.size())) {
    return false;
  }
  std::map<std::string_view, const Expr*> values;
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    values[function.parameters[i]] = expr.arguments[i].get();
  }
  ExprPtr body = function.body->clone();
  substitute(body, values);
  // What is not a function's argument has the meaning of the place of the call.
  std::swap(expr, *body);
  return type(expr);
}

bool nissl::import::typeExpression(Expr& expr, Names& names, DiagnosticList& diagnostics) {
  return Typing(names, diagnostics).type(expr);
}

bool nissl::import::expectDimension(const Expr& expr, const Dimension& expected, std::string_view what,
                                    DiagnosticList& diagnostics) {
  if (expr.flexible || expr.dimension == expected) {
    return true;
  }
  diagnostics.error(Code::Dimension, expr.span(),
                    fmt::format("{}, but {} needs {}", withUnit(expr), what, describe(expected)));
  return false;
}
