// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/Placement.h"

#include "targets/golgi/model/CycleModel.h"

#include <algorithm>

namespace nissl::golgi {

Placement placeInOrder(const ChipProgram& program, int64_t cellsPerCore) {
  Placement placement;
  int64_t room = 0;
  for (size_t cell = 0; cell < program.cells.size(); ++cell) {
    for (int64_t first = 0; first < program.cells[cell].size;) {
      if (room == 0) {
        placement.emplace_back();
        room = cellsPerCore;
      }
      int64_t count = std::min(room, program.cells[cell].size - first);
      placement.back().push_back({static_cast<unsigned>(cell), first, count});
      first += count;
      room -= count;
    }
  }
  return placement;
}

static SliceBases layOutSlice(CoreLayout& core, const CellLayout& cell, const Slice& slice, size_t maps) {
  uint32_t stride = pad4(static_cast<uint32_t>(slice.count));
  SliceBases result{core.stateWords, core.parameterHalfwords, core.accPlane, core.inputWords,
                    std::vector<int>(maps, -1)};
  core.stateWords += stride * (static_cast<uint32_t>(cell.states.size()) + cell.spillWords);
  core.parameterHalfwords += stride * cell.parameterHalfwords;
  core.accPlane += stride * static_cast<uint32_t>(cell.ports.size());
  core.inputWords += stride * static_cast<uint32_t>(cell.inputs.size());
  return result;
}

std::vector<CoreLayout> layOut(const ChipProgram& program, const Placement& placement) {
  std::vector<CoreLayout> result;
  for (const std::vector<Slice>& slices : placement) {
    CoreLayout& core = result.emplace_back();
    core.slices = slices;
    for (const Slice& slice : slices) {
      core.bases.push_back(layOutSlice(core, program.cells[slice.cell], slice, program.maps.size()));
    }
    core.accPlane = (core.accPlane + 7) / 8 * 8;
    uint32_t spikes = 0;
    // Groups run in the order of the table, which is the order of the programs on the chip.
    for (unsigned m = 0; m < program.maps.size(); ++m) {
      for (unsigned s = 0; s < slices.size(); ++s) {
        if (program.maps[m].cell == slices[s].cell) {
          core.bases[s].groupOfMap[m] = static_cast<int>(core.groups.size());
          core.groups.push_back({m, s, spikes});
          spikes += static_cast<uint32_t>(program.maps[m].events.size()) *
                    pad64(static_cast<uint32_t>(slices[s].count));
        }
      }
    }
  }
  return result;
}

std::vector<std::vector<ElementPlace>> locate(const ChipProgram& program, const Placement& placement) {
  std::vector<std::vector<ElementPlace>> result;
  for (const CellLayout& cell : program.cells) {
    result.emplace_back(static_cast<size_t>(cell.size));
  }
  for (size_t core = 0; core < placement.size(); ++core) {
    for (size_t s = 0; s < placement[core].size(); ++s) {
      const Slice& slice = placement[core][s];
      std::fill_n(result[slice.cell].begin() + slice.first, slice.count,
                  ElementPlace{static_cast<uint16_t>(core), static_cast<uint16_t>(s)});
    }
  }
  return result;
}

} // namespace nissl::golgi
