// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Populations cut into slices, slices put on cores, and where each thing then lies in a core's memories.
#pragma once

#include "targets/golgi/codegen/ChipProgram.h"

#include <vector>

namespace nissl::golgi {

/// Elements [first, first + count) of a population on one core.
struct Slice {
  unsigned cell = 0; ///< into ChipProgram::cells
  int64_t first = 0, count = 0;
};

/// By core.
using Placement = std::vector<std::vector<Slice>>;

/// Fills core after core with at most `cellsPerCore` cells each; a population's slices stay in order.
Placement placeInOrder(const ChipProgram& program, int64_t cellsPerCore);

/// A program on a slice: an entry of the group table.
struct GroupPlace {
  unsigned map = 0, slice = 0;
  uint32_t spikeBase = 0;
};

/// Where a slice's memories begin on its core.
struct SliceBases {
  uint32_t state = 0, parameter = 0, acc = 0, input = 0;
  std::vector<int> groupOfMap; ///< -1 where the map is another population's
};

struct CoreLayout {
  std::vector<Slice> slices;
  std::vector<SliceBases> bases; ///< by slice
  std::vector<GroupPlace> groups;
  uint32_t stateWords = 0, parameterHalfwords = 0, accPlane = 0, inputWords = 0;
};

std::vector<CoreLayout> layOut(const ChipProgram& program, const Placement& placement);

/// The core and the slice on it that hold an element.
struct ElementPlace {
  uint16_t core = 0, slice = 0;
};

/// By cell layout and element.
std::vector<std::vector<ElementPlace>> locate(const ChipProgram& program, const Placement& placement);

} // namespace nissl::golgi
