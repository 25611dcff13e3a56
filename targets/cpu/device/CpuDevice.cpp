// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/CpuDevice.h"

#include "runtime/support/Error.h"
#include "targets/cpu/device/CodeImage.h"
#include "targets/cpu/device/Memory.h"
#include "targets/cpu/device/Number.h"
#include "targets/cpu/device/Reduction.h"
#include "targets/cpu/device/ThreadTeam.h"
#include "targets/cpu/device/Undo.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <optional>
#include <unordered_map>

using nissl::support::Error;

namespace nissl::cpu {
namespace {

using program::Action;
using program::ActionKind;
using program::TraverseKind;

class CpuDevice final : public runtime::Device {
public:
  void load(const program::Program& loaded, const runtime::DeviceOptions& options) override;
  void setInput(program::Index input, std::span<const double> values) override;
  void step(runtime::StepObserver* observer) override;
  void sampleNext(runtime::StepObserver& observer) override;
  void readState(program::Index state, int64_t begin, std::span<double> out) override;
  int64_t synapseCount(program::Index table) override {
    return static_cast<int64_t>(memory->tables[table].rowStart.back());
  }
  std::map<std::string, uint64_t> losses() const override { return {{"saturations", saturations}}; }
  std::map<std::string, uint64_t> counters() const override {
    uint64_t sum = 0;
    for (uint64_t part : synapticOps) {
      sum += part;
    }
    return {{"synaptic_ops", sum}};
  }

private:
  void runActions(std::span<const Action> actions, runtime::StepObserver* observer);
  void runMap(const Action& action, runtime::StepObserver* observer);
  void runTraverse(const Action& action);
  void runReduce(const Action& action);
  void noteInfinite(program::Index state);
  void push(program::Index state);
  void restore(program::Index state);
  void pointAt(program::Index kernel, unsigned part, std::vector<void*>& operands);
  void* pointerOf(const program::Operand& operand, unsigned part);
  KernelCall newCall() const;
  void visitRows(const Action& action, unsigned part, KernelFunction run, void* const* operands,
                 KernelCall& call);
  void visitList(const Action& action, unsigned part, KernelFunction run, void* const* operands,
                 KernelCall& call);
  void beginStep();
  void endStep();
  void reportFaults();
  std::vector<std::byte> tableValues(program::Index state);

