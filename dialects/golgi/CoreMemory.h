// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the cells of a core take of its memories, from the logical network alone: axons and synapses need the
// tables and are counted elsewhere.
#pragma once

#include "dialects/golgi/GolgiDialect.h"

#include "llvm/ADT/MapVector.h"

namespace nissl::golgi {

/// What one cell of a population takes.
struct CellWords {
  PopulationOp op;
  int64_t states = 0; ///< spill words are not among them
  int64_t spills = 0;
  int64_t halfwords = 0, ports = 0, inputs = 0;
  llvm::SmallVector<ProgramOp> programs;
  int64_t stateWords() const { return states + spills; }
};

/// By the population's name, in the order of the chip's text.
using Populations = llvm::MapVector<llvm::StringRef, CellWords>;
Populations populationsOf(ChipOp chip);

/// A memory of a core, its name among the capacities, what is wanted and what there is.
struct MemoryUse {
  llvm::StringRef name;
  int64_t wanted = 0, available = 0;
};

/// What slices of (population, number of cells) take of a core with `slots` slots of sums.
llvm::SmallVector<MemoryUse> memoryOfCells(const Populations& populations,
                                           llvm::ArrayRef<std::pair<llvm::StringRef, int64_t>> slices,
                                           int64_t slots, CapacitiesAttr capacities);

} // namespace nissl::golgi
