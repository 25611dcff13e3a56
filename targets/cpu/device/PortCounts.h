// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What arrives at a port where all that is ever added is one constant: a count per cell, in a byte. A kernel
// makes the sum of a few arrivals by one product. In a step that brings more to a cell, counts become the
// sums that additions one by one give; and some steps after it add, as activity comes in bursts.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/Table.h"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace nissl::cpu {

struct Memory;

struct PortCounts {
  struct alignas(apart) Own {  // its thread writes it in some steps
    uint8_t* counts = nullptr; ///< where the extent's first element would lie
    bool many = false;         ///< whether more arrived at a cell in this step than a kernel takes
    int64_t addsUntil = std::numeric_limits<int64_t>::min(); ///< the step from which on it counts again
  };
  std::vector<Own> own; ///< by thread; empty where the port has no unit
  /// Whether arrivals are counted at all: by all that add to the port, and none of its cells has more
  /// synapses than a byte counts.
  bool used = false;
};

/// After the setup: chooses `used` of every port. Without AVX-512 (`wide`) counts take longer to compute with
/// than sums, which only pays where a map's cells are more than the second cache holds.
void choosePortCounts(const program::Program& program, Memory& memory, bool wide,
                      const ForEachThread& forEachThread);

/// Before the map that reads `ports`, on each thread for its part: where too much arrived makes sums of
/// counts, and has this step and some others add.
void addUpWhereMany(std::span<const program::Index> ports, int64_t step, const program::Program& program,
                    Memory& memory, unsigned thread);

} // namespace nissl::cpu
