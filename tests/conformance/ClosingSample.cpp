// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a device shows of the next step (`sampleNext`) is what that step then shows, and showing it changes
// nothing: architecture §4, probes at the end T.
#include "targets/cpu/device/CpuDevice.h"
#include "targets/golgi/device/GolgiDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/PostSpikes.h"
#include "tests/conformance/Trace.h"
#include "tests/fuzz/RandomProgram.h"

#include "runtime/support/Error.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <functional>
#include <sstream>

using namespace nissl;
using program::Precision;

namespace {

using Make = std::function<std::unique_ptr<runtime::Device>()>;
/// Every event, and all states at both moments of one step.
struct Watcher final : runtime::StepObserver {
  Watcher(runtime::Device& device, const program::Program& program, int64_t step)
      : device(device), program(program), watched(step) {}
  void onEvents(program::Index set, int64_t step, std::span<const uint32_t> elements) override {
    events[{step, set}] = {elements.begin(), elements.end()};
  }
  void onSample(int64_t step, bool early) override {
    if (step == watched) {
      (early ? before : after) = conformance::statesOf(device, program);
    }
  }

  runtime::Device& device;
  const program::Program& program;
  int64_t watched;
  conformance::StateValues before, after;
  std::map<std::pair<int64_t, program::Index>, std::vector<uint32_t>> events;
};

void advance(runtime::Device& device, const program::Program& program, int64_t begin, int64_t end,
             runtime::StepObserver& observer, int64_t lookAt = -1) {
  for (int64_t step = begin; step < end; ++step) {
    for (size_t input = 0; input < program.inputs.size(); ++input) {
      std::vector<double> values(static_cast<size_t>(program.extents[program.inputs[input].extent].size));
      for (size_t i = 0; i < values.size(); ++i) {
        // Some saturate in fixed point.
        values[i] = (step + static_cast<int64_t>(i)) % 17 == 0 ? 1e9 : static_cast<double>(step % 5 - 2) / 4;
      }
      device.setInput(static_cast<program::Index>(input), values);
    }
    if (step == lookAt) {
      device.sampleNext(observer);
      return;
    }
    device.step(&observer);
  }
}

/// False where the program ends in an error of its own.
bool check(const Make& make, const program::Program& program, int64_t steps, unsigned threads) {
  runtime::DeviceOptions options{7, threads, 0};
  auto whole = make(), looked = make();
  whole->load(program, options);
  looked->load(program, options);
  Watcher expected(*whole, program, steps), shown(*looked, program, steps), rest(*looked, program, steps);
  try {
    advance(*whole, program, 0, 2 * steps, expected);
  } catch (const support::Error&) {
    return false;
  }
  advance(*looked, program, 0, steps, shown);
  conformance::StateValues states = conformance::statesOf(*looked, program);
  auto losses = looked->losses(), counters = looked->counters();
  // Setting the inputs again, as a session that goes on does, counts nothing twice.
  advance(*looked, program, steps, steps + 1, shown, steps);
  CHECK(shown.before == expected.before);
  CHECK(shown.after == expected.after);
  for (const auto& [key, elements] : shown.events) {
    CHECK(expected.events.at(key) == elements);
  }
  CHECK(conformance::statesOf(*looked, program) == states);
  CHECK(looked->losses() == losses);
  CHECK(looked->counters() == counters);
  advance(*looked, program, steps, 2 * steps, rest);
  CHECK(conformance::statesOf(*looked, program) == conformance::statesOf(*whole, program));
  for (const auto& [key, elements] : rest.events) {
    CHECK(expected.events.at(key) == elements);
  }
  CHECK(shown.events.size() + rest.events.size() >= expected.events.size());
  CHECK(looked->losses() == whole->losses());
  CHECK(looked->counters() == whole->counters());
  return true;
}

std::string example(const std::string& name) {
  std::ifstream file(std::string(NISSL_SOURCE_DIR) + "/examples/" + name);
  std::stringstream text;
  text << file.rdbuf();
  std::string json = text.str();
  // What it imports from its own folder.
  for (const std::string& imported : {"cells.json", "cell.json"}) {
    if (size_t at = json.find("\"" + imported + "\""); at != std::string::npos) {
      json.insert(at + 1, name.substr(0, name.find('/') + 1));
    }
  }
  return json;
}

} // namespace

