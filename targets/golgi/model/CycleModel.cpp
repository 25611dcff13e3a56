// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/model/CycleModel.h"

#include "targets/golgi/model/Isa.h"

namespace nissl::golgi {

uint64_t groupCycles(uint64_t cells, std::span<const uint32_t> program) {
  uint64_t cost = 0;
  for (uint32_t word : program) {
    cost += infoOf(decode(word).op).cost;
  }
  return 6 + ceilDivide(cells, ChipModel::batchCells) * cost;
}

} // namespace nissl::golgi
