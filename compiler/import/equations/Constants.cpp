// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/equations/Constants.h"
#include "compiler/import/equations/Units.h"

#include <algorithm>
#include <cstdlib>

using namespace nissl::import;

namespace {

struct Monomial {
  std::string digits;
  int exponent = 0;
};

} // namespace

static Monomial monomialOf(const std::string& literal) {
  size_t e = literal.find_first_of("eE");
  // Far beyond what a double can hold, so that it is 0 or refused as infinite.
  constexpr long farthest = 100000;
  long written = e == std::string::npos ? 0 : std::strtol(literal.c_str() + e + 1, nullptr, 10);
  return {literal.substr(0, e), static_cast<int>(std::clamp(written, -farthest, farthest))};
}

static double valueOf(const Monomial& parts) {
  std::string decimal = (parts.digits.empty() ? "1" : parts.digits) + "e" + std::to_string(parts.exponent);
  return std::strtod(decimal.c_str(), nullptr);
}

double nissl::import::scaledLiteral(const std::string& literal, int exponent) {
  Monomial parts = monomialOf(literal);
  parts.exponent += exponent;
  return valueOf(parts);
}

static std::optional<Monomial> monomial(const Expr& expr) {
  if (!expr.constant) {
    return std::nullopt;
  }
  if (expr.kind == ExprKind::Number) {
    return monomialOf(expr.text);
  }
  if (expr.kind == ExprKind::Unit) {
    return Monomial{"", findUnit(expr.text)->exponent};
  }
  if (expr.kind != ExprKind::Binary || expr.text == "+" || expr.text == "-") {
    return std::nullopt;
  }
  std::optional<Monomial> left = monomial(*expr.arguments[0]);
  if (!left) {
    return std::nullopt;
  }
  if (expr.text == "**") {
    std::optional<double> power = constantValue(*expr.arguments[1]);
    bool isPlain = left->digits.empty() && power && isWhole(*power);
    return isPlain ? std::optional(Monomial{"", left->exponent * static_cast<int>(*power)}) : std::nullopt;
  }
  std::optional<Monomial> right = monomial(*expr.arguments[1]);
  if (!right || !(left->digits.empty() || right->digits.empty()) ||
      (expr.text == "/" && !right->digits.empty())) {
    return std::nullopt;
  }
  int exponent = left->exponent + (expr.text == "*" ? right->exponent : -right->exponent);
  return Monomial{left->digits + right->digits, exponent};
}

std::optional<int> nissl::import::unitExponent(const Expr& expr) {
  std::optional<Monomial> parts = monomial(expr);
  return parts && parts->digits.empty() ? std::optional(parts->exponent) : std::nullopt;
}

/// "170 nS/7": an operation on two constants.
static std::optional<double> constantOfOperation(const Expr& expr) {
  if (expr.kind != ExprKind::Binary || expr.text == "**") {
    return std::nullopt;
  }
  std::optional<double> left = constantValue(*expr.arguments[0]);
  std::optional<double> right = left ? constantValue(*expr.arguments[1]) : std::nullopt;
  if (!right) {
    return std::nullopt;
  }
  return expr.text == "+"   ? *left + *right
         : expr.text == "-" ? *left - *right
         : expr.text == "*" ? *left * *right
                            : *left / *right;
}

std::optional<double> nissl::import::constantValue(const Expr& expr) {
  if (!expr.constant) {
    return std::nullopt;
  }
  if (expr.kind == ExprKind::Negate) {
    std::optional<double> inner = constantValue(*expr.arguments[0]);
    return inner ? std::optional(-*inner) : std::nullopt;
  }
  std::optional<Monomial> parts = monomial(expr);
  return parts ? valueOf(*parts) : constantOfOperation(expr);
}
