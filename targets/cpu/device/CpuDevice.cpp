// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/CpuDevice.h"

#include "runtime/support/Error.h"
#include "targets/cpu/device/Backlog.h"
#include "targets/cpu/device/CodeImage.h"
#include "targets/cpu/device/Delivery.h"
#include "targets/cpu/device/Exchange.h"
#include "targets/cpu/device/Execution.h"
#include "targets/cpu/device/Memory.h"
#include "targets/cpu/device/MemoryEstimate.h"
#include "targets/cpu/device/Number.h"
#include "targets/cpu/device/Schedule.h"
#include "targets/cpu/device/ThreadTeam.h"
#include "targets/cpu/device/Undo.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

using nissl::support::Error;

namespace nissl::cpu {
namespace {

using program::ActionKind;

class CpuDevice final : public runtime::Device {
public:
  std::optional<runtime::MemoryNeed> memoryNeeded(const program::Program& asked,
                                                  const runtime::DeviceOptions& with) const override {
    return estimateMemory(asked, std::max(1u, with.threads), with.ranks ? with.ranks->size() : 1);
  }
  void load(const program::Program& loaded, const runtime::DeviceOptions& options) override;
  void setInput(program::Index input, std::span<const double> values) override;
  void step(runtime::StepObserver* observer) override { advance(1, observer); }
  int64_t advance(int64_t most, runtime::StepObserver* observer) override;
  void sampleNext(runtime::StepObserver& observer) override;
  void readState(program::Index state, int64_t begin, std::span<double> out) override;
  int64_t synapseCount(program::Index table) override {
    return static_cast<int64_t>(memory->tables[table].size());
  }
  std::map<std::string, uint64_t> losses() const override { return {{"saturations", saturations}}; }
  std::map<std::string, uint64_t> counters() const override {
    uint64_t own = execution->synapticOps();
    return {{"synaptic_ops", options.ranks ? options.ranks->sum(own) : own}};
  }

private:
  int64_t stepsAtOnce(int64_t most, const runtime::StepObserver* observer) const;
  void forgetInputs();
  void reportFaults();
  void reportFaults(uint64_t met);
  uint64_t takeLateFaults();
  void copyState(program::Index index, int64_t begin, std::span<double> out) const;
  static void copyNumbers(const std::byte* values, const program::State& state, int64_t begin,
                          std::span<double> out);

