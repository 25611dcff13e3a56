// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// step-to-fixed: ranges hold for every run, and the integer program computes what the float program does.
#include "tests/unit/transforms/FixedTwin.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>
#include <random>

using nissl::transforms::Form;
using nissl::transforms::Interval;
using nissl::transforms::tests::FixedTwin;

namespace {

using Random = std::mt19937_64;

double within(Random& random, Interval range) {
  // The ends are where bounds break.
  switch (random() % 4) {
  case 0:
    return range.low;
  case 1:
    return range.high;
  default:
    return std::uniform_real_distribution<double>(range.low, std::nextafter(range.high, HUGE_VAL))(random);
  }
}

constexpr const char* lif = R"(
  step.program @lif dt 1.0e-4 {
    step.extent @E size 10
    step.input @E.I of @E : f64 {bounds = [-2.0, 30.0]}
    step.state @E.v of @E : f64
    step.state @E.g of @E : f64
    step.state @E.k of @E : f64
    step.state @E.ref of @E : i32
    step.events @E.spike of @E
    step.setup {
      step.map @E () {
        %u = step.random uniform stream "E.v" draw 0 : f64
        %a = arith.constant 10.0 : f64
        %b = arith.constant -60.0 : f64
        %c = arith.mulf %u, %a : f64
        %v = arith.addf %c, %b : f64
        %k0 = arith.constant 0.004 : f64
        %k1 = arith.mulf %u, %k0 : f64
        %k = arith.addf %k1, %k0 : f64
        step.yield @E.v = %v : f64, @E.k = %k : f64
      }
    }
    step.map @E (%v = @E.v : f64, %g = @E.g : f64, %k = @E.k : f64, %ref = @E.ref : i32, %in = @E.I : f64) {
      %decay = arith.constant 0.98 : f64
      %g0 = arith.mulf %g, %decay : f64
      %g1 = arith.addf %g0, %in : f64
      %el = arith.constant -49.0 : f64
      %d0 = arith.subf %el, %v : f64
      %d1 = arith.addf %d0, %g : f64
      %d2 = arith.mulf %d1, %k : f64
      %v1 = arith.addf %v, %d2 : f64
      %zero = arith.constant 0 : i32
      %one = arith.constant 1 : i32
      %act = arith.cmpi sle, %ref, %zero : i32
      %v2 = arith.select %act, %v1, %v : f64
      %vth = arith.constant -50.0 : f64
      %over = arith.cmpf ogt, %v2, %vth : f64
      %f = arith.andi %over, %act : i1
      %vr = arith.constant -60.0 : f64
      %v3 = arith.select %f, %vr, %v2 : f64
      %less = arith.subi %ref, %one : i32
      %left = arith.select %act, %zero, %less : i32
      %hold = arith.constant 50 : i32
      %ref1 = arith.select %f, %hold, %left : i32
      step.yield @E.v = %v3 : f64, @E.g = %g1 : f64, @E.ref = %ref1 : i32, event @E.spike if %f : i1
    }
  })";

/// Izhikevich 2003, one Euler step of 1 ms (science.md T1's equations), with declared bounds.
constexpr const char* izhikevich = R"(
  step.program @izhikevich dt 1.0e-3 {
    step.extent @E size 10
    step.input @E.I of @E : f64 {bounds = [-20.0, 20.0]}
    step.state @E.v of @E : f64 {bounds = [-120.0, 30.0]}
    step.state @E.u of @E : f64 {bounds = [-40.0, 60.0]}
    step.events @E.spike of @E
    step.map @E (%v = @E.v : f64, %u = @E.u : f64, %in = @E.I : f64) {
      %c2 = arith.constant 0.04 : f64
      %c1 = arith.constant 5.0 : f64
      %c0 = arith.constant 140.0 : f64
      %two = arith.constant 2.0 : f64
      %square = math.powf %v, %two : f64
      %quadratic = arith.mulf %square, %c2 : f64
      %linear = arith.mulf %v, %c1 : f64
      %s0 = arith.addf %quadratic, %linear : f64
      %s1 = arith.addf %s0, %c0 : f64
      %s2 = arith.subf %s1, %u : f64
      %dv = arith.addf %s2, %in : f64
      %v1 = arith.addf %v, %dv : f64
      %a = arith.constant 0.02 : f64
      %b = arith.constant 0.2 : f64
      %bv = arith.mulf %b, %v : f64
      %rest = arith.subf %bv, %u : f64
      %du = arith.mulf %a, %rest : f64
      %u1 = arith.addf %u, %du : f64
      %peak = arith.constant 30.0 : f64
      %f = arith.cmpf oge, %v1, %peak : f64
      %c = arith.constant -65.0 : f64
      %d = arith.constant 8.0 : f64
      %ud = arith.addf %u1, %d : f64
      %v2 = arith.select %f, %c, %v1 : f64
      %u2 = arith.select %f, %ud, %u1 : f64
      step.yield @E.v = %v2 : f64, @E.u = %u2 : f64, event @E.spike if %f : i1
    }
  })";