  const program::Program* program = nullptr;
  runtime::DeviceOptions options;
  CodeImage code;
  std::unique_ptr<Memory> memory;
  std::unique_ptr<ThreadTeam> team;
  bool inSetup = false;
  int64_t now = 0;
  uint64_t saturations = 0;
  std::map<program::Index, uint64_t> inputSaturations; ///< of what was set for the next step
  bool inputsSet = false;
  std::vector<uint64_t> faults, synapticOps;                                     ///< by thread
  std::vector<std::vector<uint32_t>> found;                                      ///< events, by thread
  std::unordered_map<const Action*, std::deque<std::vector<uint32_t>>> arrivals; ///< newest first
};

void CpuDevice::load(const program::Program& loaded, const runtime::DeviceOptions& chosen) {
  program = &loaded;
  options = chosen;
  options.threads = std::max(1u, options.threads);
  code = CodeImage(chooseVariant(loaded));
  team = std::make_unique<ThreadTeam>(options.threads);
  memory = std::make_unique<Memory>(loaded, options.threads);
  faults.assign(options.threads, 0);
  synapticOps.assign(options.threads, 0);
  found.resize(options.threads);
  saturations = 0;
  inputSaturations.clear();
  arrivals.clear();
  now = 0;
  inSetup = true;
  runActions(program->setup, nullptr);
  inSetup = false;
  std::fill(synapticOps.begin(), synapticOps.end(), 0);
  memory->finishSetup(loaded);
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

void CpuDevice::step(runtime::StepObserver* observer) {
  beginStep();
  bool samples = std::any_of(program->schedule.begin(), program->schedule.end(),
                             [](const Action& action) { return action.kind == ActionKind::Sample; });
  if (observer) {
    observer->onSample(now, /*before=*/true);
    if (!samples) {
      observer->onSample(now, /*before=*/false);
    }
  }
  runActions(program->schedule, observer);
  endStep();
  reportFaults();
  ++now;
}

void CpuDevice::sampleNext(runtime::StepObserver& observer) {
  beginStep();
  observer.onSample(now, /*before=*/true);
  auto sample = std::find_if(program->schedule.begin(), program->schedule.end(),
                             [](const Action& action) { return action.kind == ActionKind::Sample; });
  if (sample == program->schedule.end()) {
    observer.onSample(now, /*before=*/false);
    return;
  }
  std::span<const Action> arrive(program->schedule.begin(), sample + 1);
  Undo undo(*program, *memory, arrive);
  auto keptArrivals = arrivals;
  auto keptOps = synapticOps;
  runActions(arrive, &observer);
  reportFaults();
  undo.restore();
  arrivals = std::move(keptArrivals);
  synapticOps = std::move(keptOps);
}

void CpuDevice::beginStep() {
  for (PortMemory& port : memory->ports) {
    port.ring.cursor = now % port.ring.slots;
  }
}

void CpuDevice::endStep() {
  for (size_t p = 0; p < memory->ports.size(); ++p) {
    PortMemory& port = memory->ports[p];
    size_t bytes = port.slots.size() / static_cast<size_t>(port.ring.slots);
    std::memset(port.slots.data() + bytes * static_cast<size_t>(port.ring.cursor), 0, bytes);
  }
  if (inputsSet) {
    for (Buffer& input : memory->inputs) {
      std::memset(input.data(), 0, input.size());
    }
    for (auto& [input, count] : inputSaturations) {
      saturations += std::exchange(count, 0);
    }
    inputsSet = false;
  }
}

void CpuDevice::reportFaults() {
  uint64_t met = 0;
  for (uint64_t& fault : faults) {
    met |= std::exchange(fault, 0);
  }
  if (met & faultOutOfRange) {
    throw Error::input(
        "NS0706",
        "a delay or an index that the network computed in step {} is out of its declared range; "
        "run with --device step to see which",
        now);
  }
  if (!(met & faultNotFinite)) {
    return;
  }
  for (size_t s = 0; s < program->states.size(); ++s) {
    const program::State& state = program->states[s];
    int64_t count = state.ofTable ? synapseCount(state.owner) : program->extents[state.owner].size;
    std::vector<double> values(static_cast<size_t>(count));
    readState(static_cast<program::Index>(s), 0, values);
    for (size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i])) {
        throw Error::input("NS0608",
                           "'{}' of element {} is {} after step {}; check the equations, dt and the inputs",
                           state.name, i, values[i], now);
      }
    }
  }
}

void CpuDevice::runActions(std::span<const Action> actions, runtime::StepObserver* observer) {
  for (const Action& action : actions) {
    switch (action.kind) {
    case ActionKind::Map:
      runMap(action, observer);
      break;
    case ActionKind::Traverse:
      runTraverse(action);
      break;
    case ActionKind::Push:
      push(action.subject);
      break;
    case ActionKind::Reduce:
      runReduce(action);
      noteInfinite(action.into);
      break;
    case ActionKind::Every:
      if (now % action.period == action.offset) {
        runActions(action.body, observer);
      }
      break;
    case ActionKind::When:
      if (!memory->events[action.subject].empty()) {
        runActions(action.body, observer);
      }
      break;
    case ActionKind::Restore:
      restore(action.subject);
      break;
    case ActionKind::Sample:
      if (observer) {
        observer->onSample(now, /*before=*/false);
      }
      break;
    }
  }
}

KernelCall CpuDevice::newCall() const {
  KernelCall call;
  call.step = inSetup ? 0 : static_cast<uint64_t>(now);
  call.seed = inSetup ? program->structureSeed : options.dynamicsSeed;
  return call;
}

