// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler makes is what the validator takes, and a file of it is the same program.
#include "runtime/program/Reader.h"
#include "runtime/program/Writer.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/fuzz/RandomProgram.h"

#include <catch2/catch.hpp>

using namespace nissl;

namespace {

void requireUnchanged(const program::Program& program) {
  REQUIRE_NOTHROW(program::validate(program));
  REQUIRE(program::parseProgram(program::serialize(program), "compiled") == program);
}

} // namespace

TEST_CASE("a compiled network passes through a file unchanged", "[artefact]") {
  std::string name = GENERATE("lif.mlir", "lif_stdp.mlir");
  auto program = conformance::compileStepFile(std::string(NISSL_SOURCE_DIR) + "/examples/step/" + name);
  REQUIRE(program);
  requireUnchanged(*program);
}

TEST_CASE("random programs pass through a file unchanged", "[artefact][random]") {
  auto precision = GENERATE(program::Precision::F64, program::Precision::F32, program::Precision::Fixed);
  for (uint64_t seed = 0; seed < 4; ++seed) {
    std::string text = fuzz::randomProgram(seed, {precision, false});
    INFO(text);
    auto program = conformance::compileStep(text, seed);
    REQUIRE(program);
    requireUnchanged(*program);
  }
}