/// Every op that has a fixed-point form and is not continuous or reads an array.
constexpr const char* oddments = R"(
  step.program @oddments dt 1.0e-3 {
    step.extent @E size 10
    step.array @tau = dense<[0.125, -0.75, 3.0]> : tensor<3xf64>
    step.input @E.I of @E : f64 {bounds = [-7.0, 9.0]}
    step.state @E.down of @E : f64
    step.state @E.up of @E : f64
    step.state @E.near of @E : f64
    step.state @E.zero of @E : i32
    step.state @E.table of @E : f64
    step.state @E.third of @E : f64
    step.state @E.sum of @E : f64
    step.state @E.random of @E : f64
    step.map @E (%x = @E.I : f64, %n = @E.zero : i32) {
      %a = math.floor %x : f64
      %b = math.ceil %x : f64
      %c = math.roundeven %x : f64
      %d = arith.fptosi %x : f64 to i32
      %e = step.lookup @tau[%d] : i32 -> f64
      %three = arith.constant 3.0 : f64
      %f = arith.divf %x, %three : f64
      %m = arith.sitofp %d : i32 to f64
      %g = math.fma %m, %e, %f : f64
      %h = step.random uniform stream "E.r" draw 5 : f64
      step.yield @E.down = %a : f64, @E.up = %b : f64, @E.near = %c : f64, @E.zero = %d : i32,
                 @E.table = %e : f64, @E.third = %f : f64, @E.sum = %g : f64, @E.random = %h : f64
    }
  })";

/// The states of a twin's program after a free run of the float program with inputs at their worst stay
/// within the ranges of the analysis.
void checkFreeRun(FixedTwin& twin, const std::vector<std::string>& states,
                  const std::vector<std::string>& inputs, FixedTwin::Numbers start, unsigned seed) {
  Random random(seed);
  FixedTwin::Numbers numbers = start;
  for (int step = 0; step < 20000; ++step) {
    // Long stretches of one extreme are what drives a decay to its limit.
    if (step % 500 == 0) {
      for (const std::string& input : inputs) {
        numbers[input] = within(random, twin.range(input));
      }
    }
    FixedTwin::Numbers next = twin.runFloat(numbers, step);
    for (const std::string& state : states) {
      Interval range = twin.range(state);
      INFO(state << " = " << next[state] << " in step " << step << ", range " << range.low << " to "
                 << range.high);
      REQUIRE(next[state] >= range.low);
      REQUIRE(next[state] <= range.high);
      numbers[state] = next[state];
    }
  }
}

/// One step from random points of the ranges: the results differ by at most `units` of their formats, except
/// where a comparison fell out otherwise, which is rare.
void checkTeacherForced(FixedTwin& twin, const std::vector<std::string>& reads, const std::string& event,
                        const std::map<std::string, double>& units) {
  Random random(3);
  int differ = 0;
  constexpr int trials = 20000;
  for (int trial = 0; trial < trials; ++trial) {
    FixedTwin::Numbers numbers;
    for (const std::string& name : reads) {
      numbers[name] = twin.rounded(name, within(random, twin.range(name)));
    }
    FixedTwin::Numbers expected = twin.runFloat(numbers, trial), found = twin.runFixed(numbers, trial);
    if (!event.empty() && expected[event] != found[event]) {
      ++differ;
      continue;
    }
    for (const auto& [name, most] : units) {
      INFO(name << " is " << expected[name] << " in floats, " << found[name] << " in fixed point");
      CHECK(std::abs(expected[name] - found[name]) <= most * twin.unit(name));
    }
  }
  CHECK(differ < trials / 500);
}

} // namespace

