// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The CPU equals the step interpreter bit for bit, for any number of threads and ranks, with or without
// probes.
#include "targets/cpu/device/CpuDevice.h"
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
  for (auto [ranks, threads] : {std::pair{3u, 1u}, {2u, 2u}}) {
    options.threads = threads;
    std::string difference =
        conformance::runOnRanks(ranks, cpu::createCpuDevice, program, options).differenceTo(expected);
    INFO(what << ", ranks " << ranks << ", threads " << threads << ": " << difference);
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

TEST_CASE("events of actions that are not done in a step are not seen in it", "[cpu]") {
  auto program = conformance::compileStep(R"mlir(
    step.program @now_and_then dt 1.0e-3 {
      step.extent @E size 100
      step.events @E.seen of @E
      step.probe @seen of @E.seen
      step.every 3 offset 1 {
        step.map @E () {
          %r = step.random_bits stream "E.noise" draw 0 word 0 : i32
          %limit = arith.constant 0x08000000 : i32
          %f = arith.cmpi ult, %r, %limit : i32
          step.yield event @E.seen if %f : i1
        }
      }
    }
  )mlir");
  REQUIRE(program);
  RunOptions options;
  options.steps = 30;
  // Every third step, a cell in 32.
  Trace trace = conformance::run(*reference::createStepDevice(), *program, options);
  CHECK(trace.eventCount() > 10);
  CHECK(trace.eventCount() < 70);
  requireEqual(*program, options, "now and then");
}

TEST_CASE("cells draw random words as on the step interpreter, however many they are", "[cpu][random]") {
  // 2^18 cells have so many blocks that their numbers need more than 16 bits; 17 words are made for fewer
  // cells at once than 16 are.
  auto [size, words] = GENERATE(std::pair{1, 1}, std::pair{63, 4}, std::pair{64, 17}, std::pair{257, 16},
                                std::pair{1000, 17}, std::pair{(1 << 18) + 100, 5});
  std::string body;
  for (int word = 0; word < words; ++word) {
    body += fmt::format("%b{0} = step.random_bits stream \"E.r\" draw {1} word {2} : i32\n"
                        "%k{3} = arith.xori %k{0}, %b{0} : i32\n%l{3} = arith.muli %k{3}, %c : i32\n",
                        word, word / 3, word % 4, word + 1);
  }
  auto program = conformance::compileStep(fmt::format(R"mlir(
    step.program @cells dt 1.0e-3 {{
      step.extent @E size {0}
      step.state @E.k of @E : i32
      step.events @E.seen of @E
      step.probe @seen of @E.seen
      step.setup {{
        step.map @E () {{
          %r = step.random_bits stream "E.k" draw 3 word 2 : i32
          step.yield @E.k = %r : i32
        }}
      }}
      step.map @E (%k0 = @E.k : i32) {{
        %c = arith.constant 747796405 : i32
        {1}
        %limit = arith.constant 0x08000000 : i32
        %f = arith.cmpi ult, %b0, %limit : i32
        step.yield @E.k = %l{2} : i32, event @E.seen if %f : i1
      }}
    }}
  )mlir",
                                                      size, body, words));
  REQUIRE(program);
  RunOptions options;
  options.steps = size > 1000 ? 2 : 20;
  requireEqual(*program, options, fmt::format("{} cells, {} words", size, words));
}

TEST_CASE("exponentials are the same bits from nothing over subnormals to the largest number",
          "[cpu][math]") {
  struct Range {
    std::string type;
    double low, exp, exp2; ///< from `low` to where the functions are largest
  };
  auto [type, low, exp, exp2] = GENERATE(Range{"f64", -1100, 709.7, 1023.9}, Range{"f32", -160, 88.7, 127.9});
  auto program =
      conformance::compileStep(fmt::format(R"mlir(
    step.program @exponentials dt 1.0e-3 {{
      step.extent @E size 1003
      step.state @E.exp of @E : {0}
      step.state @E.exp2 of @E : {0}
      step.probe @first of @E.exp
      step.probe @second of @E.exp2
      step.map @E () {{
        %bits = step.random_bits stream "E.x" draw 0 word 0 : i32
        %word = arith.uitofp %bits : i32 to {0}
        %scale = arith.constant {1} : {0}
        %low = arith.constant {2:.1f} : {0}
        %unit = arith.mulf %word, %scale : {0}
        %toExp = arith.constant {3:.1f} : {0}
        %toExp2 = arith.constant {4:.1f} : {0}
        %a = arith.mulf %unit, %toExp : {0}
        %b = arith.mulf %unit, %toExp2 : {0}
        %x = arith.addf %a, %low : {0}
        %x2 = arith.addf %b, %low : {0}
        %y = math.exp %x : {0}
        %y2 = math.exp2 %x2 : {0}
        step.yield @E.exp = %y : {0}, @E.exp2 = %y2 : {0}
      }}
      step.sample
    }}
  )mlir",
                                           type, "2.3283064365386963e-10", low, exp - low, exp2 - low));
  REQUIRE(program);
  RunOptions options;
  options.steps = 60;
  requireEqual(*program, options, type);
}

