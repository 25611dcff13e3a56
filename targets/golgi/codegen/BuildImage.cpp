// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/BuildImage.h"

#include "targets/golgi/codegen/Assemble.h"
#include "targets/golgi/codegen/Wiring.h"
#include "targets/golgi/model/CycleModel.h"

#include "llvm/ADT/StringMap.h"

#include <algorithm>

using namespace mlir;

namespace nissl::golgi {
namespace {

class ImageBuilder {
public:
  ImageBuilder(ChipOp chip, step::ProgramOp step, const ChipProgram& program, SetupValues& setup,
               const ChipModel& model)
      : program(program), setup(setup), code(assemble(chip, step)),
        cores(chip.getBody().front().getOps<CoreOp>()) {
    image.modelHash = model.hash();
    image.ticksPerStep = static_cast<uint32_t>(program.ticksPerStep);
  }

  FailureOr<Image> run() {
    readPlacement();
    layouts = layOut(program, placement);
    for (unsigned number = 0; number < layouts.size(); ++number) {
      fillCore(number);
    }
    connect();
    if (failed(compareSizes())) {
      return failure();
    }
    return std::move(image);
  }

private:
  void readPlacement() {
    llvm::StringMap<unsigned> cellOf;
    for (auto [number, cell] : llvm::enumerate(program.cells)) {
      cellOf[cell.name] = static_cast<unsigned>(number);
    }
    for (CoreOp core : cores) {
      std::vector<Slice>& slices = placement.emplace_back();
      for (SliceOp slice : core.getBody().front().getOps<SliceOp>()) {
        slices.push_back({cellOf[slice.getPopulation()], static_cast<int64_t>(slice.getFirst()),
                          static_cast<int64_t>(slice.getCount())});
      }
      slots.push_back(static_cast<uint32_t>(core.getSlots()));
    }
  }

  //===-- Groups and their memories ------------------------------------------------------------===//

  void fillCore(unsigned number) {
    const CoreLayout& layout = layouts[number];
    CoreImage& core = image.cores.emplace_back();
    core.x = static_cast<uint32_t>(cores[number].getPlace()[0]);
    core.y = static_cast<uint32_t>(cores[number].getPlace()[1]);
    core.constants = code.pool.constants;
    core.lut = code.pool.lut;
    core.tables = code.pool.tables;
    core.accPlane = layout.accPlane;
    core.accSlots = slots[number];
    core.inputWords = layout.inputWords;
    core.state.resize(layout.stateWords);
    core.parameters.resize(layout.parameterHalfwords);
    for (unsigned s = 0; s < layout.slices.size(); ++s) {
      fillSlice(core, layout.slices[s], layout.bases[s]);
    }
    std::vector<int> entryOfMap(program.maps.size(), -1);
    for (const GroupPlace& place : layout.groups) {
      addGroup(number, core, place, entryOfMap);
    }
    addStateSymbols(number);
  }

  void fillSlice(CoreImage& core, const Slice& slice, const SliceBases& at) {
    const CellLayout& cell = program.cells[slice.cell];
    uint32_t stride = pad4(static_cast<uint32_t>(slice.count));
    for (unsigned word = 0; word < cell.states.size(); ++word) {
      const std::vector<int32_t>& values = setup.valuesOf(cell.states[word]);
      std::copy_n(values.begin() + slice.first, slice.count, core.state.begin() + at.state + word * stride);
    }
    for (const Parameter& parameter : cell.parameters) {
      for (int64_t i = 0; i < slice.count; ++i) {
        int32_t value = (*parameter.values)[static_cast<size_t>(slice.first + i)];
        auto place = at.parameter + parameter.halfword * stride + static_cast<uint32_t>(i);
        core.parameters[place] = static_cast<int16_t>(value);
        if (parameter.wide) {
          core.parameters[place + stride] = static_cast<int16_t>(value >> 16);
        }
      }
    }
  }

