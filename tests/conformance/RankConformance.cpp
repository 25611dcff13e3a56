// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What ranks, here threads of one process, do besides computing what one process computes
// (CpuConformance.cpp): look ahead, count, and end together.
#include "runtime/support/Error.h"
#include "targets/cpu/device/CpuDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/InProcessRanks.h"
#include "tests/conformance/Trace.h"
#include "tests/fuzz/RandomProgram.h"

#include <catch2/catch.hpp>

#include <algorithm>
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
  void onSample(int64_t step, bool) override {
    if (samplesAll) {
      samples[step] = conformance::statesOf(device, program);
    }
  }
  bool wantsSample(int64_t, bool) const override { return samplesAll; }

  bool samplesAll = true;
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

/// Cell 77 of 200 grows beyond every number in step 4; nobody reads what others own.
const char* growing = R"mlir(
  step.program @growing dt 1.0e-3 {
    step.extent @E size 200
    step.state @E.x of @E : f64
    step.setup {
      step.map @E () {
        %i = step.index element : i32
        %c = arith.constant 77 : i32
        %is = arith.cmpi eq, %i, %c : i32
        %large = arith.constant 1.0e15 : f64
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

/// What a cell sends is what it has when it sends, which its synapses bring five steps later.
const char* graded = R"mlir(
  step.program @graded dt 1.0e-3 {
    step.extent @E size 300
    step.state @E.x of @E : f64
    step.port @E.in of @E : f64 slots 6
    step.events @E.spike of @E
    step.synapses @EE from @E to @E connect #step.connect<fixed_outdegree, count = 20> delay 5
    step.traverse @EE emit on @E.spike (%x = pre @E.x : f64) {
      step.yield port @E.in += %x : f64
    }
    step.map @E (%x = @E.x : f64, %in = @E.in : f64) {
      %r = step.random_bits stream "E.noise" draw 0 word 0 : i32
      %limit = arith.constant 0x20000000 : i32
      %f = arith.cmpi ult, %r, %limit : i32
      %one = arith.constant 1.0 : f64
      %keep = arith.constant 0.9 : f64
      %scaled = arith.constant 1.0e-2 : f64
      %old = arith.mulf %x, %keep : f64
      %more = arith.mulf %in, %scaled : f64
      %sum = arith.addf %old, %more : f64
      %y = arith.addf %sum, %one : f64
      step.yield @E.x = %y : f64, event @E.spike if %f : i1
    }
  }
)mlir";

/// Counts how often ranks tell each other something.
class CountingRanks final : public runtime::Ranks {
public:
  explicit CountingRanks(runtime::Ranks& inner) : Ranks(inner.rank(), inner.size()), inner(inner) {}
  int count = 0;

private:
  void exchange(std::span<const std::byte> own, std::vector<std::vector<std::byte>>& all) override {
    ++count;
    const Messages& messages = inner.allGather(own);
    for (unsigned rank = 0; rank < size(); ++rank) {
      all[rank].assign(messages[rank].begin(), messages[rank].end());
    }
  }

  runtime::Ranks& inner;
};

/// Static synapses: of one delay, of few, and of many per delay, which arrive as what is due. `delay` is the
/// shortest.
std::string farNetwork(const std::string& delay) {
  return R"json({
    "nissl": 1, "name": "far", "dt": "0.1 ms", "seed": 3,
    "cells": { "lif": {
      "equations": ["dv/dt = -v/(10*ms)"], "initial": { "v": { "uniform": ["0 mV", "8 mV"] } },
      "ports": { "in": { "unit": "mV", "on_input": ["v += in"] }, "far": { "unit": "mV", "on_input": ["v += far"] } },
      "events": { "spike": { "when": "v > 8*mV", "do": ["v = 0*mV"] } } } },
    "populations": { "E": { "cell": "lif", "size": 500 }, "I": { "cell": "lif", "size": 150 } },
    "projections": {
      "IE": { "from": "I", "to": "E.far", "connect": { "fixed_outdegree": 250 },
              "weight": { "uniform": ["-0.3 mV", "0 mV"] }, "delay": { "uniform": ["0.6 ms", "2 ms"] } },
      "EE": { "from": "E", "to": "E.in", "connect": { "probability": 0.05 }, "weight": "0.3 mV", "delay": "1.5 ms" },
      "EI": { "from": "E", "to": "I.in", "connect": { "fixed_outdegree": 9 },
              "weight": { "uniform": ["0.2 mV", "0.9 mV"] }, "delay": { "uniform": [")json" +
         delay + R"json( ms", "2 ms"] } },
      "II": { "from": "I", "to": "I.in", "connect": { "probability": 0.1 }, "weight": "-0.4 mV", "delay": "0.8 ms" }
    },
    "inputs": {
      "e": { "to": "E.in", "drive": { "rate": "10 Hz", "count": 1000, "weight": "0.2 mV" } },
      "i": { "to": "I.in", "drive": { "rate": "10 Hz", "count": 1000, "weight": "0.2 mV" } }
    },
    "probes": { "v": { "of": "I.v", "every": "1.3 ms" } }
  })json";
}

} // namespace

