// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thousand random networks, each run by every target that holds it and compared bit for bit with the
// step interpreter. Takes minutes.
#include "targets/cpu/device/CpuDevice.h"
#include "targets/golgi/device/GolgiDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/InProcessRanks.h"
#include "tests/conformance/Trace.h"
#include "tests/fuzz/RandomProgram.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace nissl;
using conformance::RunOptions;
using conformance::Trace;

namespace {

constexpr uint64_t firstSeed = 1000; // the short tests take the small ones
constexpr uint64_t networksPerPrecision = 240, chipNetworks = 300;

RunOptions optionsOf(uint64_t seed) {
  RunOptions options;
  options.steps = 50;
  options.seed = seed * 77 + 5;
  options.firstStep = seed % 3 == 0 ? (int64_t{1} << 31) - 30 : 0;
  options.input = [](program::Index, int64_t step, int64_t element) {
    return static_cast<double>((step * 7 + element * 3) % 11 - 5) / 8;
  };
  return options;
}

/// What differs between the oracle and the CPU with 1, 2 and 3 threads, and with 2 and 4 ranks; empty where
/// nothing does.
std::string compareCpu(const program::Program& program, const Trace& expected, RunOptions options) {
  for (unsigned threads : {1u, 2u, 3u}) {
    options.threads = threads;
    std::string difference =
        conformance::run(*cpu::createCpuDevice(), program, options).differenceTo(expected);
    if (!difference.empty()) {
      return fmt::format("{} threads: {}", threads, difference);
    }
  }
  options.threads = 1;
  for (unsigned ranks : {2u, 4u}) {
    std::string difference =
        conformance::runOnRanks(ranks, cpu::createCpuDevice, program, options).differenceTo(expected);
    if (!difference.empty()) {
      return fmt::format("{} ranks: {}", ranks, difference);
    }
  }
  return "";
}

void compareNetworks(program::Precision precision) {
  size_t networks = 0, events = 0;
  for (uint64_t seed = firstSeed; seed < firstSeed + networksPerPrecision; ++seed) {
    auto program = conformance::compileStep(fuzz::randomProgram(seed, {precision, false}), seed);
    INFO("seed " << seed << ", precision " << static_cast<int>(precision));
    REQUIRE(program);
    Trace expected = conformance::run(*reference::createStepDevice(), *program, optionsOf(seed));
    REQUIRE(compareCpu(*program, expected, optionsOf(seed)) == "");
    ++networks;
    events += expected.eventCount();
  }
  WARN(networks << " networks, " << events << " events");
  CHECK(events > 100 * networks);
}

} // namespace

TEST_CASE("the CPU equals the step interpreter on 240 random networks in f64", "[f64]") {
  compareNetworks(program::Precision::F64);
}

TEST_CASE("the CPU equals the step interpreter on 240 random networks in f32", "[f32]") {
  compareNetworks(program::Precision::F32);
}

TEST_CASE("the CPU equals the step interpreter on 240 random networks in fixed point", "[fixed]") {
  compareNetworks(program::Precision::Fixed);
}

TEST_CASE("chip, fixed-point CPU and step interpreter agree on 300 random networks", "[golgi]") {
  size_t networks = 0, events = 0;
  for (uint64_t seed = firstSeed; seed < firstSeed + chipNetworks; ++seed) {
    std::string text = fuzz::randomProgram(seed, {program::Precision::Fixed, true});
    auto forChip = conformance::compileStep(text, seed, "golgi");
    auto forCpu = conformance::compileStep(text, seed, "cpu");
    INFO("seed " << seed);
    REQUIRE(forChip);
    REQUIRE(forCpu);
    Trace expected = conformance::run(*reference::createStepDevice(), *forCpu, optionsOf(seed));
    REQUIRE(compareCpu(*forCpu, expected, optionsOf(seed)) == "");
    REQUIRE(conformance::run(*golgi::createGolgiDevice(), *forChip, optionsOf(seed)).differenceTo(expected) ==
            "");
    ++networks;
    events += expected.eventCount();
  }
  WARN(networks << " networks, " << events << " events");
  CHECK(events > 100 * networks);
}