  void addGroup(unsigned number, CoreImage& core, const GroupPlace& place, std::vector<int>& entryOfMap) {
    const MapCode& map = program.maps[place.map];
    const CellLayout& cell = program.cells[map.cell];
    const Slice& slice = layouts[number].slices[place.slice];
    const SliceBases& at = layouts[number].bases[place.slice];
    const std::vector<uint32_t>& words = code.programs[place.map];
    if (entryOfMap[place.map] < 0) {
      entryOfMap[place.map] = static_cast<int>(core.program.size());
      core.program.insert(core.program.end(), words.begin(), words.end());
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
    group.spikeBase = place.spikeBase;
    group.events = static_cast<uint32_t>(map.events.size());
    group.entry = static_cast<uint32_t>(entryOfMap[place.map]);
    group.length = static_cast<uint32_t>(words.size());
    group.idBase = static_cast<uint32_t>(slice.first);
    group.period = static_cast<uint32_t>(map.period);
    group.offset = static_cast<uint32_t>(map.offset);
    group.stratum = static_cast<uint32_t>(map.tick);
    for (unsigned e = 0; e < map.events.size(); ++e) {
      addSymbol(SymbolKind::Event, map.events[e], number, static_cast<uint32_t>(core.groups.size()), e,
                slice);
    }
    core.groups.push_back(group);
  }

  void addSymbol(SymbolKind kind, const std::string& name, unsigned core, uint32_t group, uint32_t index,
                 const Slice& slice) {
    image.symbols.push_back({kind, name, core, group, index, static_cast<uint32_t>(slice.first),
                             static_cast<uint32_t>(slice.count), 0});
  }

  void addStateSymbols(unsigned number) {
    const CoreLayout& layout = layouts[number];
    for (unsigned s = 0; s < layout.slices.size(); ++s) {
      const Slice& slice = layout.slices[s];
      const CellLayout& cell = program.cells[slice.cell];
      const std::vector<int>& groupOfMap = layout.bases[s].groupOfMap;
      auto group = std::find_if(groupOfMap.begin(), groupOfMap.end(), [](int g) { return g >= 0; });
      if (group == groupOfMap.end()) {
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

  void connect() {
    Wiring wiring = Wirer(program, placement, layouts).wire(slots);
    std::vector<std::vector<std::pair<uint32_t, uint32_t>>> lists(layouts.size()); // (source, AXOUT word)
    for (const Axon& axon : wiring.axons) {
      CoreImage& target = image.cores[axon.targetCore];
      auto number = static_cast<uint32_t>(target.axonsIn.size());
      target.axonsIn.push_back(axonIn(appendRow(target.synapses, wiring.synapsesOf(axon), target.accPlane)));
      lists[axon.sourceCore].emplace_back(axon.source,
                                          AxonOut{target.x, target.y, number, axon.ticks}.encode());
    }
    for (unsigned core = 0; core < lists.size(); ++core) {
      writeLists(image.cores[core], lists[core]);
    }
  }

  static void writeLists(CoreImage& core, const std::vector<std::pair<uint32_t, uint32_t>>& list) {
    uint32_t sources = 0;
    for (const Group& group : core.groups) {
      sources = std::max(sources, group.spikeBase + group.events * pad64(group.cells));
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

  LogicalResult compareSizes() {
    for (auto [number, op] : llvm::enumerate(cores)) {
      const CoreImage& core = image.cores[number];
      int64_t axons = 0;
      for (RouteOp route : op.getBody().front().getOps<RouteOp>()) {
        axons += static_cast<int64_t>(route.getAxons());
      }
      if (op.getSynapseWords() != core.synapses.size() ||
          axons != static_cast<int64_t>(core.axonsOut.size())) {
        return op.emitError() << "says " << op.getSynapseWords() << " synapse words and routes of " << axons
                              << " axons, its tables have " << core.synapses.size() << " and "
                              << core.axonsOut.size() << "; were they placed with another structure seed?";
      }
    }
    return success();
  }

  const ChipProgram& program;
  SetupValues& setup;
  Microcode code;
  SmallVector<CoreOp> cores;
  Placement placement;
  std::vector<uint32_t> slots; ///< by core
  std::vector<CoreLayout> layouts;
  Image image;
};

} // namespace

FailureOr<Image> buildImage(ChipOp chip, step::ProgramOp step, SetupValues& setup, const ChipModel& model) {
  FailureOr<ChipProgram> program = readChip(chip, setup);
  if (failed(program)) {
    return failure();
  }
  FailureOr<Image> image = ImageBuilder(chip, step, *program, setup, model).run();
  if (succeeded(image)) {
    check(*image, model);
  }
  return image;
}

} // namespace nissl::golgi
