// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/device/GolgiDevice.h"

#include "runtime/support/Error.h"
#include "targets/golgi/device/StaticValues.h"
#include "targets/golgi/emulator/Chip.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

using nissl::support::Error;

namespace nissl::golgi {
namespace {

class GolgiDevice final : public runtime::Device {
public:
  void load(const program::Program& loaded, const runtime::DeviceOptions& options) override;
  void setInput(program::Index input, std::span<const double> values) override;
  void step(runtime::StepObserver* observer) override;
  void sampleNext(runtime::StepObserver& observer) override;
  void readState(program::Index state, int64_t begin, std::span<double> out) override;
  int64_t synapseCount(program::Index table) override {
    return fixed.synapses.at(static_cast<size_t>(table));
  }
  std::map<std::string, uint64_t> losses() const override {
    const Counters& counters = chip->counters();
    return {{"saturations", saturations + counters.saturations}, {"dropped_events", counters.droppedEvents}};
  }
  std::map<std::string, uint64_t> counters() const override {
    const Counters& counters = chip->counters();
    return {{"cycles", counters.cycles},
            {"cores", chip->image().cores.size()},
            {"synaptic_ops", counters.synapticOps},
            {"flit_hops", counters.flitHops},
            {"flits", counters.flits},
            {"barrier_cycles", counters.barrierCycles},
            {"core_cycles", counters.coreCycles},
            {"mesh_cycles", counters.meshCycles}};
  }

private:
  std::span<const std::byte> sectionOf(const std::string& name) const;
  const std::vector<const Symbol*>& symbolsOf(SymbolKind kind, const std::string& name) const;
  void runTicks(runtime::StepObserver* observer);
  void reportEvents(runtime::StepObserver& observer, std::span<const program::Index> sets);

