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
