// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Halving the step shows the order of each method (architecture §8), on a membrane below its threshold whose
// course is known:
//   dv/dt = (1 + g) (E - v)/tau,  dg/dt = -g/ts,  v(0) = 0, g(0) = G:
//   v(t) = E (1 - exp(-(t + G ts (1 - exp(-t/ts)))/tau)),  g(t) = G exp(-t/ts).
#include "targets/cpu/device/CpuDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/Trace.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>

using namespace nissl;

namespace {

constexpr double span = 32e-3, tau = 10e-3, ts = 8e-3, G = 2, E = 1;

/// v and g at `span` with steps of `dt`, on the CPU.
std::pair<double, double> run(const std::string& equation, const std::string& update, double dt) {
  auto program = conformance::compileDescription(fmt::format(
      R"json({{ "nissl": 1, "name": "smooth", "dt": "{:e} s", "seed": 1,
        "cells": {{ "c": {{ "equations": ["dv/dt = {}", "dg/dt = -g/(8*ms)"], "initial": {{ "v": 0, "g": 2 }}, "update": {} }} }},
        "populations": {{ "P": {{ "cell": "c", "size": 3 }} }} }})json",
      dt, equation, update));
  REQUIRE(program);
  conformance::RunOptions options;
  options.steps = std::lround(span / dt);
  auto device = cpu::createCpuDevice();
  conformance::Trace trace = conformance::run(*device, *program, options);
  REQUIRE(trace.error.empty());
  REQUIRE(trace.states.at("P.v")[2] == trace.states.at("P.v")[0]);
  return {trace.states.at("P.v")[0], trace.states.at("P.g")[0]};
}

double membrane(double t) { return E * (1 - std::exp(-(t + G * ts * (1 - std::exp(-t / ts))) / tau)); }

} // namespace

TEST_CASE("halving the step shows a method's order", "[convergence]") {
  auto [method, order] = GENERATE(
      table<std::string, int>({{"euler", 1}, {"exponential_euler", 1}, {"semi_implicit", 1}, {"rk4", 4}}));
  std::vector<double> errors;
  for (double dt : {1e-3, 0.5e-3, 0.25e-3}) {
    auto [v, g] = run("(1 + g)*(1 - v)/(10*ms)", "\"" + method + "\"", dt);
    errors.push_back(std::abs(v - membrane(span)));
  }
  // The leading term of the error halves `order` times; the next one is smaller by about dt/tau.
  for (size_t i = 0; i + 1 < errors.size(); ++i) {
    double ratio = errors[i] / errors[i + 1];
    INFO(method << ": errors " << errors[i] << " and " << errors[i + 1]);
    CHECK(std::log2(ratio) == Approx(order).margin(0.2));
  }
}

// dv/dt = (g - v)/tau with g = G exp(-t/ts): v(t) = G ts/(ts - tau) (exp(-t/ts) - exp(-t/tau)).
TEST_CASE("the exact method has no error at any step", "[convergence]") {
  double expected = G * ts / (ts - tau) * (std::exp(-span / ts) - std::exp(-span / tau));
  for (double dt : {4e-3, 1e-3, 0.25e-3}) {
    auto [v, g] = run("(g - v)/(10*ms)", "\"exact\"", dt);
    // A rounding error of 2^-53 of the values on the way, which are below 1, in each of up to 128 steps.
    double bound = 4 * 128 * 0x1p-53;
    CHECK(std::abs(v - expected) < bound);
    CHECK(std::abs(g - G * std::exp(-span / ts)) < bound);
  }
}

TEST_CASE("two sub-steps are two steps of half the length", "[convergence]") {
  auto method = GENERATE(as<std::string>(), "euler", "rk4", "exponential_euler", "semi_implicit");
  auto grouped = fmt::format(R"([{{ "v": "{0}", "g": "{0}", "substeps": 2 }}])", method);
  auto whole = fmt::format(R"([{{ "v": "{0}", "g": "{0}" }}])", method);
  const std::string equation = "(1 + g)*(1 - v)/(10*ms)";
  INFO(method);
  CHECK(run(equation, grouped, 1e-3) == run(equation, whole, 0.5e-3));
}
