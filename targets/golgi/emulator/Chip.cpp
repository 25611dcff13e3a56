// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/emulator/Chip.h"

#include "targets/golgi/model/CycleModel.h"

#include <algorithm>
#include <bit>

using nissl::support::Error;

namespace nissl::golgi {

static constexpr uint64_t stepLimit = uint64_t{1} << 48;

template <typename Found, typename Limit>
static void requireBelow(std::string_view what, Found found, Limit limit) {
  if (found >= limit) {
    throw Error::bug("NS0805", "golgi host port: {} {}, expected one below {}", what, found, limit);
  }
}

Chip::Chip(ChipModel model, const Image& image)
    : chip(std::move(model)), contents(image), coreOfRouter(chip.cores(), -1),
      mesh(chip.width(), chip.height(), chip.fifoDepth()) {
  check(image, chip);
  cores.reserve(image.cores.size());
  for (const CoreImage& core : image.cores) {
    coreOfRouter[core.y * chip.width() + core.x] = static_cast<int32_t>(cores.size());
    cores.emplace_back(core);
  }
}

void Chip::step(const Sample& sample) {
  events.clear();
  for (uint32_t i = 0; i < contents.ticksPerStep; ++i) {
    runTick(sample);
  }
  for (Core& core : cores) {
    core.clearInputs();
  }
}

void Chip::runTick(const Sample& sample) {
  Tick now{tick, tick / contents.ticksPerStep, tick % contents.ticksPerStep};
  std::vector<uint64_t> cycles(cores.size(), 0);
  for (size_t i = 0; i < cores.size(); ++i) {
    cycles[i] = cores[i].deliver(now, counts);
  }
  if (sample) {
    sample(now);
  }
  for (size_t i = 0; i < cores.size(); ++i) {
    cycles[i] += cores[i].update(now, randomSeed, counts);
    recordSpikes(static_cast<uint32_t>(i));
  }
  uint64_t slowest = cycles.empty() ? 0 : *std::max_element(cycles.begin(), cycles.end());
  uint64_t meshCycles = emit();
  uint64_t barriers = 2 * golgi::barrierCycles(chip);
  ++counts.ticks;
  counts.coreCycles += slowest;
  counts.meshCycles += meshCycles;
  counts.barrierCycles += barriers;
  counts.cycles += slowest + meshCycles + barriers;
  ++tick;
}

uint64_t Chip::emit() {
  std::vector<Emitter> emitters;
  for (const Core& core : cores) {
    std::vector<uint32_t> words;
    for (uint32_t index : core.activeGroups()) {
      const Group& group = core.image().groups[index];
      uint32_t first = group.spikeBase / ChipModel::scanBits;
      uint32_t count = group.events * pad64(group.cells) / ChipModel::scanBits;
      for (uint32_t i = 0; i < count; ++i) {
        words.push_back(first + i);
      }
    }
    uint32_t router = core.image().y * chip.width() + core.image().x;
    emitters.emplace_back(router, std::move(words), core.spikeMask(), core.image().axonPointers,
                          core.image().axonsOut);
  }
  MeshResult result = mesh.drain(emitters, [&](uint32_t router, Flit flit, uint64_t) {
    AxonOut event = AxonOut::decode(flit);
    cores[static_cast<size_t>(coreOfRouter[router])].setEvent(tick + 1 + event.delay, event.axon);
  });
  counts.flits += result.flits;
  counts.flitHops += result.hops;
  return result.cycles;
}

void Chip::recordSpikes(uint32_t index) {
  const Core& core = cores[index];
  for (uint32_t groupIndex : core.activeGroups()) {
    const Group& group = core.image().groups[groupIndex];
    uint32_t wordsPerEvent = pad64(group.cells) / ChipModel::scanBits;
    for (uint32_t word = 0; word < group.events * wordsPerEvent; ++word) {
      uint64_t bits = core.spikeMask()[group.spikeBase / ChipModel::scanBits + word];
      for (; bits != 0; bits &= bits - 1) {
        uint32_t cell =
            word % wordsPerEvent * ChipModel::scanBits + static_cast<uint32_t>(std::countr_zero(bits));
        events.push_back({index, groupIndex, word / wordsPerEvent, cell});
      }
    }
  }
}

//===-- The host port ----------------------------------------------------------------------------===//

Core& Chip::coreAt(uint32_t core) {
  requireBelow("core", core, cores.size());
  return cores[core];
}
const Core& Chip::coreAt(uint32_t core) const {
  requireBelow("core", core, cores.size());
  return cores[core];
}

void Chip::inject(uint32_t core, uint32_t axon, uint32_t delay) {
  Core& target = coreAt(core);
  requireBelow("axon", axon, target.image().axonsIn.size());
  requireBelow("delay", delay, uint32_t{ChipModel::eventSlots});
  target.setEvent(tick + delay, axon);
}

void Chip::setInput(uint32_t core, uint32_t word, int32_t value) {
  Core& target = coreAt(core);
  requireBelow("input word", word, target.image().inputWords);
  target.setInput(word, value);
}

int32_t Chip::readState(uint32_t core, uint32_t word) const {
  const std::vector<int32_t>& state = coreAt(core).save().state;
  requireBelow("state word", word, state.size());
  return state[word];
}

void Chip::writeState(uint32_t core, uint32_t word, int32_t value) {
  std::vector<int32_t>& state = coreAt(core).state();
  requireBelow("state word", word, state.size());
  state[word] = value;
}

const Group& Chip::groupOf(const Symbol& symbol, SymbolKind kind, uint32_t cell) const {
  if (symbol.kind != kind) {
    throw Error::bug("NS0805", "golgi host port: symbol '{}' has kind {}, expected kind {}", symbol.name,
                     static_cast<unsigned>(symbol.kind), static_cast<unsigned>(kind));
  }
  const std::vector<Group>& groups = coreAt(symbol.core).image().groups;
  requireBelow("group", symbol.group, groups.size());
  requireBelow("cell", cell, groups[symbol.group].cells);
  return groups[symbol.group];
}

int32_t Chip::read(const Symbol& symbol, uint32_t cell) const {
  if (symbol.kind == SymbolKind::Port) {
    const Group& group = groupOf(symbol, SymbolKind::Port, cell);
    requireBelow("port", symbol.index, group.ports);
    size_t word = group.accBase + size_t{symbol.index} * pad4(group.cells) + cell;
    return static_cast<int32_t>(coreAt(symbol.core).plane(tick)[word]);
  }
  const Group& group = groupOf(symbol, SymbolKind::State, cell);
  return readState(symbol.core, group.stateBase + symbol.index * pad4(group.cells) + cell);
}

void Chip::write(const Symbol& symbol, uint32_t cell, int32_t value) {
  const Group& group = groupOf(symbol, SymbolKind::State, cell);
  writeState(symbol.core, group.stateBase + symbol.index * pad4(group.cells) + cell, value);
}

void Chip::setInput(const Symbol& symbol, uint32_t cell, int32_t value) {
  const Group& group = groupOf(symbol, SymbolKind::Input, cell);
  setInput(symbol.core, group.inputBase + symbol.index * pad4(group.cells) + cell, value);
}

void Chip::inject(const Symbol& symbol, uint32_t element) {
  if (symbol.kind != SymbolKind::Axon) {
    throw Error::bug("NS0805", "golgi host port: symbol '{}' is no axon", symbol.name);
  }
  requireBelow("element", element, symbol.count);
  inject(symbol.core, symbol.index + element, symbol.delay);
}

void Chip::setCurrentStep(uint64_t step) {
  requireBelow("step", step, stepLimit);
  tick = step * contents.ticksPerStep;
}

ChipState Chip::save() const {
  ChipState state{tick, randomSeed, counts, {}};
  for (const Core& core : cores) {
    state.cores.push_back(core.save());
  }
  return state;
}

void Chip::restore(const ChipState& state) {
  bool fits = state.cores.size() == cores.size();
  for (size_t i = 0; fits && i < cores.size(); ++i) {
    const CoreState& mine = cores[i].save();
    const CoreState& saved = state.cores[i];
    fits = mine.state.size() == saved.state.size() && mine.accumulators.size() == saved.accumulators.size() &&
           mine.events.size() == saved.events.size();
  }
  if (!fits) {
    throw Error::input("NS0805",
                       "golgi state: it was saved from another image ({} cores, expected {}, or other sizes)",
                       state.cores.size(), cores.size());
  }
  tick = state.tick;
  randomSeed = state.seed;
  counts = state.counters;
  for (size_t i = 0; i < cores.size(); ++i) {
    cores[i].restore(state.cores[i]);
  }
}

} // namespace nissl::golgi
