// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Quotients and functions in fixed point against the same in double.
#include "tests/unit/transforms/FixedTwin.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>
#include <random>

using nissl::transforms::Interval;
using nissl::transforms::tests::FixedTwin;

namespace {

double exprel(double x) { return x == 0 ? 1 : std::expm1(x) / x; }

/// A program that writes what `body` makes of %x and %y to E.z.
std::string program(Interval x, Interval y, const std::string& body, const std::string& bounds = "") {
  return fmt::format(R"(
  step.program @p dt 1.0e-3 {{
    step.extent @E size 1
    step.input @E.x of @E : f64 {{bounds = [{:e}, {:e}]}}
    step.input @E.y of @E : f64 {{bounds = [{:e}, {:e}]}}
    step.state @E.z of @E : f64 {}
    step.map @E (%x = @E.x : f64, %y = @E.y : f64) {{
      {}
      step.yield @E.z = %z : f64
    }}
  }})",
                     x.low, x.high, y.low, y.high, bounds, body);
}

using Function = double (*)(double, double);

/// The numbers at random within the ranges, at their ends and close to 0.
void compare(Interval xs, Interval ys, const std::string& body, Function function, double relative,
             double absolute = 0) {
  FixedTwin twin(program(xs, ys, body));
  INFO(body << " with x from " << xs.low << " to " << xs.high << ", y from " << ys.low << " to " << ys.high);
  std::mt19937_64 random(7);
  auto draw = [&](Interval range, const char* name) {
    std::uniform_real_distribution<double> uniform(0, 1);
    double u = uniform(random);
    switch (random() % 8) {
    case 0:
      return twin.rounded(name, range.low);
    case 1:
      return twin.rounded(name, range.high);
    case 2: // of every size
      return twin.rounded(name, std::clamp((random() % 2 ? 1 : -1) * range.magnitude() * std::exp2(-40 * u),
                                           range.low, range.high));
    default:
      return twin.rounded(name, range.low + u * (range.high - range.low));
    }
  };
  double unit = twin.unit("E.z");
  for (int trial = 0; trial < 4000; ++trial) {
    FixedTwin::Numbers numbers = {{"E.x", draw(xs, "E.x")}, {"E.y", draw(ys, "E.y")}};
    double expected = function(numbers["E.x"], numbers["E.y"]);
    double found = twin.runFixed(numbers)["E.z"];
    INFO("x " << numbers["E.x"] << ", y " << numbers["E.y"] << ": " << expected << ", found " << found
              << ", unit " << unit);
    REQUIRE(std::abs(found - expected) <= relative * std::abs(expected) + absolute + 0.501 * unit);
  }
}

constexpr const char* quotient = "%z = arith.divf %x, %y : f64";

} // namespace

TEST_CASE("a quotient of variables is right to 27 bits or half a unit", "[transforms][fixed]") {
  auto divide = [](double x, double y) { return x / y; };
  compare({-1, 1}, {1, 2}, quotient, divide, 0x1p-27);
  compare({0, 1}, {0.001, 1}, quotient, divide, 0x1p-27);
  compare({-3e-10, 5e-10}, {-2e-9, -1e-11}, quotient, divide, 0x1p-27);
  compare({-1000, 2000}, {1, 1e6}, quotient, divide, 0x1p-27);
  compare({-7, -5}, {1e-3, 100}, quotient, divide, 0x1p-27);
  compare(
      {0, 1}, {0.25, 3}, "%c = arith.constant 5.0 : f64\n%z = arith.divf %c, %y : f64",
      [](double, double y) { return 5 / y; }, 0x1p-27);
}

TEST_CASE("a reciprocal that varies divides once", "[transforms][fixed]") {
  compare(
      {-1, 1}, {1, 1000},
      R"(%one = arith.constant 1.0 : f64
             %r = arith.divf %one, %y : f64
             %z = arith.mulf %r, %x : f64)",
      [](double x, double y) { return x / y; }, 0x1p-27);
}

TEST_CASE("an exponential is right to 27 bits or half a unit", "[transforms][fixed]") {
  auto function = [](double x, double) { return std::exp(x); };
  for (Interval range : {Interval{-1, 1}, {-20, 0}, {-0.001, 0.001}, {-5, 12}, {-1000, 3}, {3, 18}}) {
    // The argument's last bit weighs as much as the largest result.
    compare(range, {0, 1}, "%z = math.exp %x : f64", function, 0x1p-27);
  }
}

TEST_CASE("a hyperbolic tangent is right to 2^-29", "[transforms][fixed]") {
  auto function = [](double x, double) { return std::tanh(x); };
  for (Interval range : {Interval{-1, 1}, {0, 8}, {-30, 0}, {-300, 300}, {0.1, 0.2}}) {
    compare(range, {0, 1}, "%z = math.tanh %x : f64", function, 0, 0x1p-29);
  }
}

TEST_CASE("a logistic function needs no exponential of its range", "[transforms][fixed]") {
  // exp(60) would leave no bit to the rest.
  compare(
      {-60, 60}, {0.5, 1},
      R"(%one = arith.constant 1.0 : f64
             %e = math.exp %x : f64
             %d = arith.addf %one, %e : f64
             %z = arith.divf %y, %d : f64)",
      [](double x, double y) { return y / (1 + std::exp(x)); }, 0, 0x1p-29);
}

