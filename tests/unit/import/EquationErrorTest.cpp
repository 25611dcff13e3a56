// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is said about wrong equations, and where.
#include "tests/unit/import/Equations.h"

using namespace nissl::import;
using namespace nissl::import::test;

TEST_CASE("a wrong equation is underlined where it is wrong", "[import][equations]") {
  struct Case {
    const char* text;
    const char* message;
    const char* underline; ///< the caret line below the text
  };
  auto c = GENERATE(values<Case>({
      {"v + x", "'x' has no unit, but 'v' is in V: both sides of '+' must agree", "        ^\n"},
      {"v - 5", "'5' has no unit, but 'v' is in V", "        ^\n"},
      {"(I + g)*v", "'g' is in S, but 'I' is in A", "         ^\n"},
      {"exp(v)", "'v' is in V, but 'exp' takes a number without a unit", "        ^\n"},
      {"v > 30", "'30' has no unit, but 'v' is in V: both sides of '>' must agree", "        ^~\n"},
      {"where(v, 1, 2)", "'v' is in V, but 'where' begins with a condition", "          ^\n"},
      {"min(v, x)", "'x' has no unit, but 'v' is in V: the values of 'min' must agree", "           ^\n"},
      {"v**x", "so its exponent must be a whole or half number", "       ^\n"},
      {"x**v", "an exponent has no unit", "       ^\n"},
      {"not v", "'not' takes comparisons or numbers without a unit", "        ^\n"},
      {"vv + 1", "error[NS0102]: 'vv' is no quantity that this equation can read, and no unit", "    ^~\n"},
      {"5 mw", "expected a unit after the number, found 'mw'", "      ^~\n"},
      {"ex(1)", "error[NS0103]: there is no function 'ex'", "    ^~~~~\n"},
      {"exp(1, 2)", "'exp' takes 1 argument, found 2", "    ^~~~~~~~~\n"},
      {"i + j", "error[NS0106]: 'j' has no meaning in this equation", "        ^\n"},
      {"x + ", "expected a number, a name or '(', found the end", "        ^\n"},
      {"(x", "expected ')' after the expression in parentheses, found the end", "      ^\n"},
      {"x y", "expected an operator or the end, found 'y'", "      ^\n"},
      {"x ^ 2", "'^' has no meaning in an equation", "      ^\n"},
      {"1 < x < 2", "comparisons do not chain", "          ^\n"},
      {"x = 2", "expected an operator or the end, found '='", "      ^\n"},
      {"1e999", "too large for a number", "    ^~~~~\n"},
      {"ago(x, y)", "'ago' needs a constant time", "           ^\n"},
      {"sum(x)", "takes a variable of a population or projection", "        ^\n"},
  }));
  INFO(c.text);
  std::string text = complaint(c.text);
  CHECK_THAT(text, Catch::Contains(c.message));
  CHECK_THAT(text, Catch::Contains(std::string("  1 | ") + c.text + "\n    | " + (c.underline + 4)));
}

TEST_CASE("a misspelt name is met with the nearest one", "[import][equations]") {
  CHECK_THAT(complaint("taw"), Catch::Contains("did you mean 'tau'?"));
  CHECK_THAT(complaint("sqr(x)"), Catch::Contains("did you mean 'sqrt'?"));
}

TEST_CASE("what stands only in some equations is refused in others", "[import][equations]") {
  auto text = GENERATE("t", "i", "rand()", "randn()", "xi", "fired", "payload", "ago(x, 1 ms)", "poisson(2)");
  Scope scope;
  scope.allowed = 0;
  CHECK_THAT(complaint(text, std::move(scope)), Catch::Contains("NS0106"));
}

TEST_CASE("a function that calls itself is refused", "[import][equations]") {
  Scope scope;
  DiagnosticList diagnostics;
  scope.functions["f"] = {{"a"}, parseExpression(Text::unnamed("f(a)"), diagnostics)};
  CHECK_THAT(complaint("f(x)", std::move(scope)), Catch::Contains("functions may not call themselves"));
}

TEST_CASE("a very deep or long equation is refused and not followed", "[import][equations]") {
  std::string deep = std::string(100000, '(') + "x" + std::string(100000, ')');
  CHECK_THAT(complaint(deep), Catch::Contains("nested too deeply") || Catch::Contains("too long"));
  std::string negative = std::string(3000, '-') + "x";
  CHECK_THAT(complaint(negative), Catch::Contains("nested too deeply"));
  std::string longSum = "x";
  for (int i = 0; i < 100000; ++i) {
    longSum += "+x";
  }
  CHECK_THAT(complaint(longSum), Catch::Contains("too long"));
}
