// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What ranks, here threads of one process, do besides computing what one process computes
// (CpuConformance.cpp): look ahead, count, and end together.
#include "runtime/support/Error.h"
#include "targets/cpu/device/CpuDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/InProcessRanks.h"
#include "tests/conformance/Trace.h"
#include "tests/fuzz/RandomProgram.h"

#include <catch2/catch.hpp>

#include <mutex>
#include <set>

using namespace nissl;
using conformance::RunOptions;
using conformance::Trace;

namespace {

/// All that is seen of a step.
struct Watcher final : runtime::StepObserver {
  Watcher(runtime::Device& device, const program::Program& program) : device(device), program(program) {}
  void onEvents(program::Index set, int64_t step, std::span<const uint32_t> elements) override {
    events[{step, set}] = {elements.begin(), elements.end()};
  }
  void onSample(int64_t step, bool) override { samples[step] = conformance::statesOf(device, program); }

  runtime::Device& device;
  const program::Program& program;
  std::map<int64_t, conformance::StateValues> samples;
  std::map<std::pair<int64_t, program::Index>, std::vector<uint32_t>> events;
};

/// What each rank's `work` threw, without what it threw twice.
std::set<std::string> errorsOn(unsigned size, const std::function<void(runtime::Ranks&)>& work) {
  std::mutex mutex;
  std::set<std::string> errors;
  conformance::onRanks(size, [&](runtime::Ranks& ranks) {
    std::string error = "none";
    try {
      work(ranks);
      ranks.allGather({});
    } catch (...) {
      ranks.fail(std::current_exception());
      error = runtime::errorOf(std::current_exception()).format();
    }
    std::lock_guard lock(mutex);
    errors.insert(error);
  });
  return errors;
}

/// Cell 77 of 200 grows beyond every number in step 3; nobody reads what others own.
const char* growing = R"mlir(
  step.program @growing dt 1.0e-3 {
    step.extent @E size 200
    step.state @E.x of @E : f64
    step.setup {
      step.map @E () {
        %i = step.index element : i32
        %c = arith.constant 77 : i32
        %is = arith.cmpi eq, %i, %c : i32
        %large = arith.constant 1.0e30 : f64
        %one = arith.constant 1.0 : f64
        %x = arith.select %is, %large, %one : f64
        step.yield @E.x = %x : f64
      }
    }
    step.map @E (%x = @E.x : f64) {
      %y = arith.mulf %x, %x : f64
      step.yield @E.x = %y : f64
    }
  }
)mlir";

} // namespace

TEST_CASE("ranks that look at the next step go on as if they had not", "[ranks]") {
  uint64_t seed = GENERATE(range(200, 208));
  auto program = conformance::compileStep(fuzz::randomProgram(seed, {}), seed);
  REQUIRE(program);
  constexpr int64_t steps = 15;
  std::vector<int> failed(2);
  conformance::onRanks(2, [&](runtime::Ranks& ranks) {
    runtime::DeviceOptions options{7, 1, 0, &ranks};
    auto whole = cpu::createCpuDevice(), looked = cpu::createCpuDevice();
    try {
      whole->load(*program, options);
      looked->load(*program, options);
      Watcher expected(*whole, *program), shown(*looked, *program), rest(*looked, *program);
      for (int64_t step = 0; step < 2 * steps; ++step) {
        whole->step(&expected);
        looked->step(&rest);
        if (step % 5 == 0) {
          auto counters = looked->counters();
          looked->sampleNext(shown);
          failed[ranks.rank()] += looked->counters() != counters;
        }
      }
      failed[ranks.rank()] += expected.events != rest.events || expected.samples != rest.samples;
      failed[ranks.rank()] += whole->counters() != looked->counters();
      failed[ranks.rank()] +=
          conformance::statesOf(*whole, *program) != conformance::statesOf(*looked, *program);
      for (const auto& [key, elements] : shown.events) {
        failed[ranks.rank()] += key.first < 2 * steps && expected.events.at(key) != elements;
      }
      for (const auto& [step, values] : shown.samples) {
        failed[ranks.rank()] += step < 2 * steps && expected.samples.at(step) != values;
      }
    } catch (const support::Error&) { // of the network's own
      ranks.fail(std::current_exception());
    }
  });
  CHECK(failed == std::vector<int>{0, 0});
}

