// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What equations mean. Every expected value is worked out by hand from the rules of arithmetic and the SI.
#include "tests/unit/import/Equations.h"

using namespace nissl::import;
using namespace nissl::import::test;

TEST_CASE("numbers with units are rounded once", "[import][equations]") {
  struct Case {
    const char* text;
    double value;
    const char* dimension;
  };
  auto c = GENERATE(values<Case>({
      {"0.1 ms", 1e-4, "s"},
      {"0.1*ms", 1e-4, "s"},
      {"-65 mV", -0.065, "m2 kg s-3 A-1"},
      {"0.02/ms", 20.0, "s-1"},
      {"0.2/ms*v", 200.0 * -0.065, "m2 kg s-4 A-1"},
      {"8 mV/ms", 8.0, "m2 kg s-4 A-1"},
      {"281 pF", 281e-12, "m-2 kg-1 s4 A2"},
      {"30 nS", 30e-9, "m-2 kg-1 s3 A2"},
      {"20 kHz", 2e4, "s-1"},
      {"10 Mohm", 1e7, "m2 kg s-3 A-2"},
      {"3 um**2", 3e-12, "m2"},
      {"1.5 second", 1.5, "s"},
      {"2e-3 V", 2e-3, "m2 kg s-3 A-1"},
      {"1 mM", 1.0, "m-3 mol"},
      {"2 kg", 2.0, "kg"},
      {"5 mg", 5e-6, "kg"},
      {"7 µA", 7e-6, "A"},
      {"1/(2 ms)", 500.0, "s-1"},
      {"1/2 ms", 500.0, "s-1"},
      {"5*x*mV/ms", 15.0, "m2 kg s-4 A-1"},
      {"x/(mV*ms)", 3e6, "m-2 kg-1 s2 A"},
      {"140 nS/7", 140e-9 / 7, "m-2 kg-1 s3 A2"},
      {"(1 + 2)*3 ms", 3 * 3e-3, "s"},
      {"1 uF/cm**2", 0.01, "m-4 kg-1 s4 A2"},
  }));
  INFO(c.text);
  Result result = calculate(c.text);
  CHECK(result.value == c.value);
  CHECK(result.dimension == c.dimension);
}

TEST_CASE("operators bind as in Python", "[import][equations]") {
  auto [text, value] = GENERATE(table<const char*, double>({
      {"1 + 2*3", 7},
      {"(1 + 2)*3", 9},
      {"2**3**2", 512},
      {"-2**2", -4},
      {"2**-1", 0.5},
      {"8/4/2", 1},
      {"7 - 4 - 2", 1},
      {"--x", 3},
      {"+x", 3},
      {"x**2", 9},
      {"y**3", -8},
      {"x**0", 1},
      {"x**0.5*x**0.5", 3},
      {"y**-2", 0.25},
      {"not x < y", 1},
      {"x > 0 and y > 0", 0},
      {"x > 0 or y > 0 and y > 0", 1},
      {"not 0 or 0", 1},
      {"(x == 3) + 1", 2},
      {"x != 3", 0},
      {"x >= 3 and x <= 3", 1},
  }));
  INFO(text);
  CHECK(calculate(text).value == Approx(value).margin(1e-12));
}

TEST_CASE("functions have their usual values", "[import][equations]") {
  auto [text, value] = GENERATE(table<const char*, double>({
      {"where(x > 2, 10, 20)", 10},
      {"where(y > 2, 10, 20)", 20},
      {"min(x, y, 5)", -2},
      {"max(x, y, 5)", 5},
      {"clip(x, 0, 1)", 1},
      {"clip(y, 0, 1)", 0},
      {"abs(y)", 2},
      {"floor(-0.5)", -1},
      {"ceil(0.2)", 1},
      {"int(-2.7)", -2},
      {"int(x > 0)", 1},
      {"round(2.5)", 3},
      {"round(-2.5)", -2},
      {"sign(y)", -1},
      {"sign(0)", 0},
      {"mod(-1, 3)", 2},
      {"exp(0)", 1},
      {"log(exp(2))", 2},
      {"sqrt(16)", 4},
      {"sin(0) + cos(0)", 1},
      {"tanh(0)", 0},
      {"exprel(0)", 1},
      {"exprel(1)", 1.718281828459045},
      {"exprel(1e-5)", 1.0000050000166667},
      {"exprel(-2)", 0.43233235838169365},
      {"post.y", 0.5},
      {"pi", 3.141592653589793},
  }));
  INFO(text);
  CHECK(calculate(text).value == Approx(value).epsilon(1e-12).margin(1e-15));
}

