// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The emulated chip equals the fixed-point CPU and the step interpreter bit for bit.
#include "targets/cpu/device/CpuDevice.h"
#include "targets/golgi/device/GolgiDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/Trace.h"
#include "tests/fuzz/RandomProgram.h"

#include <catch2/catch.hpp>

using namespace nissl;
using conformance::RunOptions;
using conformance::Trace;

TEST_CASE("random fixed-point programs run on the chip as on the step interpreter", "[golgi][random]") {
  size_t events = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    std::string text = fuzz::randomProgram(seed, {program::Precision::Fixed, true});
    auto program = conformance::compileStep(text, seed, "golgi");
    INFO(text);
    REQUIRE(program);
    RunOptions options;
    options.steps = 60;
    options.firstStep = seed % 3 == 0 ? (int64_t{1} << 31) - 30 : 0;
    options.input = [](program::Index, int64_t step, int64_t element) {
      return static_cast<double>((step * 7 + element * 3) % 11 - 5) / 8;
    };
    Trace expected = conformance::run(*reference::createStepDevice(), *program, options);
    Trace found = conformance::run(*golgi::createGolgiDevice(), *program, options);
    INFO("seed " << seed << ": " << found.differenceTo(expected) << found.error);
    REQUIRE(found.error.empty());
    REQUIRE(found.differenceTo(expected).empty());
    events += expected.eventCount();
  }
  CHECK(events > 10000);
}
