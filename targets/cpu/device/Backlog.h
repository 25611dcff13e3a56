// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Post spikes whose synapses have not met them yet. A cell's synapses lie anywhere in a table, a cache line
// each; a source's lie in a row. So a traversal back only notes its events, and what the sources had then;
// a row does what it has missed when it is visited next, synapse by synapse in the order of the events.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/CodeImage.h"
#include "targets/cpu/device/Memory.h"
#include "targets/cpu/device/Waiting.h"

#include <array>
#include <deque>
#include <vector>

namespace nissl::cpu {

class Backlog {
public:
  Backlog(const program::Program& program, Waiting waiting, const CodeImage& code, Memory& memory,
          const ForEachThread& forEachThread);

  // Every thread has its own synapses and cells, and the past of its share of the sources, which all read:
  // they have to meet between what notes and what settles.

  /// Whether a thread has no room for another event of each cell; the same for all threads.
  bool full(unsigned thread) const;
  /// In place of the traversal, when not full: notes the events. Gives the thread's synapses concerned.
  uint64_t note(unsigned thread);
  /// Brings the thread's synapses of a row up to date.
  void settle(unsigned thread, size_t row);
  /// Asks for what that will read.
  void fetch(unsigned thread, size_t row) const;
  /// Brings all that lie with the thread up to date.
  void settleAll(unsigned thread);
  /// Forgets the events, which all of the thread's synapses have met.
  void forget(unsigned thread);
  /// All threads' part of both, while none is at work.
  void catchUp();
  /// Forgets events that are undone, likewise.
  void forgetAll();
  /// Faults of what was done late, or-ed, since it was last asked.
  uint64_t takeFaults();

  const program::Action& action;

private:
  /// What one operand had for each source, at each step with events.
  struct Past {
    unsigned operand;
    size_t width;
    Buffer values; ///< by row: by step
    Buffer staged; ///< the last few steps, less than a cache line of each row's: by step, by row
  };
  struct alignas(cacheLine) Part {
    int64_t firstTarget = 0;
    size_t step = 0; ///< the number of steps with events; the same for all threads
    /// Whether a cell has no room for another, in a step of an even and of an odd number: all threads have to
    /// read the one before any of them writes it again.
    std::array<bool, 2> full = {};
    std::vector<uint32_t> degree;       ///< by target: its synapses
    std::vector<uint8_t> count;         ///< by target: its events
    std::vector<uint16_t> steps;        ///< of an event, by number of the event, by target
    std::vector<uint16_t> since;        ///< by row: the steps that it has met
    Buffer seen;                        ///< by synapse: how many of its target's events it has met
    std::vector<uint32_t> list, source; ///< of a call
    std::vector<Buffer> past;           ///< of its row, by step
    std::vector<void*> operands;        ///< likewise
    uint64_t faults = 0;
  };

  void setUp(unsigned thread);
  void flush(Past& past, size_t begin, size_t end, size_t step) const;
  template <typename Target>
  void settleRow(Part& part, const TablePart& table, const Target* targets, size_t row);
  void bringPast(Part& part, size_t row);

  const program::Program& program;
  const program::Kernel& kernel;
  const KernelFunction run;
  Memory& memory;
  const SynapseTable& table;
  const size_t rows;
  const size_t most; ///< steps with events
  std::vector<Past> pasts;
  std::vector<Part> parts; ///< by thread
};

/// A backlog for each traversal back in the program's schedule that waits.
std::deque<Backlog> makeBacklogs(const program::Program& program, const CodeImage& code, Memory& memory,
                                 const ForEachThread& forEachThread);

} // namespace nissl::cpu
