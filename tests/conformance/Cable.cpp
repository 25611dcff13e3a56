// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cells of many compartments against what is known of them: steps solved by hand, and cable theory.
// Dimensionless: dv/dt = -v + I_couple + I, with time in ms.
#include "targets/cpu/device/CpuDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/Trace.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>

using namespace nissl;

namespace {

struct Cable {
  std::string compartments; ///< members of the object
  std::string couple;       ///< elements of the array
  std::string cell = {};    ///< other members of the cell
  std::string dt = "1 ms";
};

/// The final values of every state after some steps, the same on the CPU and on the step interpreter.
std::map<std::string, std::vector<double>> run(const Cable& cable, int64_t steps, unsigned size = 3,
                                               program::Precision precision = program::Precision::F64) {
  std::string text = fmt::format(
      R"json({{ "nissl": 1, "name": "cable", "dt": "{}", "seed": 1,
        "cells": {{ "c": {{ "compartments": {{ {} }}, "couple": [ {} ], "update": "implicit" {} }} }},
        "populations": {{ "P": {{ "cell": "c", "size": {} }} }} }})json",
      cable.dt, cable.compartments, cable.couple, cable.cell, size);
  INFO(text);
  auto program = conformance::compileDescription(text, precision);
  REQUIRE(program);
  conformance::RunOptions options;
  options.steps = steps;
  auto cpu = cpu::createCpuDevice();
  auto interpreter = reference::createStepDevice();
  conformance::Trace trace = conformance::run(*cpu, *program, options);
  REQUIRE(trace.error.empty());
  CHECK(trace.differenceTo(conformance::run(*interpreter, *program, options)).empty());
  return trace.states;
}

std::string passive(const std::string& initial, const std::string& input = "0") {
  return fmt::format(
      R"json({{ "equations": ["dv/dt = (-v + I_couple + {})/ms"], "initial": {{ "v": "{}" }} }})json", input,
      initial);
}

} // namespace

// With h = 1 ms and g = 2: 4 a' - 2 b' = a = 1 and -2 a' + 4 b' = b = 0.
TEST_CASE("two compartments advance as the system solved by hand", "[cable]") {
  auto states = run({.compartments = "\"a\": " + passive("1") + ", \"b\": " + passive("0"),
                     .couple = R"json({ "between": ["a", "b"], "conductance": "g" })json",
                     .cell = R"json(, "parameters": { "g": 2 })json"},
                    1);
  CHECK(states.at("P.a.v")[2] == Approx(1.0 / 3.0).epsilon(1e-15));
  CHECK(states.at("P.b.v")[2] == Approx(1.0 / 6.0).epsilon(1e-15));
}

// With h = 1 ms, g = 1 and a current of 6 into the middle:
//   3 a' - b' = a,  4 b' - a' - c' = b + 6,  3 c' - b' = c.
// From rest b' = 1.8 and a' = c' = 0.6; then b'' = 2.46 and a'' = c'' = 1.02.
TEST_CASE("three compartments advance as the system solved by hand", "[cable]") {
  Cable cable{.compartments =
                  "\"a\": " + passive("0") + ", \"b\": " + passive("0", "6") + ", \"c\": " + passive("0"),
              .couple = R"json({ "chain": ["a", "b", "c"], "conductance": "g" })json",
              .cell = R"json(, "parameters": { "g": 1 })json"};
  auto first = run(cable, 1), second = run(cable, 2);
  CHECK(first.at("P.a.v")[0] == Approx(0.6).epsilon(1e-15));
  CHECK(first.at("P.b.v")[0] == Approx(1.8).epsilon(1e-15));
  CHECK(first.at("P.c.v")[0] == Approx(0.6).epsilon(1e-15));
  CHECK(second.at("P.a.v")[0] == Approx(1.02).epsilon(1e-15));
  CHECK(second.at("P.b.v")[0] == Approx(2.46).epsilon(1e-15));
}

// After the first step a = 0.6 fires and is held at 0: in the second 4 b' - c' = 1.8 + 6 and 3 c' - b' = 0.6,
// so that b' = 24/11.
TEST_CASE("a voltage that is held does not move, and its neighbours see it", "[cable]") {
  auto states = run(
      {.compartments =
           "\"a\": " + passive("0") + ", \"b\": " + passive("0", "6") + ", \"c\": " + passive("0"),
       .couple = R"json({ "chain": ["a", "b", "c"], "conductance": "g" })json",
       .cell =
           R"json(, "parameters": { "g": 1 }, "events": { "spike": { "when": "a.v > 0.5", "do": ["a.v = 0"], "hold": { "variables": ["a.v"], "for": "1 ms" } } })json"},
      2);
  CHECK(states.at("P.a.v")[0] == 0.0);
  CHECK(states.at("P.b.v")[0] == Approx(24.0 / 11.0).epsilon(1e-15));
}

