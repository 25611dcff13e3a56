// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Synapses that meet post spikes late, on the CPU, and those of the step interpreter, which meet them at
// once.
#include "targets/cpu/device/CpuDevice.h"
#include "targets/cpu/device/Waiting.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/InProcessRanks.h"
#include "tests/conformance/PostSpikes.h"
#include "tests/conformance/Trace.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <xmmintrin.h>

using namespace nissl;
using Catch::Contains;
using conformance::PostSpikes;
using conformance::RunOptions;
using conformance::Trace;

namespace {

constexpr double synapses = 260.0 * 260;

PostSpikes anyNetwork() {
  return GENERATE(
      PostSpikes{}, PostSpikes{.lag = "lag delay"}, PostSpikes{.type = "f32", .lag = "lag 2"},
      PostSpikes{.when = "step.every 3 offset 1"}, PostSpikes{.type = "f32", .when = "step.when @E.spike"},
      PostSpikes{.type = "f32", .visit = "emit"}, PostSpikes{.type = "f32", .lag = "lag 1", .two = true},
      PostSpikes{.type = "i16", .two = true}, PostSpikes{.type = "i8", .lag = "lag delay"},
      PostSpikes{.lag = "lag delay", .second = true}, PostSpikes{.type = "f32", .second = true},
      PostSpikes{.type = "i16", .lag = "lag 1", .when = "step.every 3 offset 1", .second = true},
      PostSpikes{.type = "f32", .lag = "lag 2", .two = true, .second = true}, PostSpikes{.decays = true},
      PostSpikes{.type = "f32", .lag = "lag delay", .decays = true},
      PostSpikes{.type = "f32", .visit = "emit", .two = true, .decays = true},
      PostSpikes{.when = "step.every 3 offset 1", .decays = true},
      PostSpikes{.lag = "lag 2", .decays = true, .second = true},
      PostSpikes{.type = "f32", .lag = "lag 1", .two = true, .decays = true, .second = true});
}

} // namespace

TEST_CASE("synapses meet post spikes late as they meet them at once", "[backlog]") {
  PostSpikes network = anyNetwork();
  std::string text = conformance::postSpikes(network);
  auto program = conformance::compileStep(text);
  INFO(text);
  REQUIRE(program);
  // Without probes, which have all synapses catch up: more spikes of a cell than may wait, and on two ranks
  // more steps.
  RunOptions options;
  options.steps = 450;
  auto oracle = reference::createStepDevice();
  Trace expected = conformance::run(*oracle, *program, options);
  INFO(expected.error);
  REQUIRE(expected.error.empty());
  CHECK(expected.eventCount() > 25000);
  auto require = [&](const Trace& trace, unsigned ranks, unsigned threads) {
    std::string difference = trace.differenceTo(expected);
    INFO("ranks " << ranks << ", threads " << threads << ": " << difference);
    REQUIRE(difference.empty());
    cpu::Waiting waiting = cpu::findWaiting(*program, 0, synapses, ranks);
    CHECK(waiting.steps > 0);
    CHECK(waiting.decays == (network.decays && network.when.empty()));
  };
  for (unsigned threads : {1u, 3u}) {
    options.threads = threads;
    auto cpu = cpu::createCpuDevice();
    require(conformance::run(*cpu, *program, options), 1, threads);
  }
  options.threads = 2;
  require(conformance::runOnRanks(2, cpu::createCpuDevice, *program, options), 2, 2);
  options.probes = false;
  expected.samples.clear();
  require(conformance::runOnRanks(2, cpu::createCpuDevice, *program, options), 2, 2);
  options.threads = 1;
  auto cpu = cpu::createCpuDevice();
  require(conformance::run(*cpu, *program, options), 1, 1);
}

TEST_CASE("what sources had is forgotten when there is no room for more steps", "[backlog]") {
  auto program =
      conformance::compileStep(conformance::postSpikes({.cells = 64, .rare = true, .decays = true}));
  REQUIRE(program);
  cpu::Waiting waiting = cpu::findWaiting(*program, 0, 64 * 64, 1);
  REQUIRE(waiting.decays);
  RunOptions options;
  options.steps = static_cast<int64_t>(waiting.steps) * 2 + 10;
  options.probes = false;
  auto oracle = reference::createStepDevice();
  Trace expected = conformance::run(*oracle, *program, options);
  REQUIRE(expected.error.empty());
  for (unsigned threads : {1u, 2u}) {
    options.threads = threads;
    auto cpu = cpu::createCpuDevice();
    CHECK(conformance::run(*cpu, *program, options).differenceTo(expected).empty());
  }
}

