// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/Placement.h"

#include <algorithm>

namespace nissl::golgi {

Placement placeInOrder(const ChipProgram& program, int64_t cellsPerCore) {
  Placement placement;
  int64_t room = 0;
  for (size_t cell = 0; cell < program.cells.size(); ++cell) {
    for (int64_t first = 0; first < program.cells[cell].size;) {
      if (room == 0) {
        placement.cores.emplace_back();
        room = cellsPerCore;
      }
      int64_t count = std::min(room, program.cells[cell].size - first);
      placement.cores.back().push_back({static_cast<unsigned>(cell), first, count});
      first += count;
      room -= count;
    }
  }
  return placement;
}

std::pair<unsigned, unsigned> Placement::find(unsigned cell, int64_t element) const {
  // Slices ascend by (cell, element), so the last one that does not begin later holds it.
  auto after =
      std::upper_bound(cores.begin(), cores.end(), std::pair(cell, element),
                       [](const std::pair<unsigned, int64_t>& wanted, const std::vector<Slice>& slices) {
                         return wanted < std::pair(slices.front().cell, slices.front().first);
                       });
  auto core = static_cast<unsigned>(after - cores.begin() - 1);
  for (unsigned slice = 0;; ++slice) {
    const Slice& candidate = cores[core][slice];
    if (candidate.cell == cell && element >= candidate.first && element < candidate.first + candidate.count) {
      return {core, slice};
    }
  }
}

} // namespace nissl::golgi