// A mode of a sealed cable of n compartments, cos(pi (k + 1/2)/n), decays with the rate
// mu = 1 + 2 g (1 - cos(pi/n)): a step of backward Euler divides it by 1 + h mu, however stiff it is.
TEST_CASE("a mode of a cable decays as backward Euler says", "[cable]") {
  int n = GENERATE(2, 3, 8, 50);
  double g = n * n, h = 0.1;
  auto states = run(
      {.compartments = fmt::format(
           R"json("d": {{ "count": {}, "equations": ["dv/dt = (-v + I_couple)/ms"], "initial": {{ "v": "cos(pi*(k + 0.5)/{})" }} }})json",
           n, n),
       .couple = R"json({ "chain": ["d"], "conductance": "g" })json",
       .cell = fmt::format(R"json(, "parameters": {{ "g": {} }})json", g),
       .dt = "0.1 ms"},
      5);
  double pi = std::acos(-1.0), factor = std::pow(1 / (1 + h * (1 + 2 * g * (1 - std::cos(pi / n)))), 5);
  for (int k = 0; k < n; ++k) {
    INFO(k << " of " << n);
    CHECK(states.at(fmt::format("P.d[{}].v", k))[1] ==
          Approx(std::cos(pi * (k + 0.5) / n) * factor).margin(1e-13));
  }
}

// A current into one end of a sealed cable of length 1.5 lambda: v(x)/v(y) = cosh(1.5 - x)/cosh(1.5 - y) in
// the steady state (Rall 1959); n compartments are a difference equation of second order.
TEST_CASE("the attenuation of a passive cable nears that of cable theory", "[cable]") {
  constexpr double length = 1.5;
  std::vector<double> errors;
  for (int n : {6, 12, 24, 48}) {
    double dx = length / n;
    auto states = run(
        {.compartments = fmt::format(
             R"json("d": {{ "count": {}, "equations": ["dv/dt = (-v + I_couple + where(k == 0, 1, 0))/ms"], "initial": {{ "v": 0 }} }})json",
             n),
         .couple = R"json({ "chain": ["d"], "conductance": "g" })json",
         .cell = fmt::format(R"json(, "parameters": {{ "g": {:.17g} }})json", 1 / (dx * dx)),
         .dt = "100 ms"},
        20, 1);
    double found = states.at(fmt::format("P.d[{}].v", n - 1))[0] / states.at("P.d[0].v")[0];
    errors.push_back(std::abs(found - std::cosh(dx / 2) / std::cosh(length - dx / 2)));
  }
  CHECK(errors.back() < 2e-4);
  for (size_t i = 0; i + 1 < errors.size(); ++i) {
    INFO(errors[i] << " and " << errors[i + 1]);
    CHECK(std::log2(errors[i] / errors[i + 1]) == Approx(2.0).margin(0.2));
  }
}

// A trunk with two branches and a twig: the CPU computes what the interpreter does, in both precisions.
TEST_CASE("a tree of compartments with channels and synapses is the same on every device", "[cable]") {
  auto precision = GENERATE(program::Precision::F64, program::Precision::F32);
  auto states = run(
      {.compartments =
           R"json("soma": { "equations": ["dv/dt = (-v + 20*m*(1 - v) + I_couple + 2 + 0.1*i)/ms", "dm/dt = (1/(1 + exp((0.5 - v)/0.1)) - m)/(2*ms)"], "initial": { "v": 0, "m": 0 } },
              "trunk": { "count": 3, "equations": ["dv/dt = (-v + I_couple)/ms"], "initial": { "v": "0.1*k" } },
              "left": { "count": 4, "parameters": { "g": "2 + k" }, "equations": ["dv/dt = (-v + I_couple)/ms"], "initial": { "v": 0 } },
              "right": { "equations": ["dv/dt = (-v + I_couple)/ms"], "initial": { "v": 1 } })json",
       .couple =
           R"json({ "chain": ["soma", "trunk", "left"], "conductance": "g" }, { "between": ["trunk[2]", "right"], "conductance": "g" })json",
       .cell =
           R"json(, "parameters": { "g": { "uniform": [1, 9] } }, "events": { "spike": { "when": "soma.v > 0.7", "do": ["soma.v = 0"], "hold": { "variables": ["soma.v"], "for": "2 ms" } } })json",
       .dt = "0.1 ms"},
      200, 37, precision);
  CHECK(states.at("P.left[3].v")[36] > 0.0);
}
