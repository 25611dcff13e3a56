// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything of a program that survives a step, laid out for the CPU. Extents are cut into one part per
// thread of every rank; a table's synapses lie with the part that owns their target. A rank has memory for
// all cells' states and events, and for the ports and synapses of its own threads.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/Buffer.h"
#include "targets/cpu/device/EventBoard.h"
#include "targets/cpu/device/KernelCall.h"
#include "targets/cpu/device/PortCounts.h"
#include "targets/cpu/device/Table.h"

#include <deque>
#include <span>
#include <vector>

namespace nissl::cpu {

/// Which of the parts are this process's: those of its threads. Threads are numbered within their rank.
struct Share {
  unsigned threads = 1, rank = 0, ranks = 1;

  unsigned first() const { return rank * threads; }
  unsigned parts() const { return ranks * threads; }
};

/// The values of an extent's state, one after the other where threads read each other's or ranks bring them;
/// else each thread's lie with all else that it alone uses.
struct StateMemory {
  Buffer whole;                 ///< of those that are one array
  std::vector<std::byte*> base; ///< by thread, of its part: where the extent's first element would lie
  Buffer initial;
  Buffer pushed;             ///< history arrays
  std::vector<Ring> history; ///< by thread, each of which moves its own; empty without a history
};

struct PortMemory {
  std::vector<Ring> rings; ///< by thread, of its part; `base` is where the extent's first element would lie
  size_t width = 0;        ///< bytes of a value
  PortCounts counts;       ///< in place of sums

  /// The slot `ahead` of the present one.
  std::byte* slot(unsigned thread, int64_t ahead = 0) const {
    const Ring& ring = rings[thread];
    size_t offset = static_cast<size_t>((ring.cursor + ahead) % ring.slots * ring.stride) * width;
    return static_cast<std::byte*>(ring.base) + offset;
  }
};

/// The elements at which events happened, ascending, by the part that owns them, of all ranks.
using EventLists = std::vector<std::vector<uint32_t>>;

struct EventMemory {
  static constexpr size_t none = static_cast<size_t>(-1);

  std::vector<std::byte*> mask; ///< by thread, of its part: where the extent's first element would lie
  EventLists lists;
  /// Its number on the board, where nothing reads the events in the step that makes them; `lists` then has
  /// those of other ranks only.
  size_t posted = none;

  bool waits() const { return posted != none; }
};

struct Memory {
  Share share;
  std::vector<std::vector<Part>> parts; ///< by extent, then by thread
  std::vector<std::vector<Part>> ranks; ///< by extent, then by rank: what its threads own
  std::vector<StateMemory> states;
  std::vector<PortMemory> ports;
  std::vector<Buffer> slots; ///< by thread: of all ports, those with one slot first, then counts
  /// By thread: masks, and states that it alone uses. Lines of two threads next to each other cost both
  /// dearly: what runs along an array asks for lines beyond its end.
  std::vector<Buffer> cells;
  std::vector<EventMemory> events;
  EventBoard board;
  std::vector<Buffer> inputs;
  std::deque<SynapseTable> tables;

  /// `others`: the ranks with which this process shares the network, or null.
  Memory(const program::Program& program, unsigned threads, runtime::Ranks* others,
         const ForEachThread& forEachThread);

  /// From now on `sets`, which are listed in this order, are on the board.
  void post(const program::Program& program, std::span<const program::Index> sets);
  /// The events of a set that a part of any rank has, as thread `reader` of this one sees them.
  std::span<const uint32_t> list(program::Index set, unsigned part, unsigned reader) const {
    const EventMemory& own = events[set];
    const unsigned thread = part - share.first(); // huge for parts of ranks before
    return own.waits() && thread < share.threads ? board.list(own.posted, thread, reader)
                                                 : std::span<const uint32_t>(own.lists[part]);
  }
  bool noEvents(program::Index set, unsigned reader) const;
  /// Puts all of them into `list`.
  void join(program::Index set, unsigned reader, std::vector<uint32_t>& list) const;
  /// All of them, in `room` unless they lie in one list.
  std::span<const uint32_t> allEvents(program::Index set, unsigned reader, std::vector<uint32_t>& room) const;

  /// After the setup: finishes the tables, and keeps the initial values that histories and restores start
  /// from.
  void finishSetup(const program::Program& program, const ForEachThread& forEachThread);

  /// A state's values from element `begin` on.
  void copyState(const program::Program& program, program::Index state, int64_t begin,
                 std::span<std::byte> out) const;

private:
  void placeCells(const program::Program& program);
  void placePorts(const program::Program& program);
};

} // namespace nissl::cpu
