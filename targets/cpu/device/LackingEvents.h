// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which synapses of a row lack events of their targets: the inner loops of Backlog.h. A row has met all
// events before some step, so that the steps of a target's last events say how many of them a synapse lacks,
// and nothing is kept of a synapse.
#pragma once

#include "targets/cpu/device/Table.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nissl::cpu {

/// The events of some cells. Of an event is kept the step after it, so that 0 is none.
struct TargetEvents {
  /// Events of one cell at most; more would not fit into a byte.
  static constexpr size_t mostPerCell = 128;

  explicit TargetEvents(int64_t firstTarget = 0, size_t cells = 0);
  /// Adds an event of a cell, later than those that it has. Gives whether there is no room for another.
  bool add(size_t cell, size_t step);
  void forget();

  int64_t firstTarget;             ///< of the cells
  std::vector<uint32_t> lastTwo;   ///< by cell: the last event, and in the upper half the one before
  std::vector<uint32_t> twoBefore; ///< likewise the two before those
  std::vector<uint8_t> count;      ///< by cell
  std::vector<uint16_t>
      all; ///< by the event's number, which begins at 1, then by cell; of number 0 there are none
};

/// By which number what a step had is found: those that are `stretch` apart, a power of two, lie together.
struct Places {
  uint32_t stretch, pitch;

  uint32_t of(uint32_t step) const { return step % stretch * pitch + step / stretch; }
};

/// Synapses that lack an event each, and the places of those events.
struct LackingRound {
  size_t begin = 0, length = 0;
};

/// The synapses of a row that lack events, in rounds: first all of them with the last event of each; then
/// those which lack the one before too; and so on. What came first is in the last round.
class LackingEvents {
public:
  /// For rows of at most `longest` synapses.
  explicit LackingEvents(size_t longest = 0);
  /// Looks for what the synapses from `begin` to `end` lack of the events from the step `since` on.
  template <typename Target>
  void find(const TargetEvents& events, const Target* targets, uint64_t begin, uint64_t end, uint16_t since,
            Places places, std::span<const Column> columns, bool vectors = hasVectors());
  /// Whether the processor has the vectors that `find` uses; without them it does the same, slower.
  static bool hasVectors();

  /// After `find`. None is empty.
  const std::vector<LackingRound>& rounds() const { return found; }
  uint32_t* synapses(LackingRound round) { return synapse.data() + round.begin; }
  uint32_t* places(LackingRound round) { return place.data() + round.begin; }

private:
  /// What a round takes at most: some more is written.
  size_t room() const;

  std::vector<uint32_t> two;            ///< events of synapses' targets
  std::vector<uint32_t> synapse, place; ///< of all rounds
  std::vector<LackingRound> found;
};

} // namespace nissl::cpu