void* CpuDevice::pointerOf(const program::Operand& operand, unsigned part) {
  using program::OperandKind;
  program::Index subject = operand.subject;
  switch (operand.kind) {
  case OperandKind::State: {
    const program::State& state = program->states[subject];
    return state.ofTable ? memory->tables[state.owner].parts[part].fields[subject].data()
                         : memory->states[subject].values.data();
  }
  case OperandKind::HistorySlot: {
    StateMemory& state = memory->states[subject];
    int64_t slot = (state.history.cursor + operand.lag) % state.history.slots;
    return state.pushed.data() + slot * static_cast<int64_t>(state.values.size());
  }
  case OperandKind::HistoryRing:
    return &memory->states[subject].history;
  case OperandKind::PortSlot: {
    PortMemory& port = memory->ports[subject];
    return port.slots.data() +
           port.slots.size() / static_cast<size_t>(port.ring.slots) * static_cast<size_t>(port.ring.cursor);
  }
  case OperandKind::PortRing:
    return &memory->ports[subject].ring;
  case OperandKind::EventMask:
    return memory->masks[subject].data();
  case OperandKind::Input:
    return memory->inputs[subject].data();
  case OperandKind::Array:
    return const_cast<std::byte*>(program->arrays[subject].bytes.data());
  case OperandKind::Target:
    return memory->tables[subject].parts[part].target.data();
  case OperandKind::Source:
    return memory->tables[subject].parts[part].source.data();
  case OperandKind::Ordinal:
    return memory->tables[subject].parts[part].ordinal.data();
  case OperandKind::Synapse:
    return memory->tables[subject].parts[part].synapse.data();
  }
  return nullptr;
}

void CpuDevice::pointAt(program::Index kernel, unsigned part, std::vector<void*>& operands) {
  for (const program::Operand& operand : program->kernels[kernel].operands) {
    operands.push_back(pointerOf(operand, part));
  }
}

void CpuDevice::runMap(const Action& action, runtime::StepObserver* observer) {
  KernelFunction run = code.kernel(action.kernel);
  bool single = action.writesEvents.size() == 1;
  team->run([&](unsigned thread) {
    Part owned = memory->parts[action.subject][thread];
    std::vector<void*> operands;
    pointAt(action.kernel, thread, operands);
    KernelCall call = newCall();
    call.begin = owned.begin;
    call.end = owned.end;
    if (call.begin < call.end) {
      run(operands.data(), &call);
    }
    faults[thread] |= call.faults;
    if (single) { // usual: compact in parallel
      const auto* mask = memory->masks[action.writesEvents.front()].as<uint8_t>();
      std::vector<uint32_t>& own = found[thread];
      own.resize(static_cast<size_t>(owned.end - owned.begin) + 1);
      size_t count = 0;
      for (int64_t i = owned.begin; i < owned.end; ++i) { // branch-free: always store, advance on an event
        own[count] = static_cast<uint32_t>(i);
        count += mask[i];
      }
      own.resize(count);
    }
  });
  for (program::Index set : action.writesEvents) {
    std::vector<uint32_t>& events = memory->events[set];
    events.clear();
    if (single) {
      for (const std::vector<uint32_t>& own : found) {
        events.insert(events.end(), own.begin(), own.end());
      }
    } else {
      const auto* mask = memory->masks[set].as<uint8_t>();
      for (size_t i = 0; i < memory->masks[set].size(); ++i) {
        if (mask[i]) {
          events.push_back(static_cast<uint32_t>(i));
        }
      }
    }
    if (observer) {
      observer->onEvents(set, now, events);
    }
  }
}

