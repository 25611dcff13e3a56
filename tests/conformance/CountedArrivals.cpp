// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ports where the CPU counts what arrives, and the step interpreter, which adds. (These networks are small:
// without AVX-512 the CPU adds too.)
#include "targets/cpu/device/CpuDevice.h"
#include "targets/cpu/device/KernelCall.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/InProcessRanks.h"
#include "tests/conformance/Trace.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <random>

using namespace nissl;
using conformance::RunOptions;
using conformance::Trace;

namespace {

struct Arrivals {
  std::string type = "f64", first = "0.1", second = "0.1"; ///< what two tables add
  int synapses = 40;                                       ///< of a cell, in each
  int burst = 63;                                          ///< all cells fire in steps that have these bits
  std::string delay = "0", slots = "1";
  std::string before = {}, more = {}; ///< ops that have to do with the port too
  int operations = 0;                 ///< more, in the map
};

/// 700 cells of which a few fire in each step, more in every 64th, and all 31 steps later, when the CPU
/// counts again. `E.signs` shifts in the sign of what arrived: it tells zeros apart.
std::string networkOf(const Arrivals& with) {
  std::string operations = fmt::format("%k0 = arith.addf %in, %d : {}\n", with.type);
  for (int i = 0; i < with.operations; ++i) {
    operations += fmt::format("%k{} = arith.mulf %k{}, %p : {}\n", i + 1, i, with.type);
  }
  return fmt::format(R"mlir(
    step.program @arrivals dt 1.0e-3 {{
      step.extent @E size 700
      step.extent @F size 1
      step.state @F.u of @F : f64
      step.state @E.sum of @E : {0}
      step.state @E.last of @E : {0}
      step.state @E.other of @E : {0}
      step.state @E.signs of @E : i32
      step.port @E.in of @E : {0} slots {6}
      step.events @E.spike of @E
      step.probe @last of @E.last
      step.synapses @A from @E to @E connect #step.connect<fixed_indegree, count = {3}> delay {5}
      step.synapses @B from @E to @E connect #step.connect<fixed_indegree, count = {3}, multapses = true> delay {5}
      step.traverse @A emit on @E.spike () {{
        %w = arith.constant {1} : {0}
        step.yield port @E.in += %w : {0}
      }}
      step.traverse @B emit on @E.spike () {{
        %w = arith.constant {2} : {0}
        step.yield port @E.in += %w : {0}
      }}
      {10}
      step.map @E (%sum = @E.sum : {0}, %in = @E.in : {0}, %signs = @E.signs : i32) {{
        %p = arith.constant 0.875 : {0}
        %d = arith.mulf %sum, %p : {0}
        %s = arith.addf %d, %in : {0}
        {8}
        %one = arith.constant 1.0 : {0}
        %sign = math.copysign %one, %in : {0}
        %zero = arith.constant 0.0 : {0}
        %c1 = arith.constant 1 : i32
        %negative = arith.cmpf olt, %sign, %zero : {0}
        %bit = arith.extui %negative : i1 to i32
        %shifted = arith.shli %signs, %c1 : i32
        %after = arith.ori %shifted, %bit : i32
        %now = step.now : i64
        %step = arith.trunci %now : i64 to i32
        %bits = arith.constant {4} : i32
        %of64 = arith.constant 63 : i32
        %half = arith.constant 32 : i32
        %phase = arith.andi %step, %bits : i32
        %burst = arith.cmpi eq, %phase, %bits : i32
        %place = arith.andi %step, %of64 : i32
        %busy = arith.cmpi eq, %place, %half : i32
        %few = arith.constant 0x00100000 : i32
        %some = arith.constant 0x06000000 : i32
        %all = arith.constant -1 : i32
        %l = arith.select %busy, %some, %few : i32
        %limit = arith.select %burst, %all, %l : i32
        %r = step.random_bits stream "E.noise" draw 0 word 0 : i32
        %f = arith.cmpi ult, %r, %limit : i32
        step.yield @E.sum = %s : {0}, @E.last = %in : {0}, @E.signs = %after : i32, @E.other = %k{9} : {0}, event @E.spike if %f : i1
      }}
      {7}
      step.sample
    }}
  )mlir",
                     with.type, with.first, with.second, with.synapses, with.burst, with.delay, with.slots,
                     with.more, operations, with.operations, with.before);
}

program::Program compiled(const Arrivals& with) {
  std::string text = networkOf(with);
  auto program = conformance::compileStep(text);
  INFO(text);
  REQUIRE(program);
  return *std::move(program);
}

bool counts(const program::Program& program) {
  return std::any_of(program.kernels.begin(), program.kernels.end(),
                     [](const program::Kernel& kernel) { return kernel.counted != program::none; });
}

} // namespace