TEST_CASE("ranks tell each other once in the least delay", "[ranks]") {
  auto [delay, interval] = GENERATE(std::pair("0.4", 5), std::pair("0.1", 2), std::pair("0", 1));
  auto program = conformance::compileDescription(farNetwork(delay));
  REQUIRE(program);
  for (program::TraverseKind kind : {program::TraverseKind::Emit, program::TraverseKind::Due}) {
    REQUIRE(std::any_of(program->schedule.begin(), program->schedule.end(),
                        [&](const program::Action& action) { return action.traverse == kind; }));
  }
  RunOptions options;
  options.steps = 203;
  Trace expected = conformance::run(*reference::createStepDevice(), *program, options);
  REQUIRE(expected.eventCount() > 700);
  auto [ranks, threads] = GENERATE(std::pair(2u, 1u), std::pair(2u, 2u), std::pair(3u, 1u));
  options.threads = threads;
  for (bool probes : {true, false}) { // a sample ends what is told at once
    options.probes = probes;
    CHECK(conformance::runOnRanks(ranks, cpu::createCpuDevice, *program, options).differenceTo(expected) ==
          "");
    expected.samples.clear();
  }
  std::vector<int> counts(ranks);
  conformance::onRanks(ranks, [&, threads = threads](runtime::Ranks& inner) {
    CountingRanks counting(inner);
    auto device = cpu::createCpuDevice();
    device->load(*program, {7, threads, 0, &counting});
    int before = counting.count;
    Watcher watcher(*device, *program);
    watcher.samplesAll = false;
    for (int64_t step = 0; step < options.steps;) {
      step += device->advance(options.steps - step, &watcher);
    }
    counts[counting.rank()] = counting.count - before;
  });
  CHECK(counts == std::vector<int>(ranks, static_cast<int>((options.steps + interval - 1) / interval)));
}

TEST_CASE("ranks tell each other in every step what synapses read", "[ranks]") {
  auto program = conformance::compileStep(graded);
  REQUIRE(program);
  RunOptions options;
  options.steps = 40;
  Trace expected = conformance::run(*reference::createStepDevice(), *program, options);
  REQUIRE(expected.eventCount() > 700);
  CHECK(conformance::runOnRanks(2, cpu::createCpuDevice, *program, options).differenceTo(expected) == "");
}

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
  auto advance = [&](unsigned threads, runtime::Ranks* ranks) {
    auto device = cpu::createCpuDevice();
    device->load(*program, {7, threads, 0, ranks});
    for (int64_t step = 0; step < 8;) {
      step += device->advance(8 - step, nullptr);
    }
  };
  std::set<std::string> errors = errorsOn(3, [&](runtime::Ranks& ranks) { advance(1, &ranks); });
  REQUIRE(errors.size() == 1);
  CHECK(errors.begin()->find("'E.x' of element 77 is inf after step 4") != std::string::npos);
  for (unsigned threads : {1u, 3u}) { // which do steps 3 to 6 at once
    CHECK_THROWS_WITH(advance(threads, nullptr), Catch::Contains("'E.x' of element 77 is inf after step 4"));
  }
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
