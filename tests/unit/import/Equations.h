// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A scope of quantities with values, and what an equation in it gives.
#pragma once

#include "compiler/import/equations/Emitter.h"
#include "compiler/import/equations/Parser.h"
#include "compiler/import/equations/Typing.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace nissl::import::test {

/// x, y: no unit; v: volts; g: siemens; tau: seconds; I: amperes.
class Scope final : public Names {
public:
  std::map<std::string, std::pair<double, std::string>, std::less<>> values = {
      {"x", {3.0, "1"}},
      {"y", {-2.0, "1"}},
      {"v", {-0.065, "m2 kg s-3 A-1"}},
      {"tau", {0.02, "s"}},
      {"g", {1e-8, "m-2 kg-1 s3 A2"}},
      {"I", {1e-9, "A"}},
      {"post.y", {0.5, "1"}},
      {"m", {0.25, "1"}},
  };
  unsigned allowed = ~Names::Synapse;

  std::optional<Quantity> find(std::string_view name, const Span&) override {
    auto found = values.find(name);
    if (found == values.end()) {
      return std::nullopt;
    }
    return Quantity{
        .symbol = found->first, .owner = "", .dimension = *neuro::Dimension::parse(found->second.second)};
  }
  std::optional<Quantity> findReduced(std::string_view, const Span&) override { return std::nullopt; }
  const Function* findFunction(std::string_view name) const override {
    auto found = functions.find(std::string(name));
    return found == functions.end() ? nullptr : &found->second;
  }
  std::vector<std::string> known() const override {
    std::vector<std::string> names;
    for (const auto& [name, value] : values) {
      names.push_back(name);
    }
    return names;
  }
  unsigned features() const override { return allowed; }
  std::string place() const override { return "this equation"; }

  std::map<std::string, Function> functions;
};

/// What the SSA value is: a naive interpreter of the ops that the emitter writes.
inline double evaluate(mlir::Value value, const Scope& scope) {
  using namespace mlir;
  Operation* op = value.getDefiningOp();
  auto in = [&](unsigned i) { return evaluate(op->getOperand(i), scope); };
  StringRef name = op->getName().getStringRef();
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (auto number = dyn_cast<FloatAttr>(constant.getValue())) {
      return number.getValueAsDouble();
    }
    return cast<IntegerAttr>(constant.getValue()).getValue().getBoolValue();
  }
  if (auto get = dyn_cast<neuro::GetOp>(op)) {
    return scope.values.find(get.getName().getLeafReference().getValue().str())->second.first;
  }
  if (auto compare = dyn_cast<arith::CmpFOp>(op)) {
    double a = in(0), b = in(1);
    switch (compare.getPredicate()) {
    case arith::CmpFPredicate::OLT:
      return a < b;
    case arith::CmpFPredicate::OLE:
      return a <= b;
    case arith::CmpFPredicate::OGT:
      return a > b;
    case arith::CmpFPredicate::OGE:
      return a >= b;
    case arith::CmpFPredicate::OEQ:
      return a == b;
    default:
      return a != b;
    }
  }
  if (isa<arith::SelectOp>(op)) {
    return in(0) != 0.0 ? in(1) : in(2);
  }
  static const std::map<std::string, double (*)(double, double)> binary = {
      {"arith.addf", [](double a, double b) { return a + b; }},
      {"arith.subf", [](double a, double b) { return a - b; }},
      {"arith.mulf", [](double a, double b) { return a * b; }},
      {"arith.divf", [](double a, double b) { return a / b; }},
      {"arith.minimumf", [](double a, double b) { return std::fmin(a, b); }},
      {"arith.maximumf", [](double a, double b) { return std::fmax(a, b); }},
      {"math.powf", [](double a, double b) { return std::pow(a, b); }},
      {"arith.andi", [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; }},
      {"arith.ori", [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; }},
      {"arith.xori", [](double a, double b) { return a != b ? 1.0 : 0.0; }},
  };
  static const std::map<std::string, double (*)(double)> unary = {
      {"arith.negf", [](double a) { return -a; }},
      {"arith.uitofp", [](double a) { return a; }},
      {"math.exp", [](double a) { return std::exp(a); }},
      {"math.log", [](double a) { return std::log(a); }},
      {"math.sqrt", [](double a) { return std::sqrt(a); }},
      {"math.sin", [](double a) { return std::sin(a); }},
      {"math.cos", [](double a) { return std::cos(a); }},
      {"math.tan", [](double a) { return std::tan(a); }},
      {"math.tanh", [](double a) { return std::tanh(a); }},
      {"math.absf", [](double a) { return std::fabs(a); }},
      {"math.floor", [](double a) { return std::floor(a); }},
      {"math.ceil", [](double a) { return std::ceil(a); }},
      {"math.trunc", [](double a) { return std::trunc(a); }},
  };
  if (auto apply = binary.find(name.str()); apply != binary.end()) {
    return apply->second(in(0), in(1));
  }
  auto apply = unary.find(name.str());
  INFO("no meaning for " << name.str());
  REQUIRE(apply != unary.end());
  return apply->second(in(0));
}

struct Result {
  double value;
  std::string dimension;
};

/// The value and dimension of an equation, which must be right.
inline Result calculate(const std::string& text, Scope scope = {}) {
  DiagnosticList diagnostics;
  ExprPtr expr = parseExpression(Text::unnamed(text), diagnostics);
  bool typed = expr && typeExpression(*expr, scope, diagnostics);
  INFO(diagnostics.render());
  REQUIRE(typed);
  mlir::MLIRContext context;
  context.loadDialect<neuro::NeuroDialect, mlir::arith::ArithDialect, mlir::math::MathDialect>();
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
  mlir::OpBuilder builder(module->getBodyRegion());
  int64_t nextPlace = 0;
  mlir::Value value = Emitter(builder, nextPlace, false).number(*expr);
  return {evaluate(value, scope), expr->dimension.str()};
}

/// The messages about a wrong equation.
inline std::string complaint(const std::string& text, Scope scope = {}) {
  DiagnosticList diagnostics;
  ExprPtr expr = parseExpression(Text::unnamed(text), diagnostics);
  bool typed = expr && typeExpression(*expr, scope, diagnostics);
  CHECK_FALSE(typed);
  return diagnostics.render();
}

} // namespace nissl::import::test