  const program::Program* program = nullptr;
  std::optional<Chip> chip;
  StaticValues fixed;
  std::map<std::pair<SymbolKind, std::string>, std::vector<const Symbol*>> symbols;
  /// By (core, group, event): the events set and the element of cell 0.
  std::map<std::tuple<uint32_t, uint32_t, uint32_t>, std::pair<program::Index, uint32_t>> emitters;
  std::vector<program::Index> reported; ///< events sets in the order in which a step writes them
  size_t reportedAtStart = 0;           ///< how many of them it writes before its sample
  uint64_t saturations = 0;
  std::map<program::Index, uint64_t> inputSaturations; ///< of what was set for the next step
  int64_t now = 0;
};

std::span<const std::byte> GolgiDevice::sectionOf(const std::string& name) const {
  for (const program::Section& section : program->sections) {
    if (section.name == name) {
      return section.bytes;
    }
  }
  throw Error::input("NS0808", "the artefact has no section '{}'; compile the network with --target golgi",
                     name);
}

void GolgiDevice::load(const program::Program& loaded, const runtime::DeviceOptions& options) {
  program = &loaded;
  std::span<const std::byte> json = sectionOf("golgi.model"), bytes = sectionOf("golgi.image");
  ChipModel model =
      ChipModel::fromJson({reinterpret_cast<const char*>(json.data()), json.size()}, "section golgi.model");
  const auto* words = reinterpret_cast<const uint8_t*>(bytes.data());
  Image image = readImage(std::vector<uint8_t>(words, words + bytes.size()), model);
  chip.emplace(std::move(model), image);
  chip->setSeed(options.dynamicsSeed);
  chip->setCurrentStep(static_cast<uint64_t>(options.firstStep));
  now = options.firstStep;
  fixed = StaticValues::decode(sectionOf("golgi.static"));
  saturations = 0;
  inputSaturations.clear();
  symbols.clear();
  emitters.clear();
  reported.clear();
  reportedAtStart = 0;
  for (const Symbol& symbol : chip->image().symbols) {
    symbols[{symbol.kind, symbol.name}].push_back(&symbol);
    if (symbol.kind != SymbolKind::Event) {
      continue;
    }
    for (size_t e = 0; e < program->events.size(); ++e) {
      if (program->events[e].name == symbol.name) {
        emitters[{symbol.core, symbol.group, symbol.index}] = {static_cast<program::Index>(e), symbol.first};
      }
    }
  }
  for (const program::Action& action : program->schedule) {
    reported.insert(reported.end(), action.writesEvents.begin(), action.writesEvents.end());
    if (action.kind == program::ActionKind::Sample) {
      reportedAtStart = reported.size();
    }
  }
}

const std::vector<const Symbol*>& GolgiDevice::symbolsOf(SymbolKind kind, const std::string& name) const {
  static const std::vector<const Symbol*> nowhere;
  auto found = symbols.find({kind, name});
  return found == symbols.end() ? nowhere : found->second;
}

void GolgiDevice::setInput(program::Index index, std::span<const double> values) {
  const program::Input& input = program->inputs[static_cast<size_t>(index)];
  int64_t size = program->extents[static_cast<size_t>(input.extent)].size;
  if (static_cast<int64_t>(values.size()) != size) {
    throw Error::input("NS0604", "input '{}' has {} elements, found {} values", input.name, size,
                       values.size());
  }
  uint64_t& saturated = inputSaturations[index];
  saturated = 0;
  for (const Symbol* symbol : symbolsOf(SymbolKind::Input, input.name)) {
    for (uint32_t cell = 0; cell < symbol->count; ++cell) {
      double number = values[symbol->first + cell];
      double scaled = std::nearbyint(input.frac > 0 ? std::ldexp(number, input.frac) : number);
      double low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
      if (!(scaled >= low && scaled <= high)) {
        ++saturated;
        scaled = scaled > 0 ? high : low;
      }
      if (input.type == program::ScalarType::I1) {
        scaled = number != 0;
      }
      chip->setInput(*symbol, cell, static_cast<int32_t>(scaled));
    }
  }
}

void GolgiDevice::step(runtime::StepObserver* observer) {
  runTicks(observer);
  if (observer) {
    reportEvents(*observer, reported);
    if (fixed.sampleTick >= static_cast<int64_t>(chip->image().ticksPerStep)) {
      observer->onSample(now, /*before=*/false);
    }
  }
  for (auto& [input, count] : inputSaturations) {
    saturations += std::exchange(count, 0);
  }
  ++now;
}

void GolgiDevice::sampleNext(runtime::StepObserver& observer) {
  ChipState kept = chip->save();
  runTicks(&observer);
  reportEvents(observer, std::span(reported).first(reportedAtStart));
  if (fixed.sampleTick >= static_cast<int64_t>(chip->image().ticksPerStep)) {
    observer.onSample(now, /*before=*/false);
  }
  chip->restore(kept);
}

/// A step of the chip; the sample before arrivals, and that after them where it is not the last of all.
void GolgiDevice::runTicks(runtime::StepObserver* observer) {
  if (observer) {
    observer->onSample(now, /*before=*/true);
  }
  int64_t tick = 0;
  chip->step([&](const Tick&) {
    if (tick++ == fixed.sampleTick && observer) {
      observer->onSample(now, /*before=*/false);
    }
  });
}

void GolgiDevice::reportEvents(runtime::StepObserver& observer, std::span<const program::Index> sets) {
  std::vector<std::vector<uint32_t>> elements(program->events.size());
  for (const Spike& spike : chip->spikes()) {
    auto emitter = emitters.find({spike.core, spike.group, spike.event});
    if (emitter != emitters.end()) {
      elements[static_cast<size_t>(emitter->second.first)].push_back(emitter->second.second + spike.cell);
    }
  }
  for (program::Index set : sets) {
    std::vector<uint32_t>& happened = elements[static_cast<size_t>(set)];
    std::sort(happened.begin(), happened.end());
    observer.onEvents(set, now, happened);
  }
}

void GolgiDevice::readState(program::Index index, int64_t begin, std::span<double> out) {
  const program::State& state = program->states[static_cast<size_t>(index)];
  auto number = [&](int32_t word) { return std::ldexp(static_cast<double>(word), -std::max(0, state.frac)); };
  auto constant = fixed.values.find(index);
  if (constant != fixed.values.end()) {
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = number(constant->second.at(static_cast<size_t>(begin) + i));
    }
    return;
  }
  for (const Symbol* symbol : symbolsOf(SymbolKind::State, state.name)) {
    int64_t first = std::max<int64_t>(begin, symbol->first);
    int64_t last =
        std::min<int64_t>(begin + static_cast<int64_t>(out.size()), int64_t{symbol->first} + symbol->count);
    for (int64_t i = first; i < last; ++i) {
      out[static_cast<size_t>(i - begin)] =
          number(chip->read(*symbol, static_cast<uint32_t>(i - symbol->first)));
    }
  }
}

} // namespace

std::unique_ptr<runtime::Device> createGolgiDevice() { return std::make_unique<GolgiDevice>(); }

} // namespace nissl::golgi
