// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/BuildImage.h"

#include "targets/golgi/emulator/SynapseRow.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace nissl::golgi {
namespace {

uint32_t pad(int64_t count, int64_t to) { return static_cast<uint32_t>((count + to - 1) / to * to); }

/// Where a slice's memories begin on its core, and its groups by map.
struct SliceBases {
  uint32_t state = 0, parameter = 0, acc = 0, input = 0;
  std::vector<int> groupOfMap; ///< -1 where the map is another extent's
};

class Builder {
public:
  Builder(const ChipProgram& program, const MapCode& code, const Placement& placement,
          const InitialState& initialState, const ChipModel& model)
      : program(program), code(code), placement(placement), initialState(initialState), model(model) {}

  BuiltImage build() {
    built.image.modelHash = model.hash();
    built.image.ticksPerStep = program.ticksPerStep;
    if (placement.cores.size() > model.cores()) {
      built.shortage = fmt::format("cores: {} wanted, {} available", placement.cores.size(), model.cores());
      return std::move(built);
    }
    for (unsigned core = 0; core < placement.cores.size(); ++core) {
      layOutCore(core);
    }
    connect();
    for (unsigned core = 0; core < built.image.cores.size() && built.fits(); ++core) {
      std::vector<Shortage> shortages = model.shortages(usageOf(built.image.cores[core]));
      if (!shortages.empty()) {
        built.shortage = fmt::format("core {}: {}", core, describe(shortages));
      }
    }
    return std::move(built);
  }

private:
  //===-- Groups and their memories ------------------------------------------------------------===//

  void layOutCore(unsigned number) {
    CoreImage& core = built.image.cores.emplace_back();
    core.x = number % model.width();
    core.y = number / model.width();
    core.constants = code.pool.constants;
    core.lut = code.pool.lut;
    core.tables = code.pool.tables;
    std::vector<int> entryOfMap(program.maps.size(), -1);
    std::vector<SliceBases>& slices = bases.emplace_back();
    for (const Slice& slice : placement.cores[number]) {
      slices.push_back(layOutSlice(core, slice));
    }
    uint32_t spikes = 0;
    // Groups run in the order of the table, which is the order of the maps in the program.
    for (unsigned m = 0; m < program.maps.size(); ++m) {
      for (unsigned s = 0; s < slices.size(); ++s) {
        slices[s].groupOfMap.resize(program.maps.size(), -1);
        if (program.maps[m].cell == placement.cores[number][s].cell) {
          slices[s].groupOfMap[m] = static_cast<int>(core.groups.size());
          addGroup(number, core, m, placement.cores[number][s], slices[s], entryOfMap, spikes);
        }
      }
    }
    core.accPlane = pad(core.accPlane, 8);
    addStateSymbols(number);
  }

  SliceBases layOutSlice(CoreImage& core, const Slice& slice) {
    const CellLayout& cell = program.cells[slice.cell];
    uint32_t stride = pad(slice.count, 4);
    SliceBases result;
    result.state = static_cast<uint32_t>(core.state.size());
    result.parameter = static_cast<uint32_t>(core.parameters.size());
    result.acc = core.accPlane;
    result.input = core.inputWords;
    core.state.resize(core.state.size() + stride * (cell.states.size() + cell.spillWords));
    for (unsigned word = 0; word < cell.states.size(); ++word) {
      const std::vector<int32_t>& values = initialState(slice.cell, word);
      std::copy_n(values.begin() + slice.first, slice.count,
                  core.state.begin() + result.state + word * stride);
    }
    core.parameters.resize(core.parameters.size() + stride * cell.parameterHalfwords);
    for (const auto& entry : cell.parameters) {
      const Parameter& parameter = entry.second;
      for (int64_t i = 0; !parameter.uniform && i < slice.count; ++i) {
        int32_t value = parameter.values[static_cast<size_t>(slice.first + i)];
        auto at = result.parameter + parameter.halfword * stride + static_cast<uint32_t>(i);
        core.parameters[at] = static_cast<int16_t>(value);
        if (parameter.wide) {
          core.parameters[at + stride] = static_cast<int16_t>(value >> 16);
        }
      }
    }
    core.accPlane += stride * static_cast<uint32_t>(cell.ports.size());
    core.inputWords += stride * static_cast<uint32_t>(cell.inputs.size());
    return result;
  }

