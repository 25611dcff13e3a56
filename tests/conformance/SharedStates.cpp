// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The CPU keeps one of states that always have the same values; the step interpreter, from an artefact of its
// own, keeps them all. Random programs that change, record and read a few states, often two alike.
#include "targets/cpu/device/CpuDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/Trace.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <random>

using namespace nissl;
using conformance::RunOptions;
using conformance::Trace;

namespace {

constexpr int states = 4, readers = 3;

class RandomStates {
public:
  explicit RandomStates(uint64_t seed) : random(seed) {}

  std::string program() {
    std::string text =
        "step.program @states dt 1.0e-3 {\n  step.extent @E size 70\n  step.state @E.p of @E : f64\n";
    for (int s = 0; s < states; ++s) {
      text += fmt::format("  step.state @E.s{0} of @E : f64 history 3\n", s);
    }
    for (int r = 0; r < readers; ++r) {
      text += fmt::format("  step.state @E.r{0} of @E : f64\n", r);
    }
    text += fmt::format("  step.probe @seen of @E.s{} {}\n  step.setup {{\n", below(states),
                        one(2) ? "before" : "");
    for (int s = 0; s < states; ++s) {
      text += one(8) ? "" : set(s, one(8) ? 0.5 : 0.25);
    }
    text += "  }\n";
    int sample = below(6);
    for (int group = 0, groups = 1 + below(3); group < groups; ++group) {
      text += alike() + (one(2) ? read() : "");
      if (group == sample) {
        text += "  step.sample\n";
      }
    }
    return text + "}\n";
  }

private:
  int below(int limit) { return static_cast<int>(random() % static_cast<uint64_t>(limit)); }
  bool one(int in) { return below(in) == 0; }

  /// The same done to all states, now and then with something in between, or not in every step, or not to
  /// all.
  std::string alike() {
    int kind = below(6);
    if (kind == 5) {
      return both(0, 1) + both(2, 3);
    }
    double factor = one(2) ? 0.5 : 0.75;
    std::string text;
    for (int s = 0; s < states; ++s) {
      std::string action = kind == 3   ? fmt::format("  step.push @E.s{}\n", s)
                           : kind == 4 ? (one(8) ? "" : set(s, 0.25))
                                       : change(kind, s, factor);
      text += one(24)   ? fmt::format("  step.every 3 offset 1 {{\n{}  }}\n", action)
              : one(24) ? fmt::format("  step.restore @E.s{}\n", s) + action
              : one(24) ? ""
                        : action;
      text += one(12) ? changeParameter() : one(12) ? read() : "";
    }
    return text;
  }

  static std::string body(int kind, double factor, const std::string& state, const std::string& name) {
    std::string text =
        fmt::format("    %{0}.f = arith.constant {1} : f64\n    %{0}.a = arith.mulf {2}, %{0}.f : f64\n",
                    name, factor, state);
    if (kind == 1) {
      return text + fmt::format("    %{0}.n = arith.addf %{0}.a, %p : f64\n", name);
    }
    if (kind == 2) {
      return text +
             fmt::format(
                 "    %{0}.b = step.random_bits stream \"E.noise\" draw 0 word 0 : i32\n"
                 "    %{0}.c = arith.sitofp %{0}.b : i32 to f64\n"
                 "    %{0}.u = arith.constant 1.0e-9 : f64\n    %{0}.d = arith.mulf %{0}.c, %{0}.u : f64\n"
                 "    %{0}.n = arith.addf %{0}.a, %{0}.d : f64\n",
                 name);
    }
    return text + fmt::format("    %{0}.n = arith.addf %{0}.a, %{0}.f : f64\n", name);
  }

  static std::string set(int state, double value) {
    return fmt::format(
        "  step.map @E () {{\n    %v = arith.constant {1} : f64\n    step.yield @E.s{0} = %v : f64\n  }}\n",
        state, value);
  }

  /// Sometimes of what the next will read too.
  std::string change(int kind, int state, double factor) {
    return fmt::format("  step.map @E (%p = @E.p : f64, %s = @E.s{0} : f64) {{\n{1}    step.yield @E.s{0} = "
                       "%x.n : f64{2}\n  }}\n",
                       state, body(kind, factor, "%s", "x"), one(12) ? ", @E.p = %x.a : f64" : "");
  }

  /// One map changes two, the second from itself or from what the first had.
  std::string both(int one, int two) {
    int kind = below(3);
    return fmt::format("  step.map @E (%p = @E.p : f64, %s = @E.s{0} : f64, %t = @E.s{1} : f64) {{\n{2}{3}"
                       "    step.yield @E.s{0} = %x.n : f64, @E.s{1} = %y.n : f64\n  }}\n",
                       one, two, body(kind, 0.5, "%s", "x"),
                       body(kind, 0.5, this->one(8) ? "%s" : "%t", "y"));
  }

  std::string changeParameter() {
    return "  step.map @E (%p = @E.p : f64) {\n    %h = arith.constant 0.5 : f64\n    %q = arith.mulf %p, %h "
           ": f64\n"
           "    %r = arith.addf %q, %h : f64\n    step.yield @E.p = %r : f64\n  }\n";
  }

  std::string read() {
    std::string lag = one(2) ? "" : fmt::format(" lag {}", below(3));
    return fmt::format(
        "  step.map @E (%r = @E.r{0} : f64, %s = @E.s{1}{2} : f64) {{\n    %h = arith.constant 0.75 : f64\n"
        "    %q = arith.mulf %r, %h : f64\n    %n = arith.addf %q, %s : f64\n    step.yield @E.r{0} = %n : "
        "f64\n  }}\n",
        below(readers), below(states), lag);
  }

  std::mt19937_64 random;
};

} // namespace

TEST_CASE("states that the CPU shares have the values of those that it drops", "[cpu]") {
  int shared = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    std::string text = RandomStates(seed).program();
    INFO(text);
    auto onCpu = conformance::compileStep(text, seed, "cpu", /*optimization=*/1);
    auto onStep = conformance::compileStep(text, seed, "step");
    REQUIRE(onCpu);
    REQUIRE(onStep);
    shared += static_cast<int>(onStep->states.size() - onCpu->states.size());
    RunOptions options;
    options.steps = 7;
    Trace expected = conformance::run(*reference::createStepDevice(), *onStep, options);
    Trace found = conformance::run(*cpu::createCpuDevice(), *onCpu, options);
    REQUIRE(expected.error.empty());
    for (auto state = expected.states.begin(); state != expected.states.end();) {
      state = found.states.contains(state->first) ? std::next(state) : expected.states.erase(state);
    }
    CHECK(found.differenceTo(expected) == "");
  }
  CHECK(shared > 20);
}