TEST_CASE("arrivals that are counted make the sums of those that are added", "[cpu][counts]") {
  // 600 synapses are more than a byte counts; 5e-324 is the smallest f64, 1e-40 a subnormal f32.
  auto with = GENERATE(Arrivals{}, Arrivals{"f64", "-0.3", "-0.3"}, Arrivals{"f32", "1.62e-3", "1.62e-3"},
                       Arrivals{"f32", "-9.0e-3", "-9.0e-3"},
                       Arrivals{"f64", "4.9406564584124654e-324", "4.9406564584124654e-324"},
                       Arrivals{"f32", "-1.0e-40", "-1.0e-40"}, Arrivals{"f64", "0.7", "0.7", 127},
                       Arrivals{"f32", "0.7", "0.7", 128}, Arrivals{"f64", "-0.7", "-0.7", 300},
                       Arrivals{"f64", "0.1", "0.1", 40, 0}, Arrivals{"f64", "0.1", "0.1", 2, 3});
  program::Program program = compiled(with);
  REQUIRE(counts(program));
  RunOptions options;
  options.steps = 160;
  Trace expected = conformance::run(*reference::createStepDevice(), program, options);
  INFO(expected.error);
  REQUIRE(expected.error.empty());
  CHECK(expected.eventCount() > 1000);
  for (bool probes : {true, false}) {
    options.probes = probes;
    if (!probes) {
      expected.samples.clear();
    }
    for (unsigned threads : {1u, 2u, 3u}) {
      options.threads = threads;
      std::string difference =
          conformance::run(*cpu::createCpuDevice(), program, options).differenceTo(expected);
      INFO(with.first << " of " << with.type << ", threads " << threads << ": " << difference);
      REQUIRE(difference.empty());
    }
    for (auto [ranks, threads] : {std::pair{3u, 1u}, {2u, 2u}}) {
      options.threads = threads;
      std::string difference =
          conformance::runOnRanks(ranks, cpu::createCpuDevice, program, options).differenceTo(expected);
      INFO(with.first << " of " << with.type << ", ranks " << ranks << ": " << difference);
      REQUIRE(difference.empty());
    }
  }
}

TEST_CASE("arrivals are counted where one constant is all that a port gets", "[cpu][counts]") {
  REQUIRE(compiled({}).ports[0].unit == 0.1);
  REQUIRE(compiled({"f32", "0.1", "0.1"}).ports[0].unit == static_cast<double>(0.1F));
  const std::string reads = R"(
      step.every 2 offset 0 {
        step.map @E (%in = @E.in : f64) {
          step.yield @E.last = %in : f64
        }
      })";
  const std::string adds = R"(
      step.every 2 offset 0 {
        step.traverse @A emit on @E.spike () {
          %w = arith.constant 0.1 : f64
          step.yield port @E.in += %w : f64
        }
      })";
  const std::string readsBefore = R"(
      step.map @E (%in = @E.in : f64, %u = broadcast @F.u : f64) {
        step.yield @E.last = %in : f64
      }
      step.map @F (%u = @F.u : f64) {
        step.yield @F.u = %u : f64
      })";
  for (const Arrivals& with :
       {Arrivals{.before = readsBefore}, Arrivals{"f64", "0.1", "0.2"}, Arrivals{"f64", "0.0", "0.0"},
        Arrivals{"f64", "0x7FF0000000000000", "0x7FF0000000000000"}, Arrivals{.delay = "1", .slots = "2"},
        Arrivals{.slots = "2"}, Arrivals{.more = reads}, Arrivals{.before = adds},
        Arrivals{.operations = 60}}) {
    program::Program program = compiled(with);
    INFO(networkOf(with));
    CHECK(program.ports[0].unit == 0);
    CHECK(!counts(program));
  }
}

TEST_CASE("a few additions of a number are one product", "[cpu][counts]") {
  std::mt19937_64 bits(7);
  bool moreDiffer = false;
  auto check = [&](auto unit) {
    auto sum = unit * 0;
    for (int n = 1; n <= cpu::mostCounted; ++n) {
      sum += unit;
      auto product = static_cast<decltype(unit)>(n) * unit;
      REQUIRE((sum == product && std::signbit(sum) == std::signbit(product)));
    }
    moreDiffer |= sum + unit != (cpu::mostCounted + 1) * unit && std::isfinite(sum + unit);
  };
  for (int i = 0; i < 200000; ++i) {
    uint64_t word = bits();
    auto wide = std::bit_cast<double>(word);
    auto narrow = std::bit_cast<float>(static_cast<uint32_t>(word));
    auto small = std::bit_cast<double>(word & 0x800fffffffffffff);
    if (std::isfinite(wide)) {
      check(wide);
    }
    if (std::isfinite(narrow)) {
      check(narrow);
    }
    check(small);
  }
  CHECK(moreDiffer);
}