void CpuDevice::runTraverse(const Action& action) {
  const program::Table& table = program->tables[action.subject];
  if (action.traverse == TraverseKind::Arrive) {
    std::deque<std::vector<uint32_t>>& seen = arrivals[&action];
    seen.push_front(memory->events[action.events]);
    if (static_cast<int64_t>(seen.size()) > table.maxDelay + 1) {
      seen.pop_back();
    }
  }
  KernelFunction run = code.kernel(action.kernel);
  bool list = program->kernels[action.kernel].kind == program::KernelKind::List;
  team->run([&](unsigned thread) {
    std::vector<void*> operands;
    pointAt(action.kernel, thread, operands);
    KernelCall call = newCall();
    if (list) {
      visitList(action, thread, run, operands.data(), call);
    } else {
      visitRows(action, thread, run, operands.data(), call);
    }
    faults[thread] |= call.faults;
  });
}

void CpuDevice::visitRows(const Action& action, unsigned number, KernelFunction run, void* const* operands,
                          KernelCall& call) {
  const program::Table& table = program->tables[action.subject];
  const TablePart& part = memory->tables[action.subject].parts[number];
  auto segment = [&](int64_t source, uint64_t begin, uint64_t end) {
    if (begin == end) {
      return;
    }
    call.source = source;
    call.begin = static_cast<int64_t>(begin);
    call.end = static_cast<int64_t>(end);
    run(operands, &call);
    synapticOps[number] += end - begin;
  };
  auto row = [&](int64_t source) {
    int64_t r = source - table.sourceBegin;
    if (r >= 0 && r < table.sourceEnd - table.sourceBegin) {
      segment(source, part.rowStart[r], part.rowStart[r + 1]);
    }
  };
  if (action.traverse == TraverseKind::All) {
    for (int64_t source = table.sourceBegin; source < table.sourceEnd; ++source) {
      row(source);
    }
    return;
  }
  if (action.traverse == TraverseKind::Emit) {
    for (uint32_t source : memory->events[action.events]) {
      row(source);
    }
    return;
  }
  const std::deque<std::vector<uint32_t>>& seen = arrivals.at(&action);
  const int32_t* delay = part.sortedByDelay ? part.fields[table.delayField].as<int32_t>() : nullptr;
  for (int64_t ago = static_cast<int64_t>(seen.size()) - 1; ago >= table.minDelay; --ago) {
    for (uint32_t source : seen[static_cast<size_t>(ago)]) {
      int64_t r = static_cast<int64_t>(source) - table.sourceBegin;
      if (r < 0 || r >= table.sourceEnd - table.sourceBegin) {
        continue;
      }
      uint64_t begin = part.rowStart[r], end = part.rowStart[r + 1];
      if (delay) {
        auto [first, last] = std::equal_range(delay + begin, delay + end, static_cast<int32_t>(ago));
        begin = static_cast<uint64_t>(first - delay);
        end = static_cast<uint64_t>(last - delay);
      } else if (ago != table.minDelay) {
        continue;
      }
      segment(source, begin, end);
    }
  }
}

void CpuDevice::visitList(const Action& action, unsigned number, KernelFunction run, void* const* operands,
                          KernelCall& call) {
  const TablePart& part = memory->tables[action.subject].parts[number];
  auto visit = [&](const std::vector<uint32_t>& list, uint64_t begin, uint64_t end) {
    call.list = list.data();
    call.begin = static_cast<int64_t>(begin);
    call.end = static_cast<int64_t>(end);
    if (begin < end) {
      run(operands, &call);
      synapticOps[number] += end - begin;
    }
  };
  if (action.traverse == TraverseKind::Back) {
    Part owned = memory->parts[program->tables[action.subject].target][number];
    for (uint32_t target : memory->events[action.events]) {
      int64_t t = static_cast<int64_t>(target) - owned.begin;
      if (t >= 0 && target < owned.end) {
        visit(part.ofTarget, part.targetStart[t], part.targetStart[t + 1]);
      }
    }
    return;
  }
  std::vector<uint32_t> plain;
  const std::vector<uint32_t>* order = &part.inOrder;
  if (!part.sortedByDelay) {
    for (uint32_t s = 0; s < part.target.size(); ++s) {
      plain.push_back(s);
    }
    order = &plain;
  }
  visit(*order, 0, order->size());
}

