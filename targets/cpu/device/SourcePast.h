// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the sources of some tables had at each step in which a cell of one of them had an event: by row, as a
// row is what reads it, and once for all tables that read the same.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/LackingEvents.h"
#include "targets/cpu/device/Memory.h"

#include <array>
#include <utility>
#include <vector>

namespace nissl::cpu {

/// Whether something is full after a step: each thread says it, and all read it in the next one. After steps
/// of even and of odd numbers, as all have to read the one before any of them writes it again; and written
/// where it changes only, or the line would go from core to core in every step.
class FullFlags {
public:
  void set(size_t step, bool full) {
    if (after[step % 2] != full) {
      after[step % 2] = full;
    }
  }
  bool operator[](size_t step) const { return after[step % 2]; }

private:
  std::array<bool, 2> after = {};
};

class SourcePast {
public:
  /// Of what `operands` of `action`, a traversal, are of its table's sources, for `most` steps.
  SourcePast(const program::Program& program, const program::Action& action,
             std::vector<program::Operand> operands, Memory& memory, size_t most);
  virtual ~SourcePast() = default;
  /// Has the system find the thread's share of the memory now.
  virtual void touch(unsigned thread) = 0;

  // Every thread keeps its share of the sources, and reads all: they have to meet in between.

  /// The steps that were noted; the same for all threads.
  size_t steps(unsigned thread) const { return parts[thread].step; }
  /// Whether there is no room for another; the same for all threads.
  bool full(unsigned thread) const;
  /// Whether it has to note steps without events too.
  virtual bool notesAll() const { return false; }
  /// Notes another one.
  void note(unsigned thread);
  virtual void forget(unsigned thread) { parts[thread] = {}; }

  /// Where what a step had is found in what `bring` gives.
  virtual Places places() const { return {.stretch = 1, .pitch = 0}; }
  /// How many bytes that takes.
  virtual size_t room(size_t operand) const = 0;
  /// Gives what a row had, from some step before `since` on until `end`: where the place 0 would be.
  virtual void* bring(size_t operand, size_t row, size_t since, size_t end, std::byte* to) const = 0;
  /// Asks for what that will read.
  virtual void fetch(size_t row, size_t since, size_t end) const = 0;

  const program::Action& action;
  const std::vector<program::Operand> operands;
  const size_t most;

protected:
  struct alignas(apart) Part {
    size_t step = 0;
    alignas(2 * cacheLine) FullFlags full; ///< whether something has no room
  };

  /// Notes what `operands[operand]` is after `step` others, `values` by row, of the rows from `begin` to
  /// `end`. Whether something has no room for more.
  virtual bool keep(size_t operand, const std::byte* values, size_t begin, size_t end, size_t step) = 0;
  /// The rows that a thread notes: those of its own cells, which its core has; as many as others where there
  /// are cells of other ranks.
  std::pair<size_t, size_t> shareOf(unsigned thread) const;
  /// Writes zeros, which are there, over a thread's share.
  void touchShare(const Buffer& buffer, unsigned thread) const;
  size_t widthOf(size_t operand) const {
    return program::sizeOf(program.states[operands[operand].subject].type);
  }

  const program::Program& program;
  Memory& memory;
  const size_t firstSource, rows;
  std::vector<Part> parts; ///< by thread
};

} // namespace nissl::cpu
