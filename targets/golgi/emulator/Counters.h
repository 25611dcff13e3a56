// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a chip counts (SPEC.md G9.6).
#pragma once

#include <cstdint>

namespace nissl::golgi {

struct Counters {
  uint64_t ticks = 0;
  /// All cycles; the next three are its parts.
  uint64_t cycles = 0;
  /// Phases A and B, of the slowest core of each tick.
  uint64_t coreCycles = 0;
  uint64_t meshCycles = 0;
  uint64_t barrierCycles = 0;
  uint64_t synapticOps = 0;
  uint64_t flits = 0;
  uint64_t flitHops = 0;
  /// Events of cells (spikes).
  uint64_t events = 0;
  /// Losses.
  uint64_t droppedEvents = 0;
  uint64_t saturations = 0;
  /// Instructions executed, times cells.
  uint64_t instructions = 0;

  friend bool operator==(const Counters&, const Counters&) = default;
};

} // namespace nissl::golgi
