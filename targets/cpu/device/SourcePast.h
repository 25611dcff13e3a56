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
  struct alignas(cacheLine) Part {
    size_t step = 0;
    /// Whether something has no room, after a step of an even and of an odd number: all threads have to read
    /// the one before any of them writes it again.
    std::array<bool, 2> full = {};
  };

  /// Notes what `operands[operand]` is, `values` by row, of the rows from `begin` to `end`.
  virtual void keep(size_t operand, const std::byte* values, size_t begin, size_t end, Part& part) = 0;
  /// The rows that a thread notes.
  std::pair<size_t, size_t> shareOf(unsigned thread) const {
    return {rows * thread / parts.size(), rows * (thread + 1) / parts.size()};
  }
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