TEST_CASE("large tables run as small ones do", "[cpu][large]") {
  // EE is cut into three blocks on one thread and into two on each of two (5000 sums of 8 bytes, 16 KiB
  // each); the targets of EF need four bytes and its delays two; FE has a delay in one byte and is read back
  // from its targets.
  auto program = conformance::compileStep(R"mlir(
    step.program @large dt 1.0e-3 {
      step.extent @E size 5000
      step.extent @F size 70000
      step.state @E.v of @E : f64
      step.port @E.in of @E : f64 slots 4
      step.port @E.back of @E : f64 slots 6
      step.port @F.in of @F : i32 slots 141
      step.state @F.sum of @F : i32
      step.events @E.spike of @E
      step.events @F.spike of @F
      step.synapses @EE from @E to @E connect #step.connect<fixed_outdegree, count = 400> delay 3
      step.state @EE.w of @EE : f64
      step.synapses @EF from @E to @F connect #step.connect<fixed_outdegree, count = 30> delay @EF.d in [1, 140]
      step.state @EF.d of @EF : i32
      step.synapses @FE from @F to @E connect #step.connect<fixed_outdegree, count = 3> delay @FE.d in [1, 5]
      step.state @FE.d of @FE : i32
      step.state @FE.z of @FE : f64
      step.setup {
        step.traverse @EE all () {
          %w = step.random_bits stream "EE.w" draw 0 word 0 : i32
          %f = arith.sitofp %w : i32 to f64
          %u = arith.constant 1.0e-9 : f64
          %x = arith.mulf %f, %u : f64
          step.yield @EE.w = %x : f64
        }
        step.traverse @EF all () {
          %o = step.index ordinal : i32
          %p = step.index pre : i32
          %q = step.index post : i32
          %s = arith.addi %o, %p : i32
          %t = arith.addi %s, %q : i32
          %m = arith.constant 127 : i32
          %c = arith.constant 13 : i32
          %d = arith.andi %t, %m : i32
          %e = arith.addi %d, %c : i32
          step.yield @EF.d = %e : i32
        }
        step.traverse @FE all () {
          %s = step.index synapse : i64
          %i = arith.trunci %s : i64 to i32
          %m = arith.constant 3 : i32
          %c = arith.constant 1 : i32
          %d = arith.andi %i, %m : i32
          %e = arith.addi %d, %c : i32
          step.yield @FE.d = %e : i32
        }
      }
      step.traverse @EE emit on @E.spike (%w = @EE.w : f64) {
        step.yield port @E.in += %w : f64
      }
      step.traverse @EF emit on @E.spike () {
        %c = arith.constant 1 : i32
        step.yield port @F.in += %c : i32
      }
      step.traverse @FE arrive on @F.spike (%z = @FE.z : f64, %v = post @E.v : f64) {
        %h = arith.constant 0.5 : f64
        %a = arith.mulf %z, %h : f64
        %b = arith.addf %a, %v : f64
        step.yield @FE.z = %b : f64, port @E.back += %z : f64
      }
      step.traverse @FE back on @E.spike (%z = @FE.z : f64, %s = pre @F.sum : i32) {
        %f = arith.sitofp %s : i32 to f64
        %a = arith.addf %z, %f : f64
        step.yield @FE.z = %a : f64
      }
      step.sample
      step.map @E (%v = @E.v : f64, %in = @E.in : f64, %back = @E.back : f64) {
        %p = arith.constant 0.9 : f64
        %d = arith.mulf %v, %p : f64
        %s = arith.addf %d, %in : f64
        %x = arith.addf %s, %back : f64
        %r = step.random_bits stream "E.noise" draw 0 word 0 : i32
        %limit = arith.constant 0x04000000 : i32
        %f = arith.cmpi ult, %r, %limit : i32
        step.yield @E.v = %x : f64, event @E.spike if %f : i1
      }
      step.map @F (%n = @F.in : i32, %sum = @F.sum : i32) {
        %t = arith.addi %sum, %n : i32
        %c = arith.constant 0 : i32
        %f = arith.cmpi sgt, %n, %c : i32
        step.yield @F.sum = %t : i32, event @F.spike if %f : i1
      }
    }
  )mlir");
  REQUIRE(program);
  RunOptions options;
  options.steps = 40;
  Trace trace = conformance::run(*reference::createStepDevice(), *program, options);
  INFO(trace.error);
  REQUIRE(trace.error.empty());
  CHECK(trace.eventCount() > 9000);
  requireEqual(*program, options, "large");
}

