// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which synapses of a row lack events of their targets: the inner loops of Backlog.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nissl::cpu {

/// The events of some cells, from number 0 on.
struct TargetEvents {
  int64_t firstTarget;   ///< of the cells
  const uint8_t* count;  ///< by cell, in a Buffer: what follows is read too
  const uint16_t* place; ///< of an event in the sources' past, by its number, then by cell
  size_t stride;         ///< from one number to the next
};

/// Synapses that took an event each: their number, and that of those which lack another.
struct Taken {
  size_t length = 0, lacking = 0;
};

/// Where they are listed: each synapse, its event's place, and those which lack another. What follows the
/// ends of the lists is written too, up to `slack` values.
struct TakenLists {
  static constexpr size_t slack = 16;

  uint32_t *synapse, *place, *lacking;
};

/// Whether the processor has the vectors that `takeFirst` uses; without them it does the same, slower.
bool hasVectors();

/// The synapses from `begin` to `end` take one event each, if they lack some. `seen`: by synapse, the events
/// that it has taken.
template <typename Target>
Taken takeFirst(const TargetEvents& events, const Target* targets, uint8_t* seen, uint64_t begin,
                uint64_t end, TakenLists lists, bool vectors = hasVectors());
/// So do `length` that are listed and lack some.
template <typename Target>
Taken takeNext(const TargetEvents& events, const Target* targets, uint8_t* seen, size_t length,
               TakenLists lists);

} // namespace nissl::cpu