TEST_CASE("ranks count together", "[ranks]") {
  auto program = conformance::compileStepFile(std::string(NISSL_SOURCE_DIR) + "/examples/step/lif_stdp.mlir");
  REQUIRE(program);
  auto countersOf = [&](runtime::Ranks* ranks) {
    auto device = cpu::createCpuDevice();
    device->load(*program, {7, 1, 0, ranks});
    for (int step = 0; step < 300; ++step) {
      device->step(nullptr);
    }
    return device->counters();
  };
  auto expected = countersOf(nullptr);
  CHECK(expected.at("synaptic_ops") > 0);
  std::vector<std::map<std::string, uint64_t>> found(3);
  conformance::onRanks(3, [&](runtime::Ranks& ranks) { found[ranks.rank()] = countersOf(&ranks); });
  for (const auto& counters : found) {
    CHECK(counters == expected);
  }
}

TEST_CASE("there may be more ranks than cells", "[ranks]") {
  auto program = conformance::compileStep(growing);
  REQUIRE(program);
  RunOptions options;
  options.steps = 2;
  Trace expected = conformance::run(*cpu::createCpuDevice(), *program, options);
  CHECK(conformance::runOnRanks(9, cpu::createCpuDevice, *program, options).differenceTo(expected).empty());
}

TEST_CASE("a state that overflows on one rank ends all with its error", "[ranks][errors]") {
  auto program = conformance::compileStep(growing);
  REQUIRE(program);
  std::set<std::string> errors = errorsOn(3, [&](runtime::Ranks& ranks) {
    auto device = cpu::createCpuDevice();
    device->load(*program, {7, 1, 0, &ranks});
    for (int step = 0; step < 8; ++step) {
      device->step(nullptr);
    }
  });
  REQUIRE(errors.size() == 1);
  CHECK(errors.begin()->find("'E.x' of element 77 is inf after step 3") != std::string::npos);
}

TEST_CASE("an observer that throws on one rank ends all with its error", "[ranks][errors]") {
  auto program = conformance::compileStep(fuzz::randomProgram(200, {}), 200);
  REQUIRE(program);
  struct Thrower final : runtime::StepObserver {
    Thrower(runtime::Device& device, const program::Program& program, bool throws, bool atEvents)
        : device(device), program(program), throws(throws), atEvents(atEvents) {}
    void onEvents(program::Index, int64_t step, std::span<const uint32_t>) override {
      if (throws && atEvents && step == 3) {
        throw support::Error::machine("NS0000", "no room for events");
      }
    }
    void onSample(int64_t step, bool before) override {
      conformance::statesOf(device, program);
      if (throws && !atEvents && step == 3 && !before) {
        throw support::Error::machine("NS0000", "no room for samples");
      }
      conformance::statesOf(device, program); // the others go on reading
    }
    runtime::Device& device;
    const program::Program& program;
    bool throws, atEvents;
  };
  bool atEvents = GENERATE(false, true);
  unsigned thrower = GENERATE(0u, 1u), threads = GENERATE(1u, 2u);
  std::set<std::string> errors = errorsOn(3, [&](runtime::Ranks& ranks) {
    auto device = cpu::createCpuDevice();
    device->load(*program, {7, threads, 0, &ranks});
    Thrower observer(*device, *program, ranks.rank() == thrower, atEvents);
    for (int step = 0; step < 20; ++step) {
      device->step(&observer);
    }
  });
  CHECK(errors == std::set<std::string>{std::string("error[NS0000]: no room for ") +
                                        (atEvents ? "events" : "samples")});
}