  const program::Program* program = nullptr;
  runtime::DeviceOptions options;
  CodeImage code;
  std::unique_ptr<ThreadTeam> team;
  std::unique_ptr<Memory> memory;
  std::optional<Exchange> exchange; ///< with other ranks, if there are any
  std::optional<Execution> execution;
  std::deque<Delivery> deliveries;
  std::deque<Backlog> backlogs;
  Schedule schedule;
  size_t arrive = 0;          ///< actions up to the sample, with it; 0 without a sample
  int64_t now = 0, begun = 0; ///< the next step, and the last that was begun
  int64_t quick = 1;          ///< steps that take some milliseconds
  int64_t perExchange = 1;    ///< steps that ranks do before they tell each other
  uint64_t saturations = 0;
  std::map<program::Index, uint64_t> inputSaturations; ///< of what was set for the next step
  bool inputsSet = false;
};

void CpuDevice::load(const program::Program& loaded, const runtime::DeviceOptions& chosen) {
  program = &loaded;
  options = chosen;
  options.threads = std::max(1u, options.threads);
  const program::CodeVariant& variant = chooseVariant(loaded);
  code = CodeImage(variant);
  team = std::make_unique<ThreadTeam>(options.threads);
  ForEachThread forEachThread = [&](const std::function<void(unsigned)>& work) { team->run(work); };
  memory = std::make_unique<Memory>(loaded, options.threads, options.ranks, forEachThread);
  exchange.reset();
  if (memory->share.ranks > 1) {
    exchange.emplace(loaded, *memory, *options.ranks);
  }
  execution.emplace(loaded, *memory, *team, exchange ? &*exchange : nullptr);
  saturations = 0;
  inputSaturations.clear();
  deliveries.clear();
  backlogs.clear();
  Schedule setup = bindSchedule(loaded.setup, loaded, code, *memory, deliveries, backlogs);
  execution->run(setup, {0, loaded.structureSeed}, nullptr);
  execution->setSynapticOps(0);
  if (exchange) {
    exchange->fetchStates();
  }
  memory->finishSetup(loaded, forEachThread);
  choosePortCounts(loaded, *memory, variant.isa == "x86-64-v4", forEachThread);
  deliveries = makeDeliveries(loaded, code, *memory, forEachThread);
  backlogs = makeBacklogs(loaded, code, *memory, forEachThread);
  schedule = bindSchedule(loaded.schedule, loaded, code, *memory, deliveries, backlogs);
  perExchange = exchange ? postpone(schedule, loaded, *memory) : 1;
  auto sample = std::find_if(schedule.begin(), schedule.end(), [](const BoundAction& bound) {
    return bound.action->kind == ActionKind::Sample;
  });
  arrive = sample == schedule.end() ? 0 : static_cast<size_t>(sample - schedule.begin()) + 1;
  now = options.firstStep;
}

void CpuDevice::setInput(program::Index index, std::span<const double> values) {
  const program::Input& input = program->inputs[index];
  if (static_cast<int64_t>(values.size()) != program->extents[input.extent].size) {
    throw Error::input("NS0604", "input '{}' has {} elements, found {} values", input.name,
                       program->extents[input.extent].size, values.size());
  }
  uint64_t& saturated = inputSaturations[index];
  saturated = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    saturated += !storeNumber(memory->inputs[index].data(), input.type, input.frac, static_cast<int64_t>(i),
                              values[i]);
  }
  inputsSet = true;
}

/// All of a network's steps would be too many: between two calls it can be stopped.
int64_t CpuDevice::stepsAtOnce(int64_t most, const runtime::StepObserver* observer) const {
  if (inputsSet || !backlogs.empty()) { // what waits meets a fault later than in its step
    return 1;
  }
  auto samples = [&](int64_t step) {
    return observer &&
           (observer->wantsSample(step, /*before=*/true) || observer->wantsSample(step, /*before=*/false));
  };
  int64_t steps = 1;
  const int64_t limit = std::min(most, exchange ? perExchange : quick);
  while (steps < limit && !samples(now + steps)) {
    ++steps;
  }
  return steps;
}

int64_t CpuDevice::advance(int64_t most, runtime::StepObserver* observer) {
  constexpr std::chrono::milliseconds wanted(10);
  constexpr int64_t mostAtOnce = 1024;
  begun = now;
  if (observer) {
    observer->onSample(now, /*before=*/true);
    if (arrive == 0) {
      observer->onSample(now, /*before=*/false);
    }
  }
  const int64_t steps = stepsAtOnce(most, observer);
  auto start = std::chrono::steady_clock::now();
  const int64_t good = execution->advance(schedule, {now, options.dynamicsSeed}, steps, observer);
  bool isQuick = std::chrono::steady_clock::now() - start < wanted;
  quick = isQuick ? std::min(std::max(quick, 2 * steps), mostAtOnce) : std::max<int64_t>(quick / 2, 1);
  forgetInputs();
  const int64_t end = now + std::min(good + 1, steps);
  begun = end - 1;
  reportFaults();
  return end - std::exchange(now, end);
}

void CpuDevice::sampleNext(runtime::StepObserver& observer) {
  begun = now;
  observer.onSample(now, /*before=*/true);
  if (arrive == 0) {
    observer.onSample(now, /*before=*/false);
    return;
  }
  Undo undo(*program, *memory, std::span(schedule).first(arrive));
  uint64_t keptOps = execution->synapticOps();
  std::vector<bool> keptStale = exchange ? exchange->stale : std::vector<bool>();
  execution->run(std::span(schedule).first(arrive), {now, options.dynamicsSeed}, &observer);
  reportFaults();
  undo.restore();
  execution->setSynapticOps(keptOps);
  if (exchange) {
    exchange->stale = std::move(keptStale);
  }
}

void CpuDevice::forgetInputs() {
  if (!inputsSet) {
    return;
  }
  for (Buffer& input : memory->inputs) {
    std::memset(input.data(), 0, input.size());
  }
  for (auto& [input, count] : inputSaturations) {
    saturations += std::exchange(count, 0);
  }
  inputsSet = false;
}

/// What synapses met that had waited.
uint64_t CpuDevice::takeLateFaults() {
  uint64_t met = 0;
  for (Backlog& backlog : backlogs) {
    met |= backlog.takeFaults();
  }
  return met;
}

void CpuDevice::reportFaults() { reportFaults(execution->takeFaults() | takeLateFaults()); }

void CpuDevice::reportFaults(uint64_t met) {
  if (met & faultOutOfRange) {
    throw Error::input(
        "NS0706",
        "a delay or an index that the network computed in step {} is out of its declared range; "
        "run with --device step to see which",
        begun);
  }
  if (!(met & faultNotFinite)) {
    return;
  }
  for (size_t s = 0; s < program->states.size(); ++s) {
    const program::State& state = program->states[s];
    // Other ranks look at theirs.
    Part own =
        state.ofTable ? Part{0, synapseCount(state.owner)} : memory->ranks[state.owner][memory->share.rank];
    std::vector<double> values(static_cast<size_t>(own.end - own.begin));
    copyState(static_cast<program::Index>(s), own.begin, values);
    for (size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i])) {
        throw Error::input("NS0608",
                           "'{}' of element {} is {} after step {}; check the equations, dt and the inputs",
                           state.name, own.begin + static_cast<int64_t>(i), values[i], begun);
      }
    }
  }
}

void CpuDevice::readState(program::Index index, int64_t begin, std::span<double> out) {
  const program::State& state = program->states[index];
  if (!exchange) {
    copyState(index, begin, out);
  } else if (!state.ofTable) {
    exchange->fetchState(index);
    copyState(index, begin, out);
  } else {
    std::vector<std::byte> values = memory->tables[state.owner].values(index);
    exchange->complete(state.owner, program::sizeOf(state.type), values);
    copyNumbers(values.data(), state, begin, out);
  }
  reportFaults(takeLateFaults());
}

/// What this rank has of it.
void CpuDevice::copyState(program::Index index, int64_t begin, std::span<double> out) const {
  const program::State& state = program->states[index];
  if (state.ofTable) {
    return copyNumbers(memory->tables[state.owner].values(index).data(), state, begin, out);
  }
  std::vector<std::byte> values(out.size() * program::sizeOf(state.type));
  memory->copyState(*program, index, begin, values);
  copyNumbers(values.data(), state, 0, out);
}

void CpuDevice::copyNumbers(const std::byte* values, const program::State& state, int64_t begin,
                            std::span<double> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = numberAt(values, state.type, state.frac, begin + static_cast<int64_t>(i));
  }
}

} // namespace

std::unique_ptr<runtime::Device> createCpuDevice() { return std::make_unique<CpuDevice>(); }

} // namespace nissl::cpu