TEST_CASE("the next step's sample is shown and changes nothing of a random program", "[closing]") {
  auto precision = GENERATE(Precision::F64, Precision::Fixed);
  int ran = 0;
  for (uint64_t seed = 300; seed < 306; ++seed) {
    std::string text = fuzz::randomProgram(seed, {precision, false});
    auto program = conformance::compileStep(text, seed, "cpu", 0);
    INFO(text);
    REQUIRE(program);
    bool finished = check(reference::createStepDevice, *program, 20, 1);
    CHECK(check(cpu::createCpuDevice, *program, 20, 1) == finished);
    CHECK(check(cpu::createCpuDevice, *program, 20, 2) == finished);
    ran += finished;
  }
  CHECK(ran > 3);
}

TEST_CASE("the next step's sample leaves what is due where it was", "[closing]") {
  auto program = conformance::compileStep(R"mlir(
    step.program @due dt 1.0e-3 {
      step.extent @E size 60
      step.state @E.v of @E : f64
      step.port @E.in of @E : f64 slots 8
      step.events @E.spike of @E
      step.synapses @T from @E to @E connect #step.connect<fixed_outdegree, count = 20> delay @T.d in [0, 7]
      step.state @T.d of @T : i32
      step.setup {
        step.traverse @T all () {
          %b = step.random_bits stream "T.d" draw 0 word 0 : i32
          %m = arith.constant 7 : i32
          %d = arith.andi %b, %m : i32
          step.yield @T.d = %d : i32
        }
      }
      step.traverse @T due on @E.spike () {
        %w = arith.constant 1.0 : f64
        step.yield port @E.in += %w : f64
      }
      step.sample
      step.map @E (%v = @E.v : f64, %in = @E.in : f64) {
        %x = arith.addf %v, %in : f64
        %r = step.random_bits stream "E.noise" draw 0 word 0 : i32
        %limit = arith.constant 0x10000000 : i32
        %f = arith.cmpi ult, %r, %limit : i32
        step.yield @E.v = %x : f64, event @E.spike if %f : i1
      }
    }
  )mlir");
  REQUIRE(program);
  for (unsigned threads : {1u, 2u}) {
    CHECK(check(cpu::createCpuDevice, *program, 20, threads));
  }
}

TEST_CASE("the next step's sample leaves post spikes to wait", "[closing]") {
  auto program = conformance::compileStep(conformance::postSpikes({}));
  REQUIRE(program);
  for (unsigned threads : {1u, 2u}) {
    CHECK(check(cpu::createCpuDevice, *program, 20, threads));
  }
}

TEST_CASE("the next step's sample is shown and changes nothing on the chip", "[closing]") {
  for (uint64_t seed = 300; seed < 308; ++seed) {
    std::string text = fuzz::randomProgram(seed, {Precision::Fixed, true});
    auto program = conformance::compileStep(text, seed, "golgi");
    INFO(text);
    REQUIRE(program);
    CHECK(check(golgi::createGolgiDevice, *program, 20, 1));
    CHECK(check(reference::createStepDevice, *program, 20, 1));
  }
}

TEST_CASE("the next step's sample is shown and changes nothing of a description", "[closing]") {
  std::string name = GENERATE(as<std::string>(), "founding/modulated.json", "lvpa/burst.json");
  auto program = conformance::compileDescription(example(name), Precision::F64, 0);
  REQUIRE(program);
  INFO(name);
  // lvpa/burst has a source that fires at 50 ms, in step 500: its spike is among what is shown.
  int64_t steps = name == "lvpa/burst.json" ? 500 : 40;
  CHECK(check(cpu::createCpuDevice, *program, steps, 2));
  CHECK(check(reference::createStepDevice, *program, steps, 1));
}