TEST_CASE("(exp(x) - 1) / x and its inverse have no hole at 0", "[transforms][fixed]") {
  constexpr const char* written = R"(
      %one = arith.constant 1.0 : f64
      %six = arith.constant 6.0 : f64
      %half = arith.constant 0.5 : f64
      %small = arith.constant 1.0e-4 : f64
      %e = math.exp %x : f64
      %above = arith.subf %e, %one : f64
      %q = arith.divf %above, %x : f64
      %sixth = arith.divf %x, %six : f64
      %rise = arith.addf %half, %sixth : f64
      %product = arith.mulf %x, %rise : f64
      %series = arith.addf %one, %product : f64
      %size = math.absf %x : f64
      %near = arith.cmpf olt, %size, %small : f64
      %r = arith.select %near, %series, %q : f64
)";
  std::string plain = std::string(written) + "%z = arith.mulf %r, %y : f64";
  std::string inverse = std::string(written) + "%z = arith.divf %y, %r : f64";
  for (Interval range : {Interval{-1, 1}, {-20, 0}, {-0.3, 0.3}, {-10, 8}, {0, 5}}) {
    // exp(x) has the format of its largest value.
    double room = 0x1p-26 * std::exp(std::max(range.high, 0.0));
    compare(range, {0.5, 1}, plain, [](double x, double y) { return y * exprel(x); }, room);
    compare(range, {0.5, 1}, inverse, [](double x, double y) { return y / exprel(x); }, 0x1p-25, 0x1p-28);
  }
}

TEST_CASE("expm1 keeps small arguments", "[transforms][fixed]") {
  compare(
      {-0.01, 0.01}, {0, 1}, "%z = math.expm1 %x : f64", [](double x, double) { return std::expm1(x); },
      0x1p-27);
  // Its factor exprel(x) has the format of exprel(2).
  compare(
      {-20, 2}, {0, 1}, "%z = math.expm1 %x : f64", [](double x, double) { return std::expm1(x); }, 0x1p-27,
      10 * 0x1p-28);
}

TEST_CASE("a divisor that may be 0 is refused with its range", "[transforms][fixed]") {
  try {
    FixedTwin twin(program({-1, 1}, {-1, 2},
                           R"(%q = arith.divf %x, %y : f64
                              %z = math.floor %q : f64)",
                           "{bounds = [-10.0, 10.0]}"));
    FAIL("accepted");
  } catch (const std::runtime_error& error) {
    CHECK_THAT(error.what(), Catch::Contains("divides by what may be 0, from -1 to 2"));
  }
}

TEST_CASE("a quotient that is only stored saturates where its divisor passes 0", "[transforms][fixed]") {
  FixedTwin twin(program({-1, 1}, {-1, 2}, quotient, "{bounds = [-10.0, 10.0]}"));
  auto look = [&](double x, double y) { return twin.runFixed({{"E.x", x}, {"E.y", y}})["E.z"]; };
  CHECK(look(0.5, 0.25) == Approx(2).margin(1e-7));
  CHECK(look(0.5, -0.25) == Approx(-2).margin(1e-7));
  CHECK(look(0.5, 0) >= 10);
  CHECK(look(-0.5, 0) <= -10);
  CHECK(look(0.5, 1e-6) >= 10);
  CHECK(look(0, 0) == 0);
}

TEST_CASE("an exponential that crosses a threshold leaves bits to the rest", "[transforms][fixed]") {
  // exp(200 x) reaches e^40; the state ends at 1, and the reset is at 0.2.
  FixedTwin twin(R"(
  step.program @p dt 1.0e-3 {
    step.extent @E size 1
    step.state @E.v of @E : f64 {bounds = [-1.0, 0.5]}
    step.events @E.spike of @E
    step.map @E (%v = @E.v : f64) {
      %steep = arith.constant 80.0 : f64
      %small = arith.constant 1.0e-3 : f64
      %zero = arith.constant 0.0 : f64
      %reset = arith.constant -0.5 : f64
      %x = arith.mulf %v, %steep : f64
      %e = math.exp %x : f64
      %p = arith.mulf %e, %small : f64
      %v1 = arith.addf %v, %p : f64
      %f = arith.cmpf ogt, %v1, %zero : f64
      %v2 = arith.select %f, %reset, %v1 : f64
      step.yield @E.v = %v2 : f64, event @E.spike if %f : i1
    }
  })");
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-1, 0.5);
  for (int trial = 0; trial < 5000; ++trial) {
    double v = twin.rounded("E.v", uniform(random));
    double next = v + std::exp(80 * v) * 1e-3;
    FixedTwin::Numbers found = twin.runFixed({{"E.v", v}});
    INFO(v << ": " << next << ", found " << found["E.v"]);
    if (std::abs(next) > 1e-7) {
      CHECK((found["E.spike"] != 0) == (next > 0));
      CHECK(found["E.v"] == Approx(next > 0 ? -0.5 : next).margin(1e-8));
    }
  }
}