  void addGroup(unsigned number, CoreImage& core, unsigned m, const Slice& slice, const SliceBases& at,
                std::vector<int>& entryOfMap, uint32_t& spikes) {
    const MapPlan& map = program.maps[m];
    const CellLayout& cell = program.cells[map.cell];
    if (entryOfMap[m] < 0) {
      entryOfMap[m] = static_cast<int>(core.program.size());
      core.program.insert(core.program.end(), code.words[m].begin(), code.words[m].end());
    }
    Group group;
    group.cells = static_cast<uint32_t>(slice.count);
    group.stateBase = at.state;
    group.stateWords = static_cast<uint32_t>(cell.states.size()) + cell.spillWords;
    group.parameterBase = at.parameter;
    group.parameterHalfwords = cell.parameterHalfwords;
    group.accBase = at.acc;
    group.ports = static_cast<uint32_t>(cell.ports.size());
    group.inputBase = at.input;
    group.inputs = static_cast<uint32_t>(cell.inputs.size());
    group.spikeBase = spikes;
    group.events = static_cast<uint32_t>(map.events.size());
    group.entry = static_cast<uint32_t>(entryOfMap[m]);
    group.length = static_cast<uint32_t>(code.words[m].size());
    group.idBase = static_cast<uint32_t>(slice.first);
    group.period = static_cast<uint32_t>(map.period);
    group.offset = static_cast<uint32_t>(map.offset);
    group.stratum = map.stratum;
    spikes += group.events * pad(slice.count, 64);
    for (unsigned e = 0; e < map.events.size(); ++e) {
      addSymbol(SymbolKind::Event, map.events[e], number, static_cast<uint32_t>(core.groups.size()), e,
                slice);
    }
    core.groups.push_back(group);
  }

  void addSymbol(SymbolKind kind, const std::string& name, unsigned core, uint32_t group, uint32_t index,
                 const Slice& slice) {
    built.image.symbols.push_back({kind, name, core, group, index, static_cast<uint32_t>(slice.first),
                                   static_cast<uint32_t>(slice.count), 0});
  }

  void addStateSymbols(unsigned number) {
    for (unsigned s = 0; s < bases[number].size(); ++s) {
      const Slice& slice = placement.cores[number][s];
      const CellLayout& cell = program.cells[slice.cell];
      auto group = std::find_if(bases[number][s].groupOfMap.begin(), bases[number][s].groupOfMap.end(),
                                [](int g) { return g >= 0; });
      if (group == bases[number][s].groupOfMap.end()) {
        continue;
      }
      for (unsigned word = 0; word < cell.states.size(); ++word) {
        addSymbol(SymbolKind::State, cell.states[word], number, static_cast<uint32_t>(*group), word, slice);
      }
      for (unsigned input = 0; input < cell.inputs.size(); ++input) {
        addSymbol(SymbolKind::Input, cell.inputs[input], number, static_cast<uint32_t>(*group), input, slice);
      }
    }
  }

  //===-- Axons --------------------------------------------------------------------------------===//

  /// A synapse on its way: sorted, those of one axon stand together.
  struct Route {
    unsigned sourceCore;
    uint32_t source; ///< in SPKM
    unsigned targetCore;
    uint32_t ticks; ///< the flit's delay; before splitDelays the whole one
    Synapse synapse;
    auto axon() const { return std::tie(sourceCore, source, targetCore, ticks); }
  };

  void connect() {
    std::vector<Route> routes;
    for (const Edge& edge : program.edges) {
      addRoutes(edge, routes);
    }
    if (!built.fits()) {
      return;
    }
    splitDelays(routes);
    // Sums on the chip do not depend on order; sorting wholly makes the image a function of the network.
    std::sort(routes.begin(), routes.end(), [](const Route& a, const Route& b) {
      return std::tuple(a.axon(), a.synapse.offset, a.synapse.contribution) <
             std::tuple(b.axon(), b.synapse.offset, b.synapse.contribution);
    });
    std::vector<Synapse> row;
    std::vector<std::vector<std::pair<uint32_t, uint32_t>>> lists(
        built.image.cores.size()); // (source, AXOUT word)
    for (size_t begin = 0; begin < routes.size();) {
      size_t end = begin;
      row.clear();
      while (end < routes.size() && routes[end].axon() == routes[begin].axon()) {
        row.push_back(routes[end++].synapse);
      }
      const Route& route = routes[begin];
      CoreImage& target = built.image.cores[route.targetCore];
      auto axon = static_cast<uint32_t>(target.axonsIn.size());
      target.axonsIn.push_back(axonIn(appendRow(target.synapses, row, target.accPlane)));
      lists[route.sourceCore].emplace_back(route.source,
                                           AxonOut{target.x, target.y, axon, route.ticks}.encode());
      begin = end;
    }
    for (unsigned core = 0; core < lists.size(); ++core) {
      writeLists(built.image.cores[core], lists[core]);
    }
  }