TEST_CASE("a leaky cell's ranges are proven and hold, and its integer body follows the float body",
          "[transforms][fixed]") {
  FixedTwin twin(lif);
  // The reset and the threshold bound v from above; g is at most 30 / (1 - 0.98) = 1500, and the analysis may
  // exceed a limit by its last widening.
  CHECK(twin.range("E.v").high == Approx(-50).margin(1e-6));
  CHECK(twin.range("E.g").high >= 1500 * (1 - 1e-12));
  CHECK(twin.range("E.g").high < 1.25 * 1500);
  CHECK(twin.range("E.ref") == Interval{0, 50});
  checkFreeRun(twin, {"E.v", "E.g", "E.ref"}, {"E.I"},
               {{"E.v", -55}, {"E.g", 0}, {"E.k", 0.008}, {"E.ref", 0}}, 1);
  // g is stored with 20 bits; v is finer and so sees g's rounding, k * 2^-21, and its own products'.
  checkTeacherForced(twin, {"E.v", "E.g", "E.k", "E.ref", "E.I"}, "E.spike",
                     {{"E.g", 2}, {"E.v", 40}, {"E.ref", 0}});
}

TEST_CASE("a quadratic cell saturates at its declared bounds and else follows the float body",
          "[transforms][fixed]") {
  FixedTwin twin(izhikevich);
  Random random(9);
  for (int trial = 0; trial < 20000; ++trial) {
    FixedTwin::Numbers numbers;
    for (std::string name : {"E.v", "E.u", "E.I"}) {
      numbers[name] = twin.rounded(name, within(random, twin.range(name)));
    }
    FixedTwin::Numbers expected = twin.runFloat(numbers), found = twin.runFixed(numbers);
    if (expected["E.spike"] != found["E.spike"]) {
      continue;
    }
    double v = std::clamp(expected["E.v"], twin.range("E.v").low, twin.range("E.v").high);
    INFO("v " << numbers["E.v"] << " u " << numbers["E.u"] << " gives " << v << ", found " << found["E.v"]);
    CHECK(std::abs(v - found["E.v"]) < 1e-5);
    CHECK(std::abs(std::clamp(expected["E.u"], twin.range("E.u").low, twin.range("E.u").high) -
                   found["E.u"]) < 1e-6);
  }
}

TEST_CASE("rounding, tables, quotients and draws have the float program's values", "[transforms][fixed]") {
  FixedTwin twin(oddments);
  checkTeacherForced(twin, {"E.I", "E.zero"}, "",
                     {{"E.down", 0},
                      {"E.up", 0},
                      {"E.near", 0},
                      {"E.zero", 0},
                      {"E.table", 0},
                      {"E.third", 1},
                      {"E.sum", 2},
                      {"E.random", 8}});
}

TEST_CASE("a time constant per cell becomes a factor that the setup computes", "[transforms][fixed]") {
  FixedTwin twin(R"(
  step.program @p dt 1.0e-3 {
    step.extent @E size 10
    step.input @E.I of @E : f64 {bounds = [-1.0, 1.0]}
    step.state @E.tau of @E : f64
    step.state @E.v of @E : f64
    step.setup {
      step.map @E () {
        %u = step.random uniform stream "E.tau" draw 0 : f64
        %low = arith.constant 0.01 : f64
        %tau = arith.addf %u, %low : f64
        step.yield @E.tau = %tau : f64
      }
    }
    step.map @E (%v = @E.v : f64, %tau = @E.tau : f64, %i = @E.I : f64) {
      %dt = arith.constant 1.0e-3 : f64
      %rest = arith.subf %i, %v : f64
      %slope = arith.divf %rest, %tau : f64
      %change = arith.mulf %slope, %dt : f64
      %v1 = arith.addf %v, %change : f64
      step.yield @E.v = %v1 : f64
    }
  })");
  // v relaxes to an input in [-1, 1]: dt / tau lies in (0, 0.1].
  CHECK(twin.range("E.v").low >= -1.01);
  CHECK(twin.range("E.v").high <= 1.01);
  CHECK(twin.range("E.v").contains({-1, 1}));
}

TEST_CASE("a range is that of the polynomial, not of its terms", "[transforms][fixed]") {
  Form x = Form::variable(0), y = Form::variable(1);
  std::vector<Interval> ranges = {{-1, 2}, {0.25, 0.5}};
  CHECK((x + x.scaled(-1)).range(ranges) == Interval{0, 0});
  // x + y (1 - x) lies between x and 1: from -1 + 0.25 * 2 to 2 - 0.25.
  Form relaxed = x + y * (Form::constant(1) + x.scaled(-1));
  CHECK(relaxed.range(ranges) == Interval{-0.5, 1.75});
  // x^2 - x has its least value at 1/2.
  CHECK((x * x + x.scaled(-1)).range(ranges) == Interval{-0.25, 2});
}