TEST_CASE("ports that several maps have to do with hold what they should", "[cpu][ports]") {
  // Two maps read E.in, so that neither may clear it. The map that reads E.self adds to it for 0 to 3 steps
  // later; what comes for a step that has read already is gone.
  auto program = conformance::compileStep(R"mlir(
    step.program @ports dt 1.0e-3 {
      step.extent @E size 100
      step.extent @F size 1
      step.state @F.u of @F : f64
      step.state @E.a of @E : f64
      step.state @E.b of @E : f64
      step.port @E.in of @E : f64 slots 2
      step.port @E.self of @E : f64 slots 4
      step.events @E.spike of @E
      step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
      step.traverse @EE emit on @E.spike () {
        %one = arith.constant 0.1 : f64
        step.yield port @E.in += %one : f64
      }
      step.map @E (%a = @E.a : f64, %in = @E.in : f64, %self = @E.self : f64) {
        %s = arith.addf %a, %in : f64
        %t = arith.addf %s, %self : f64
        %r = step.random_bits stream "E.noise" draw 0 word 0 : i32
        %limit = arith.constant 0x20000000 : i32
        %three = arith.constant 3 : i32
        %f = arith.cmpi ult, %r, %limit : i32
        %later = arith.andi %r, %three : i32
        step.yield @E.a = %t : f64, port @E.self after %later += %in : f64, event @E.spike if %f : i1
      }
      step.map @F (%u = @F.u : f64) {
        step.yield @F.u = %u : f64
      }
      step.map @E (%b = @E.b : f64, %in = @E.in : f64) {
        %s = arith.addf %b, %in : f64
        step.yield @E.b = %s : f64
      }
    }
  )mlir");
  REQUIRE(program);
  RunOptions options;
  options.steps = 50;
  Trace trace = conformance::run(*cpu::createCpuDevice(), *program, options);
  CHECK(trace.eventCount() > 300);
  CHECK(trace.states.at("E.b")[0] > 1.0);
  requireEqual(*program, options, "ports");
}

TEST_CASE("a value that is not finite stops the run and is named", "[cpu][faults]") {
  // Element 77 is squared from 1e30 on: beyond f32 in step 0, beyond f64 in step 3 (1e240 squared).
  std::string type = GENERATE("f32", "f64");
  std::string text = R"mlir(
    step.program @growing dt 1.0e-3 {
      step.extent @E size 100
      step.state @E.x of @E : TYPE
      step.setup {
        step.map @E () {
          %i = step.index element : i32
          %c = arith.constant 77 : i32
          %is = arith.cmpi eq, %i, %c : i32
          %large = arith.constant 1.0e30 : TYPE
          %one = arith.constant 1.0 : TYPE
          %x = arith.select %is, %large, %one : TYPE
          step.yield @E.x = %x : TYPE
        }
      }
      step.map @E (%x = @E.x : TYPE) {
        %y = arith.mulf %x, %x : TYPE
        step.yield @E.x = %y : TYPE
      }
    }
  )mlir";
  for (size_t at; (at = text.find("TYPE")) != std::string::npos;) {
    text.replace(at, 4, type);
  }
  auto program = conformance::compileStep(text);
  REQUIRE(program);
  for (unsigned threads : {1u, 2u}) {
    RunOptions options;
    options.threads = threads;
    std::string error = conformance::run(*cpu::createCpuDevice(), *program, options).error;
    std::string step = type == "f32" ? "step 0" : "step 3";
    INFO(error);
    CHECK(error.find("'E.x' of element 77 is inf after " + step) != std::string::npos);
  }
}
