// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Extents cut into slices and slices put on cores, in order.
#pragma once

#include "targets/golgi/codegen/ChipProgram.h"
#include "targets/golgi/model/ChipModel.h"

#include <vector>

namespace nissl::golgi {

/// Elements [first, first + count) of a cell layout's extent on one core.
struct Slice {
  unsigned cell = 0;
  int64_t first = 0, count = 0;
};

struct Placement {
  std::vector<std::vector<Slice>> cores;
  /// The core and the slice on it that hold an element.
  std::pair<unsigned, unsigned> find(unsigned cell, int64_t element) const;
};

/// Fills core after core with at most `cellsPerCore` cells each; an extent's slices stay in order.
Placement placeInOrder(const ChipProgram& program, int64_t cellsPerCore);

} // namespace nissl::golgi
