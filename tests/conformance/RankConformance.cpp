// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Several ranks, here threads of one process, run what one runs, bit for bit.
#include "runtime/support/Error.h"
#include "targets/cpu/device/CpuDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/InProcessRanks.h"
#include "tests/fuzz/RandomProgram.h"

#include <catch2/catch.hpp>

using namespace nissl;
using conformance::RunOptions;
using conformance::Trace;

namespace {

void requireEqual(const program::Program& program, RunOptions options, const std::string& what) {
  Trace expected = conformance::run(*reference::createStepDevice(), program, options);
  for (auto [ranks, threads] : {std::pair{2u, 1u}, {3u, 1u}, {2u, 2u}}) {
    options.threads = threads;
    std::string difference =
        conformance::runOnRanks(ranks, cpu::createCpuDevice, program, options).differenceTo(expected);
    INFO(what << ", ranks " << ranks << ", threads " << threads << ": " << difference);
    REQUIRE(difference.empty());
  }
}

} // namespace

TEST_CASE("a hand-written network runs on ranks as on the step interpreter", "[ranks]") {
  std::string name = GENERATE("lif.mlir", "lif_stdp.mlir");
  auto program = conformance::compileStepFile(std::string(NISSL_SOURCE_DIR) + "/examples/step/" + name);
  REQUIRE(program);
  RunOptions options;
  options.steps = 500;
  requireEqual(*program, options, name);
}

TEST_CASE("random programs run on ranks as on the step interpreter", "[ranks][random]") {
  auto precision = GENERATE(program::Precision::F64, program::Precision::F32, program::Precision::Fixed);
  for (uint64_t seed = 100; seed < 120; ++seed) {
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
  }
}