  /// Gives each core as many slots of accumulators as its delays differ by, as far as they fit, and moves
  /// that part of a delay from the axon to the synapse: synapses of one source then share an axon.
  void splitDelays(std::vector<Route>& routes) {
    struct Range {
      uint32_t least = ChipModel::maxDelay, most = 0;
    };
    std::vector<Range> ranges(built.image.cores.size());
    for (const Route& route : routes) {
      Range& range = ranges[route.targetCore];
      range.least = std::min(range.least, route.ticks);
      range.most = std::max(range.most, route.ticks);
    }
    for (unsigned core = 0; core < ranges.size(); ++core) {
      CoreImage& image = built.image.cores[core];
      uint64_t most = std::min(model.capacity(Resource::AccSlots),
                               model.capacity(Resource::Accumulators) / std::max(image.accPlane, 1u));
      while (image.accSlots + ranges[core].least <= ranges[core].most && image.accSlots * 2 <= most) {
        image.accSlots *= 2;
      }
    }
    for (Route& route : routes) {
      const CoreImage& image = built.image.cores[route.targetCore];
      uint32_t fine = (route.ticks - ranges[route.targetCore].least) % image.accSlots;
      route.ticks -= fine;
      route.synapse.offset += fine * image.accPlane;
    }
  }

  void addRoutes(const Edge& edge, std::vector<Route>& routes) {
    unsigned sourceCell = program.maps[edge.sourceMap].cell;
    auto ticksPerStep = static_cast<int64_t>(program.ticksPerStep);
    int64_t apart = static_cast<int64_t>(edge.targetStratum) - program.maps[edge.sourceMap].stratum - 1;
    for (size_t s = 0; s < edge.source.size(); ++s) {
      int64_t ticks = (edge.delay[s] + (edge.nextStep ? 1 : 0)) * ticksPerStep + apart;
      if (ticks < 0 || ticks > ChipModel::maxDelay) {
        built.shortage = fmt::format("projection '{}': a delay of {} steps is {} ticks, the chip has 0 to {}",
                                     edge.name, edge.delay[s], ticks, ChipModel::maxDelay);
        return;
      }
      if (edge.weight[s] == 0) {
        continue;
      }
      auto [sourceCore, sourceSlice] = placement.find(sourceCell, edge.source[s]);
      auto [targetCore, targetSlice] = placement.find(edge.targetCell, edge.target[s]);
      const Slice& from = placement.cores[sourceCore][sourceSlice];
      const Slice& to = placement.cores[targetCore][targetSlice];
      const Group& group =
          built.image.cores[sourceCore]
              .groups[static_cast<size_t>(bases[sourceCore][sourceSlice].groupOfMap[edge.sourceMap])];
      uint32_t source = group.spikeBase + edge.sourceEvent * pad(from.count, 64) +
                        static_cast<uint32_t>(edge.source[s] - from.first);
      uint32_t offset = bases[targetCore][targetSlice].acc + edge.targetPort * pad(to.count, 4) +
                        static_cast<uint32_t>(edge.target[s] - to.first);
      routes.push_back(
          {sourceCore, source, targetCore, static_cast<uint32_t>(ticks), {offset, edge.weight[s]}});
    }
  }

  void writeLists(CoreImage& core, const std::vector<std::pair<uint32_t, uint32_t>>& list) {
    uint32_t sources = 0;
    for (const Group& group : core.groups) {
      sources = std::max(sources, group.spikeBase + group.events * pad(group.cells, 64));
    }
    if (list.empty()) {
      return;
    }
    core.axonPointers.assign(sources + 1, 0);
    for (const auto& [source, word] : list) {
      ++core.axonPointers[source + 1];
      core.axonsOut.push_back(word);
    }
    for (size_t i = 1; i < core.axonPointers.size(); ++i) {
      core.axonPointers[i] = static_cast<uint16_t>(core.axonPointers[i] + core.axonPointers[i - 1]);
    }
  }

  const ChipProgram& program;
  const MapCode& code;
  const Placement& placement;
  const InitialState& initialState;
  const ChipModel& model;
  BuiltImage built;
  std::vector<std::vector<SliceBases>> bases; ///< by core, by slice
};

} // namespace

BuiltImage buildImage(const ChipProgram& program, const MapCode& code, const Placement& placement,
                      const InitialState& initialState, const ChipModel& model) {
  return Builder(program, code, placement, initialState, model).build();
}

} // namespace nissl::golgi