void CpuDevice::push(program::Index index) {
  StateMemory& state = memory->states[index];
  state.history.cursor = (state.history.cursor + state.history.slots - 1) % state.history.slots;
  std::memcpy(state.pushed.data() + state.history.cursor * static_cast<int64_t>(state.values.size()),
              state.values.data(), state.values.size());
}

void CpuDevice::restore(program::Index index) {
  StateMemory& state = memory->states[index];
  std::memcpy(state.values.data(), state.initial.data(), state.values.size());
}

/// A table's state in table order.
std::vector<std::byte> CpuDevice::tableValues(program::Index index) {
  const program::State& state = program->states[index];
  size_t width = program::sizeOf(state.type);
  std::vector<std::byte> values(width * static_cast<size_t>(synapseCount(state.owner)));
  for (const TablePart& part : memory->tables[state.owner].parts) {
    for (size_t s = 0; s < part.synapse.size(); ++s) {
      std::memcpy(values.data() + width * static_cast<size_t>(part.synapse[s]),
                  part.fields[index].data() + width * s, width);
    }
  }
  return values;
}

void CpuDevice::runReduce(const Action& action) {
  const program::State& source = program->states[action.subject];
  size_t width = program::sizeOf(source.type);
  std::byte* into = memory->states[action.into].values.data();
  if (!source.ofTable) {
    size_t count = static_cast<size_t>(program->extents[source.owner].size);
    reduceArray(action.reduce, source.type, memory->states[action.subject].values.data(), count, into);
    return;
  }
  std::vector<std::byte> values = tableValues(action.subject);
  const TableMemory& table = memory->tables[source.owner];
  if (action.by == program::ReduceBy::All) {
    reduceArray(action.reduce, source.type, values.data(), values.size() / width, into);
    return;
  }
  std::vector<std::vector<std::byte>> groups(
      static_cast<size_t>(program->extents[program->states[action.into].owner].size));
  std::vector<uint32_t> key(values.size() / width);
  for (const TablePart& part : table.parts) {
    for (size_t s = 0; s < part.synapse.size(); ++s) {
      key[static_cast<size_t>(part.synapse[s])] =
          action.by == program::ReduceBy::Pre ? part.source[s] : part.target[s];
    }
  }
  for (size_t s = 0; s < key.size(); ++s) {
    std::vector<std::byte>& group = groups[key[s]];
    group.insert(group.end(), values.begin() + static_cast<ptrdiff_t>(s * width),
                 values.begin() + static_cast<ptrdiff_t>((s + 1) * width));
  }
  for (size_t g = 0; g < groups.size(); ++g) {
    reduceArray(action.reduce, source.type, groups[g].data(), groups[g].size() / width, into + g * width);
  }
}

/// An empty minimum or maximum is infinite, which no kernel sees.
void CpuDevice::noteInfinite(program::Index index) {
  const program::State& state = program->states[index];
  const std::byte* values = memory->states[index].values.data();
  for (int64_t i = 0; i < program->extents[state.owner].size; ++i) {
    if (!std::isfinite(numberAt(values, state.type, state.frac, i))) {
      faults[0] |= faultNotFinite;
    }
  }
}

void CpuDevice::readState(program::Index index, int64_t begin, std::span<double> out) {
  const program::State& state = program->states[index];
  std::vector<std::byte> gathered;
  const std::byte* values = memory->states[index].values.data();
  if (state.ofTable) {
    gathered = tableValues(index);
    values = gathered.data();
  }
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = numberAt(values, state.type, state.frac, begin + static_cast<int64_t>(i));
  }
}

} // namespace

std::unique_ptr<runtime::Device> createCpuDevice() { return std::make_unique<CpuDevice>(); }

} // namespace nissl::cpu
