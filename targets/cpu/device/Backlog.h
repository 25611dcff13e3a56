// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Post spikes whose synapses have not met them yet. A cell's synapses lie anywhere in a table, a cache line
// each; a source's lie in a row. So a traversal back only notes its events, and what the sources had then;
// a row does what it has missed when it is visited next, synapse by synapse in the order of the events.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/CodeImage.h"
#include "targets/cpu/device/LackingEvents.h"
#include "targets/cpu/device/Memory.h"
#include "targets/cpu/device/SourcePast.h"
#include "targets/cpu/device/Waiting.h"

#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace nissl::cpu {

class Backlog {
public:
  /// One of `group`, tables whose sources' past is one and which are noted, forgotten and caught up together:
  /// the first of them in a step does so for all.
  Backlog(const program::Program& program, const program::Action& back, const CodeImage& code, Memory& memory,
          std::shared_ptr<SourcePast> sources, std::shared_ptr<std::vector<Backlog*>> group,
          const ForEachThread& forEachThread);

  // Every thread has its own synapses and cells, and its share of the sources' past, which all read: they
  // have to meet between what notes and what settles.

  /// What the first of a group has to know when it notes.
  std::vector<program::Index> eventsOfGroup() const;
  /// Whether it is the first of its group, which notes what all of them read.
  bool notesSources() const { return group->front() == this; }
  /// Whether a thread has no room for another event of each cell, as the group's first is told; the same for
  /// all threads.
  bool full(unsigned thread) const;
  /// In place of the traversal, when not full: notes the events. Gives the thread's synapses concerned.
  uint64_t note(unsigned thread);
  /// Brings the thread's synapses of a row up to date.
  void settle(unsigned thread, size_t row);
  /// Asks for what that will read.
  void fetch(unsigned thread, size_t row) const;
  /// Brings all of the group's that lie with the thread up to date.
  void settleAll(unsigned thread);
  /// Forgets the group's events, which all of the thread's synapses have met.
  void forget(unsigned thread);
  /// All threads' part of both, while none is at work.
  void catchUp();
  /// Forgets events that are undone, likewise.
  void forgetAll();
  /// Faults of what was done late, or-ed, since it was last asked.
  uint64_t takeFaults();

  const program::Action& action;

private:
  struct alignas(apart) Part {
    size_t step = 0;              ///< of those that the sources' past has, how many this table has noted
    std::vector<uint32_t> degree; ///< by target: its synapses
    TargetEvents events;          ///< of the targets
    std::vector<uint16_t> since;  ///< by row: the steps that it has met
    LackingEvents lacking;        ///< of a row
    std::vector<Buffer> past;     ///< of its row, by operand of the sources' past
    /// Operands of the kernel that are of the past, and which of it they are.
    std::vector<std::pair<size_t, size_t>> broughtAs;
    std::vector<size_t> placed;  ///< operands of the kernel that are the events' places
    std::vector<Column> columns; ///< of the synapses: their states
    std::vector<void*> operands; ///< of the kernel
    uint64_t faults = 0;
    alignas(2 * cacheLine) FullFlags full; ///< whether a cell has no room for another
  };

  void setUp(unsigned thread);
  bool hasEvents(unsigned reader) const;
  template <typename Target>
  void settleRow(Part& part, const TablePart& table, const Target* targets, size_t row);
  void forgetOwn(Part& part) const;

  const program::Program& program;
  const program::Kernel& kernel;
  const KernelFunction run;
  Memory& memory;
  const SynapseTable& table;
  const size_t rows;
  const std::shared_ptr<SourcePast> sources;
  const std::shared_ptr<std::vector<Backlog*>> group; ///< in the order of the schedule
  std::vector<Part> parts;                            ///< by thread
};

/// A backlog for each traversal back in the program's schedule that waits.
std::deque<Backlog> makeBacklogs(const program::Program& program, const CodeImage& code, Memory& memory,
                                 const ForEachThread& forEachThread);

} // namespace nissl::cpu