TEST_CASE("dimensions follow the operators", "[import][equations]") {
  auto [text, dimension] = GENERATE(table<const char*, const char*>({
      {"g*v", "A"},
      {"g*v + I", "A"},
      {"v/tau", "m2 kg s-4 A-1"},
      {"sqrt(v*v)", "m2 kg s-3 A-1"},
      {"tau**0.5*xi", "1"},
      {"v > 0", "1"},
      {"max(v, 0)", "m2 kg s-3 A-1"},
      {"where(x > 0, v, 0)", "m2 kg s-3 A-1"},
      {"abs(I)", "A"},
      {"sign(v)", "1"},
      {"mod(t, tau)", "s"},
      {"t/dt", "1"},
      {"0*mV", "m2 kg s-3 A-1"},
      {"(v*v)**(1/2)", "m2 kg s-3 A-1"},
  }));
  INFO(text);
  Scope scope;
  DiagnosticList diagnostics;
  ExprPtr expr = parseExpression(Text::unnamed(text), diagnostics);
  REQUIRE(expr);
  CHECK(typeExpression(*expr, scope, diagnostics));
  INFO(diagnostics.render());
  CHECK(expr->dimension.str() == dimension);
}

TEST_CASE("a quantity of the description comes before a unit of its name", "[import][equations]") {
  CHECK(calculate("m").value == 0.25);
  CHECK(calculate("4*m").value == 1.0);
  // Right after a number only a unit can stand.
  Result metres = calculate("4 m");
  CHECK(metres.value == 4.0);
  CHECK(metres.dimension == "m");
}

TEST_CASE("a function of the description is put in place of its call", "[import][equations]") {
  Scope scope;
  DiagnosticList diagnostics;
  scope.functions["hill"] = {{"a", "k"}, parseExpression(Text::unnamed("a**2/(a**2 + k**2)"), diagnostics)};
  scope.functions["twice"] = {{"a"}, parseExpression(Text::unnamed("a + a"), diagnostics)};
  CHECK(calculate("hill(x, 4)", std::move(scope)).value == 9.0 / 25.0);
}

TEST_CASE("statements are told apart", "[import][equations]") {
  auto [text, kind, name] = GENERATE(table<const char*, StatementKind, const char*>({
      {"dv/dt = -v/tau", StatementKind::Rate, "v"},
      {"ddend.v/dt = 0", StatementKind::Rate, "dend.v"},
      {"next(x) = x + 1", StatementKind::Next, "x"},
      {"x = 3", StatementKind::Assign, "x"},
      {"d = 3", StatementKind::Assign, "d"},
      {"x += 1", StatementKind::Assign, "x"},
      {"deliver(exc, 2)", StatementKind::Deliver, "exc"},
      {"restore(w)", StatementKind::Restore, "w"},
  }));
  INFO(text);
  DiagnosticList diagnostics;
  std::optional<Statement> statement = parseStatement(Text::unnamed(text), diagnostics);
  REQUIRE(statement);
  CHECK(statement->kind == kind);
  CHECK(statement->name == name);
}

TEST_CASE("x *= a + b multiplies by the sum", "[import][equations]") {
  DiagnosticList diagnostics;
  std::optional<Statement> statement = parseStatement(Text::unnamed("x *= 2 + y"), diagnostics);
  REQUIRE(statement);
  REQUIRE(statement->value->kind == ExprKind::Binary);
  CHECK(statement->value->text == "*");
  CHECK(statement->value->arguments[1]->text == "+");
}
