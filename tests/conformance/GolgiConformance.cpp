// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The emulated chip equals the fixed-point CPU and the step interpreter bit for bit.
#include "targets/cpu/device/CpuDevice.h"
#include "targets/golgi/device/GolgiDevice.h"
#include "targets/golgi/emulator/Image.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/Trace.h"
#include "tests/fuzz/RandomProgram.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

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

TEST_CASE("synapses of one source share an axon, whatever their delays", "[golgi][delay]") {
  // Delays 0 to 31 fit 32 slots of 64 sums: one axon per source on each core instead of 32.
  auto program = conformance::compileStep(R"mlir(
    step.program @delays dt 1.0e-3 {
      step.extent @E size 64
      step.state @E.v of @E : i32 frac 8
      step.port @E.in of @E : i32 slots 32 frac 8
      step.events @E.spike of @E
      step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay @EE.d in [0, 31]
      step.state @EE.w of @EE : i32 frac 8
      step.state @EE.d of @EE : i32
      step.setup {
        step.traverse @EE all () {
          %o = step.index ordinal : i32
          %p = step.index pre : i32
          %s = arith.addi %o, %p : i32
          %m = arith.constant 31 : i32
          %d = arith.andi %s, %m : i32
          %w = arith.addi %p, %m : i32
          step.yield @EE.w = %w : i32, @EE.d = %d : i32
        }
      }
      step.traverse @EE emit on @E.spike (%w = @EE.w : i32) {
        step.yield port @E.in += %w : i32
      }
      step.sample
      step.map @E (%v = @E.v : i32, %in = @E.in : i32) {
        %r = step.random_bits stream "E.noise" draw 0 word 0 : i32
        %limit = arith.constant 0x10000000 : i32
        %f = arith.cmpi ult, %r, %limit : i32
        %v1 = arith.addi %v, %in : i32
        step.yield @E.v = %v1 : i32, event @E.spike if %f : i1
      }
    }
  )mlir",
                                          1, "golgi");
  REQUIRE(program);
  std::map<std::string, std::vector<std::byte>> sections;
  for (const program::Section& section : program->sections) {
    sections[section.name] = section.bytes;
  }
  const auto* json = reinterpret_cast<const char*>(sections.at("golgi.model").data());
  golgi::ChipModel model = golgi::ChipModel::fromJson({json, sections.at("golgi.model").size()}, "model");
  const auto* bytes = reinterpret_cast<const uint8_t*>(sections.at("golgi.image").data());
  golgi::Image image = golgi::readImage({bytes, bytes + sections.at("golgi.image").size()}, model);
  for (const golgi::CoreImage& core : image.cores) {
    CHECK(core.axonsIn.size() == 64);
  }
  Trace expected = conformance::run(*reference::createStepDevice(), *program, {});
  Trace found = conformance::run(*golgi::createGolgiDevice(), *program, {});
  INFO(found.differenceTo(expected) << found.error);
  CHECK(found.differenceTo(expected).empty());
  CHECK(expected.eventCount() > 200);
}

namespace {

/// 30 cells whose parameters need 16 and 32 bits, and a body that keeps 24 random words alive at once.
std::string crowdedProgram() {
  std::string draws, sum = "%v";
  for (int i = 0; i < 24; ++i) {
    draws += fmt::format("%r{0} = step.random_bits stream \"E.r\" draw {0} word 0 : i32\n", i);
  }
  for (int i = 23; i >= 0; --i) { // the first drawn is used last
    draws += fmt::format("%a{0} = arith.addi {1}, %r{0} : i32\n%b{0} = arith.xori %a{0}, %r{2} : i32\n", i,
                         sum, (i + 7) % 24);
    sum = fmt::format("%b{}", i);
  }
  return fmt::format(R"(step.program @crowded dt 1.0e-3 {{
    step.extent @E size 30
    step.state @E.v of @E : i32
    step.state @E.narrow of @E : i32
    step.state @E.wide of @E : i32
    step.events @E.e of @E
    step.setup {{
      step.map @E () {{
        %i = step.index element : i32
        %k = arith.constant -70001 : i32
        %wide = arith.muli %i, %k : i32
        %m = arith.constant 1000 : i32
        %n = arith.muli %i, %m : i32
        step.yield @E.narrow = %n : i32, @E.wide = %wide : i32
      }}
    }}
    step.map @E (%v = @E.v : i32, %narrow = @E.narrow : i32, %wide = @E.wide : i32) {{
      {}
      %s = arith.addi {}, %wide : i32
      %t = arith.addi %s, %narrow : i32
      %f = arith.cmpi sgt, %t, %wide : i32
      step.yield @E.v = %t : i32, event @E.e if %f : i1
    }}
  }})",
                     draws, sum);
}

} // namespace

