// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The CPU equals the step interpreter bit for bit, for any number of threads, with or without probes.
#include "targets/cpu/device/CpuDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/Trace.h"
#include "tests/fuzz/RandomProgram.h"

#include <catch2/catch.hpp>

using namespace nissl;
using conformance::RunOptions;
using conformance::Trace;

namespace {

void requireEqual(const program::Program& program, RunOptions options, const std::string& what) {
  options.threads = 1;
  auto oracle = reference::createStepDevice();
  Trace expected = conformance::run(*oracle, program, options);
  for (unsigned threads : {1u, 2u, 3u}) {
    options.threads = threads;
    auto cpu = cpu::createCpuDevice();
    std::string difference = conformance::run(*cpu, program, options).differenceTo(expected);
    INFO(what << ", threads " << threads << ": " << difference);
    REQUIRE(difference.empty());
  }
}

} // namespace

TEST_CASE("a hand-written network runs on the CPU as on the step interpreter", "[cpu]") {
  std::string name = GENERATE("lif.mlir", "lif_stdp.mlir");
  auto program = conformance::compileStepFile(std::string(NISSL_SOURCE_DIR) + "/examples/step/" + name);
  REQUIRE(program);
  RunOptions options;
  options.steps = 2000;
  auto oracle = reference::createStepDevice();
  Trace trace = conformance::run(*oracle, *program, options);
  INFO(trace.error);
  REQUIRE(trace.error.empty());
  CHECK(trace.eventCount() > 100);
  requireEqual(*program, options, name);
}

TEST_CASE("random programs run on the CPU as on the step interpreter", "[cpu][random]") {
  auto precision = GENERATE(program::Precision::F64, program::Precision::F32, program::Precision::Fixed);
  size_t events = 0;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    std::string text = fuzz::randomProgram(seed, {precision, false});
    auto program = conformance::compileStep(text, seed);
    INFO(text);
    REQUIRE(program);
    RunOptions options;
    options.steps = 60;
    options.firstStep = seed % 3 == 0 ? (int64_t{1} << 31) - 30 : 0;
    options.input = [](program::Index, int64_t step, int64_t element) {
      return static_cast<double>((step * 7 + element * 3) % 11 - 5) / 8;
    };
    requireEqual(*program, options, "seed " + std::to_string(seed));
    auto oracle = reference::createStepDevice();
    events += conformance::run(*oracle, *program, options).eventCount();
  }
  CHECK(events > 10000);
}

TEST_CASE("observing changes nothing", "[cpu]") {
  auto program = conformance::compileStep(fuzz::randomProgram(3, {}), 3);
  REQUIRE(program);
  RunOptions options;
  Trace with = conformance::run(*cpu::createCpuDevice(), *program, options);
  options.probes = false;
  Trace without = conformance::run(*cpu::createCpuDevice(), *program, options);
  with.samples.clear();
  CHECK(with.differenceTo(without).empty());
}

TEST_CASE("two artefacts in one process do not touch each other", "[cpu]") {
  auto first = conformance::compileStep(fuzz::randomProgram(11, {}), 1);
  auto second = conformance::compileStep(fuzz::randomProgram(12, {}), 1);
  REQUIRE(first);
  REQUIRE(second);
  RunOptions options;
  Trace alone = conformance::run(*cpu::createCpuDevice(), *first, options);
  auto a = cpu::createCpuDevice(), b = cpu::createCpuDevice();
  a->load(*first, {options.seed, 1, 0});
  b->load(*second, {options.seed, 1, 0});
  for (int64_t step = 0; step < options.steps; ++step) {
    a->step(nullptr);
    b->step(nullptr);
  }
  for (size_t s = 0; s < first->states.size(); ++s) {
    std::vector<double> values(alone.states[first->states[s].name].size());
    a->readState(static_cast<program::Index>(s), 0, values);
    CHECK(values == alone.states[first->states[s].name]);
  }
}
