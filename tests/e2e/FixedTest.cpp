// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Networks that draw in every step, in fixed point: distribution, and the same bits on CPU, chip and
// interpreter.
#include "tests/e2e/Driver.h"

#include <algorithm>
#include <cmath>
#include <fstream>

using namespace nissl::tests;

constexpr char noise[] = R"json({
  "nissl": 1, "dt": "1 ms",
  "cells": { "noise": { "equations": ["next(x) = randn()"], "initial": { "x": 0 },
                        "events": { "spike": { "when": "x > 3" } } } },
  "populations": { "N": { "cell": "noise", "size": 1000 } },
  "probes": { "spikes": { "of": "N.spike" }, "x": { "of": "N.x" } }
})json";

constexpr char hodgkinHuxley[] = R"json({
  "nissl": 1, "dt": "0.05 ms", "import": ["zoo/hodgkin_huxley.json"],
  "populations": { "N": { "cell": "hh_traub", "size": 10 } },
  "inputs": { "drive": { "to": "N.I", "value": "100*pA + 50*pA*i" } },
  "probes": { "spikes": { "of": "N.spike" } }
})json";

TEST_CASE("Hodgkin-Huxley cells in fixed point spike as in double, a step apart at most every 100 ms") {
  Scratch scratch;
  std::ofstream(scratch.path() / "net.json") << hodgkinHuxley;
  std::vector<Spikes> found;
  for (std::string precision : {"f64", "fixed"}) {
    Outcome outcome = runNissl("compile -I " NISSL_SOURCE_DIR "/examples net.json --precision " + precision +
                                   " -o " + precision + ".npb",
                               scratch.path());
    INFO(outcome.err);
    REQUIRE(outcome.exitCode == 0);
    run(scratch, precision, "--for 300ms --record " + precision);
    found.push_back(spikes(scratch, precision, "N"));
  }
  REQUIRE(found[0].times.size() == found[1].times.size());
  CHECK(found[0].times.size() > 100);
  for (uint64_t cell = 0; cell < 10; ++cell) {
    std::vector<double> times[2];
    for (int side : {0, 1}) {
      for (size_t i = 0; i < found[side].times.size(); ++i) {
        if (found[side].cells[i] == cell) {
          times[side].push_back(found[side].times[i]);
        }
      }
    }
    REQUIRE(times[0].size() == times[1].size());
    for (size_t i = 0; i < times[0].size(); ++i) {
      CHECK(times[1][i] == Approx(times[0][i]).margin(0.05 * (1 + times[0][i] / 100)));
    }
  }
  run(scratch, "fixed", "--device step --for 300ms --record step");
  CHECK(runNissl("diff fixed step", scratch.path()).exitCode == 0);
}

TEST_CASE("normal draws in fixed point are normal, and the same bits on every target") {
  Scratch scratch;
  std::ofstream(scratch.path() / "net.json") << noise;
  for (std::string target : {"cpu", "golgi"}) {
    std::string options = " --precision fixed --target " + target + " -o " + target + ".npb";
    Outcome outcome = runNissl("compile net.json" + options, scratch.path());
    INFO(outcome.err);
    REQUIRE(outcome.exitCode == 0);
    run(scratch, target, "--for 200ms --record " + target);
  }
  run(scratch, "cpu", "--device step --for 200ms --record step");
  for (std::string other : {"golgi", "step"}) {
    Outcome same = runNissl("diff cpu " + other, scratch.path());
    INFO(same.out);
    CHECK(same.exitCode == 0);
  }
  std::vector<double> x = report(scratch, "cpu/reports/x.h5", "N").first;
  x.erase(x.begin(), x.begin() + 1000); // the initial values
  auto count = static_cast<double>(x.size());
  double sum = 0;
  double squares = 0;
  double cubes = 0;
  for (double value : x) {
    sum += value;
    squares += value * value;
    cubes += value * value * value;
  }
  // Bounds of five standard errors.
  CHECK(std::abs(sum / count) < 5 / std::sqrt(count));
  CHECK(std::abs(squares / count - 1) < 5 * std::sqrt(2 / count));
  CHECK(std::abs(cubes / count) < 5 * std::sqrt(15 / count));
  std::sort(x.begin(), x.end());
  double distance = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double expected = std::erfc(-x[i] * M_SQRT1_2) / 2;
    distance = std::max(distance, std::abs((static_cast<double>(i) + 0.5) / count - expected));
  }
  CHECK(distance < 1.95 / std::sqrt(count)); // Kolmogorov-Smirnov, 0.1 %
}