TEST_CASE("values beyond the registers are spilled, parameters have their width", "[golgi]") {
  auto program = conformance::compileStep(crowdedProgram(), 1, "golgi");
  REQUIRE(program);
  RunOptions options;
  Trace expected = conformance::run(*reference::createStepDevice(), *program, options);
  Trace found = conformance::run(*golgi::createGolgiDevice(), *program, options);
  INFO(found.error);
  CHECK(found.differenceTo(expected) == "");
  CHECK(expected.eventCount() > 100);
}

TEST_CASE("two events of one cell reach the layer behind it in their own step", "[golgi][delay]") {
  // 70 cells: the second event's sources begin past one word of 64. Cell i fires `one` in step k where i + k
  // is even, `two` where bit 1 of i + k is 0 and `odd` where exactly one of the two fires: the sum of two
  // bits.
  auto program = conformance::compileStep(R"mlir(
    step.program @layers dt 1.0e-3 {
      step.extent @A size 70
      step.extent @B size 70
      step.state @A.n of @A : i32
      step.state @B.last of @B : i32
      step.port @B.in of @B : i32 slots 1
      step.events @A.one of @A
      step.events @A.two of @A
      step.events @A.odd of @A
      step.synapses @one from @A to @B connect #step.connect<one_to_one> delay 0
      step.synapses @two from @A to @B connect #step.connect<one_to_one> delay 0
      step.synapses @odd from @A to @B connect #step.connect<one_to_one> delay 0
      step.setup {
        step.map @A () {
          %i = step.index element : i32
          step.yield @A.n = %i : i32
        }
      }
      step.map @A (%n = @A.n : i32) {
        %c0 = arith.constant 0 : i32
        %c1 = arith.constant 1 : i32
        %c2 = arith.constant 2 : i32
        %low = arith.andi %n, %c1 : i32
        %high = arith.andi %n, %c2 : i32
        %one = arith.cmpi eq, %low, %c0 : i32
        %two = arith.cmpi eq, %high, %c0 : i32
        %odd = arith.addi %one, %two : i1
        %next = arith.addi %n, %c1 : i32
        step.yield @A.n = %next : i32, event @A.one if %one : i1, event @A.two if %two : i1, event @A.odd if %odd : i1
      }
      step.traverse @one emit on @A.one () {
        %w = arith.constant 1 : i32
        step.yield port @B.in += %w : i32
      }
      step.traverse @two emit on @A.two () {
        %w = arith.constant 10 : i32
        step.yield port @B.in += %w : i32
      }
      step.traverse @odd emit on @A.odd () {
        %w = arith.constant 100 : i32
        step.yield port @B.in += %w : i32
      }
      step.sample
      step.map @B (%last = @B.last : i32, %in = @B.in : i32) {
        step.yield @B.last = %in : i32
      }
    }
  )mlir",
                                          1, "golgi");
  REQUIRE(program);
  RunOptions options;
  options.steps = 9;
  Trace expected = conformance::run(*reference::createStepDevice(), *program, options);
  Trace found = conformance::run(*golgi::createGolgiDevice(), *program, options);
  INFO(found.differenceTo(expected) << found.error);
  CHECK(found.differenceTo(expected).empty());
  // In step 8, the last, n is i + 8, so that i + k modulo 4 is i modulo 4.
  const double sums[4] = {11, 110, 101, 0};
  REQUIRE(found.states.at("B.last").size() == 70);
  for (size_t i = 0; i < 70; ++i) {
    CHECK(found.states.at("B.last")[i] == sums[i % 4]);
  }
}