TEST_CASE("post spikes wait only for rows that are long", "[backlog]") {
  auto program = conformance::compileStep(conformance::postSpikes({}));
  REQUIRE(program);
  // 16 bytes of each synapse are for what its source had, 8 bytes per step: rows of 64 give the 128 steps
  // that are the least.
  CHECK(cpu::findWaiting(*program, 0, 260 * 64, 1).steps == 128);
  CHECK(cpu::findWaiting(*program, 0, 260 * 63, 1).steps == 0);
  CHECK(cpu::findWaiting(*program, 0, 260 * 128, 2).steps == 128);
  CHECK(cpu::findWaiting(*program, 0, 260 * 1e6, 1).steps == 4096);
  CHECK(cpu::findWaiting(*program, 0, 260 * 64, 1).bytesOfSource == 128 * 8);

  // Of what decays: a value per 64 steps, 2 more, 64 jumps of 8 + 2 bytes, and a cache line.
  auto decaying = conformance::compileStep(conformance::postSpikes({.decays = true}));
  REQUIRE(decaying);
  CHECK(cpu::findWaiting(*decaying, 0, 260 * 46, 1).steps == 128);
  CHECK(cpu::findWaiting(*decaying, 0, 260 * 46, 1).bytesOfSource == 4 * 8 + 64 * 10 + 64);
  CHECK(cpu::findWaiting(*decaying, 0, 260 * 45, 1).steps == 0);
  CHECK(cpu::findWaiting(*decaying, 0, 260 * 1e6, 1).steps == 16384);
}

namespace {

/// 100 cells, all joined to all; all but cell 0 fire in every step, so that what its synapses miss waits
/// until somebody looks. A post spike multiplies a weight by `factor` and adds what cell 0 has, `much`.
std::string silentSource(double weight, double factor, double much) {
  return fmt::format(R"mlir(
    step.program @post dt 1.0e-3 {{
      step.extent @E size 100
      step.state @E.x of @E : f64
      step.port @E.in of @E : f64 slots 1
      step.events @E.spike of @E
      step.synapses @T from @E to @E connect #step.connect<all_to_all> delay 0
      step.state @T.w of @T : f64
      step.setup {{
        step.traverse @T all () {{
          %w = arith.constant {:.17e} : f64
          step.yield @T.w = %w : f64
        }}
      }}
      step.traverse @T arrive on @E.spike (%w = @T.w : f64) {{
        step.yield port @E.in += %w : f64
      }}
      step.traverse @T back on @E.spike (%w = @T.w : f64, %x = pre @E.x : f64) {{
        %f = arith.constant {:.17e} : f64
        %p = arith.mulf %w, %f : f64
        %a = arith.addf %p, %x : f64
        step.yield @T.w = %a : f64
      }}
      step.sample
      step.map @E (%x = @E.x : f64) {{
        %e = step.index element : i32
        %zero = arith.constant 0 : i32
        %others = arith.cmpi ne, %e, %zero : i32
        %little = arith.constant 0.0 : f64
        %much = arith.constant {:.17e} : f64
        %x1 = arith.select %others, %little, %much : f64
        step.yield @E.x = %x1 : f64, event @E.spike if %others : i1
      }}
    }}
  )mlir",
                     weight, factor, much);
}

/// After ten steps, with nine spikes of each cell but the first.
std::vector<double> weightsOf(const std::string& text) {
  auto program = conformance::compileStep(text);
  REQUIRE(program);
  REQUIRE(cpu::findWaiting(*program, 0, 100.0 * 100, 1).steps > 0);
  auto cpu = cpu::createCpuDevice();
  cpu->load(*program, {});
  for (int step = 0; step < 10; ++step) {
    cpu->step(nullptr);
  }
  std::vector<double> weights(100 * 100);
  unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040); // the host program flushes what is less than a normal number
  try {
    cpu->readState(static_cast<program::Index>(program->states.size() - 1), 0, weights);
  } catch (...) {
    _mm_setcsr(before);
    throw;
  }
  _mm_setcsr(before);
  return weights;
}

} // namespace

TEST_CASE("a weight that a late spike makes infinite is an error", "[backlog]") {
  CHECK_THROWS_WITH(weightsOf(silentSource(0, 1, 1e308)), Contains("'T.w' of element 1 is inf after step 9"));
}

TEST_CASE("what is done late is done in the arithmetic of a step", "[backlog]") {
  std::vector<double> weights = weightsOf(silentSource(0x1p-1022, 0.5, 0));
  CHECK(weights[0] == 0x1p-1022);
  CHECK(weights[1] == 0x1p-1031);
}
