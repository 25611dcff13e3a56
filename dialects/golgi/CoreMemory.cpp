// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/golgi/CoreMemory.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace nissl::golgi {

Populations populationsOf(ChipOp chip) {
  Populations result;
  for (Operation& op : chip.getBody().front()) {
    TypeSwitch<Operation*>(&op)
        .Case<PopulationOp>([&](PopulationOp population) { result[population.getSymName()].op = population; })
        .Case<StateOp>([&](StateOp state) { ++result[state.getOwner()].states; })
        .Case<ParameterOp>([&](ParameterOp parameter) {
          result[parameter.getOwner()].halfwords += parameter.getWide() ? 2 : 1;
        })
        .Case<PortOp>([&](PortOp port) { ++result[port.getOwner()].ports; })
        .Case<InputOp>([&](InputOp input) { ++result[input.getOwner()].inputs; })
        .Case<ProgramOp>([&](ProgramOp program) {
          CellWords& cell = result[program.getPopulation()];
          cell.programs.push_back(program);
          cell.spills = std::max<int64_t>(cell.spills, program.getSpills());
        });
  }
  return result;
}

SmallVector<MemoryUse> memoryOfCells(const Populations& populations,
                                     ArrayRef<std::pair<StringRef, int64_t>> slices, int64_t slots,
                                     CapacitiesAttr capacities) {
  int64_t instructions = 0, groups = 0, cells = 0, stateWords = 0, perCell = 0, halfwords = 0, inputs = 0,
          plane = 0, sources = 0;
  llvm::SmallPtrSet<Operation*, 8> loaded;
  for (auto [name, count] : slices) {
    const CellWords& cell = populations.find(name)->second;
    auto stride = static_cast<int64_t>(llvm::alignTo(count, 4)); // G3.1
    stateWords += stride * cell.stateWords();
    halfwords += stride * cell.halfwords;
    plane += stride * cell.ports;
    inputs += stride * cell.inputs;
    groups += static_cast<int64_t>(cell.programs.size());
    for (ProgramOp program : cell.programs) {
      cells = std::max(cells, count);
      perCell = std::max(perCell, cell.stateWords());
      sources += program.eventCount() * static_cast<int64_t>(llvm::alignTo(count, 64)); // G6.4
      if (loaded.insert(program).second) {
        instructions += static_cast<int64_t>(program.getBody().front().getOperations().size());
      }
    }
  }
  plane = static_cast<int64_t>(llvm::alignTo(plane, 8)); // G5.4
  return {{"instructions", instructions, capacities.getInstructions()},
          {"groups", groups, capacities.getGroups()},
          {"cells", cells, capacities.getCells()},
          {"state_words", stateWords, capacities.getStateWords()},
          {"state_words_per_cell", perCell, capacities.getStateWordsPerCell()},
          {"parameter_halfwords", halfwords, capacities.getParameterHalfwords()},
          {"input_words", inputs, capacities.getInputWords()},
          {"accumulators", plane * slots, capacities.getAccumulators()},
          {"acc_slots", slots, capacities.getAccSlots()},
          {"spike_sources", sources, capacities.getSpikeSources()}};
}

} // namespace nissl::golgi