namespace {

/// A body of random ops; each of its values is written to a state of its own.
std::string randomProgram(unsigned seed, bool continuousOnly) {
  Random random(seed);
  std::string states, body, writes;
  std::vector<std::string> values = {"%s", "%i", "%p"};
  auto any = [&] { return values[random() % values.size()]; };
  auto constant = [&](int index) {
    double number = std::uniform_real_distribution<double>(-3, 3)(random);
    body += fmt::format("      %c{} = arith.constant {:.17e} : f64\n", index, number);
    return fmt::format("%c{}", index);
  };
  constexpr int count = 12;
  for (int n = 0; n < count; ++n) {
    std::string name = fmt::format("%x{}", n), a = any(), b = random() % 3 ? any() : constant(n);
    switch (random() % (continuousOnly ? 6 : 8)) {
    case 0:
      body += fmt::format("      {} = arith.addf {}, {} : f64\n", name, a, b);
      break;
    case 1:
      body += fmt::format("      {} = arith.subf {}, {} : f64\n", name, a, b);
      break;
    case 2:
      body += fmt::format("      {} = arith.mulf {}, {} : f64\n", name, a, b);
      break;
    case 3:
      body += fmt::format("      {} = arith.maximumf {}, {} : f64\n", name, a, b);
      break;
    case 4:
      body += fmt::format("      {} = arith.minimumf {}, {} : f64\n", name, a, b);
      break;
    case 5:
      body += fmt::format("      {} = math.absf {} : f64\n", name, a);
      break;
    case 6:
      body +=
          fmt::format("      %f{} = arith.cmpf {}, {}, {} : f64\n", n, random() % 2 ? "ogt" : "ole", a, b);
      body += fmt::format("      {} = arith.select %f{}, {}, {} : f64\n", name, n, any(), a);
      break;
    case 7:
      body += fmt::format("      {} = math.floor {} : f64\n", name, a);
      break;
    }
    values.push_back(name);
    states += fmt::format("    step.state @E.x{} of @E : f64\n", n);
    writes += fmt::format(", @E.x{} = {} : f64", n, name);
  }
  return fmt::format(R"(
  step.program @random dt 1.0e-3 {{
    step.extent @E size 1
    step.input @E.i of @E : f64 {{bounds = [-2.0, 3.0]}}
    step.input @E.p of @E : f64 {{bounds = [0.25, 0.5]}}
    step.state @E.s of @E : f64
{}    step.map @E (%s = @E.s : f64, %i = @E.i : f64, %p = @E.p : f64) {{
{}      %low = arith.constant -5.0 : f64
      %high = arith.constant 4.0 : f64
      %l = arith.maximumf {}, %low : f64
      %h = arith.minimumf %l, %high : f64
      step.yield @E.s = %h : f64{}
    }}
  }})",
                     states, body, values.back(), writes);
}

} // namespace

TEST_CASE("ranges of random bodies hold at random points", "[transforms][fixed]") {
  for (unsigned seed = 0; seed < 150; ++seed) {
    std::string text = randomProgram(seed, /*continuousOnly=*/false);
    INFO(text);
    FixedTwin twin(text);
    Random random(seed);
    FixedTwin::Numbers numbers = {{"E.s", 0.0}};
    for (int step = 0; step < 200; ++step) {
      numbers["E.i"] = within(random, {-2, 3});
      numbers["E.p"] = within(random, {0.25, 0.5});
      for (auto [name, value] : twin.runFloat(numbers, step)) {
        Interval range = twin.range(name);
        double room = 1e-12 * (range.magnitude() + 1); // of the float program's own rounding
        INFO(name << " = " << value << ", range " << range.low << " to " << range.high);
        REQUIRE(value >= range.low - room);
        REQUIRE(value <= range.high + room);
        if (name == "E.s") {
          numbers["E.s"] = value;
        }
      }
    }
  }
}

TEST_CASE("random continuous bodies agree in floats and in fixed point", "[transforms][fixed]") {
  int compared = 0;
  for (unsigned seed = 1000; seed < 1150; ++seed) {
    std::string text = randomProgram(seed, /*continuousOnly=*/true);
    INFO(text);
    FixedTwin twin(text);
    double room = 1e-7 * (twin.largestValue() + 1);
    Random random(seed);
    for (int trial = 0; trial < 100; ++trial) {
      FixedTwin::Numbers numbers;
      for (std::string name : {"E.s", "E.i", "E.p"}) {
        numbers[name] = twin.rounded(name, within(random, twin.range(name)));
      }
      FixedTwin::Numbers found = twin.runFixed(numbers);
      for (auto [name, value] : twin.runFloat(numbers)) {
        INFO(name << " = " << value << " in floats, " << found[name] << " in fixed point");
        REQUIRE(std::abs(value - found[name]) <= room + twin.unit(name));
        ++compared;
      }
    }
  }
  CHECK(compared > 100000);
}
