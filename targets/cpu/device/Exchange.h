// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a rank reads of cells and synapses that others own.
#pragma once

#include "runtime/device/Ranks.h"
#include "targets/cpu/device/Memory.h"
#include "targets/cpu/device/Schedule.h"

#include <span>
#include <vector>

namespace nissl::cpu {

/// States of extents and lists of events lie whole in every rank; each writes its own part, and brings that
/// of others when it reads them. All ranks walk the same schedule, so that each knows without asking what
/// another needs.
class Exchange {
public:
  Exchange(const program::Program& program, Memory& memory, runtime::Ranks& ranks);

  /// Every rank will write its part of `subjects`, or has written it.
  void noteWritten(std::span<const Subject> subjects);
  /// Brings others' parts of what happened in several steps: `steps` has, by step and by set of `sets`, the
  /// lists of all ranks' threads, of which this rank's are there. The sets' own lists count as brought.
  void fetchSteps(std::span<const program::Index> sets, std::span<std::vector<EventLists>> steps);
  /// Brings the parts that others have written since they were last brought.
  void fetch(std::span<const Subject> subjects);
  void fetchStates();
  void fetchState(program::Index state);
  /// Adds to values of `width` bytes in table order, of which this rank's are there, those of others.
  void complete(program::Index table, size_t width, std::span<std::byte> values) const;

  /// Whether others have written what they have not told: states, then events. As everything that a step
  /// changes it can be kept and put back.
  std::vector<bool> stale;
  runtime::Ranks& ranks;

private:
  size_t numberOf(Subject subject) const;
  void packLists(const EventLists& lists, std::vector<std::byte>& bytes) const;
  void unpackLists(std::span<const std::byte>& bytes, unsigned rank, EventLists& lists) const;
  std::vector<std::byte> pack() const;
  void unpack(std::span<const std::byte> bytes, unsigned rank);

  const program::Program& program;
  Memory& memory;
  std::vector<Subject> wanted; ///< of a fetch
};

} // namespace nissl::cpu
