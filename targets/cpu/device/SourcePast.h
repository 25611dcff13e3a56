// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the sources of some tables had at each step in which a cell of one of them had an event: by row, as a
// row is what reads it, and once for all tables that read the same.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/Memory.h"

#include <array>
#include <vector>

namespace nissl::cpu {

class SourcePast {
public:
  /// Of `rows` sources from `firstSource` on, what `operands` of `action` are, for `most` steps with events.
  SourcePast(const program::Program& program, const program::Action& action,
             const std::vector<program::Operand>& operands, int64_t firstSource, size_t rows, size_t most,
             Memory& memory);
  /// Has the system find the thread's share of the memory now.
  void touch(unsigned thread);

  // Every thread keeps its share of the sources, and reads all: they have to meet in between.

  /// The steps that were noted; the same for all threads.
  size_t steps(unsigned thread) const { return parts[thread].step; }
  /// Notes another one.
  void note(unsigned thread);
  void forget(unsigned thread) { parts[thread].step = 0; }
  /// Gives what a row had, by step, from some step before `since` on until `end`.
  void bring(size_t operand, size_t row, size_t since, size_t end, std::byte* to) const;
  /// Asks for what that will read.
  void fetch(size_t row, size_t since, size_t end) const;

  const program::Action& action; ///< of the traversal that notes
  const std::vector<program::Operand> operands;
  const size_t most;

private:
  /// What one operand had for each source.
  struct Past {
    size_t width;
    Buffer values; ///< by row: by step
    Buffer staged; ///< the last few steps, less than a cache line of each row's: by step, by row
  };
  struct alignas(cacheLine) Part {
    size_t step = 0;
  };

  void flush(const Past& past, size_t begin, size_t end, size_t step) const;

  const program::Program& program;
  Memory& memory;
  const size_t firstSource, rows;
  std::vector<Past> pasts;
  std::vector<Part> parts; ///< by thread
};

} // namespace nissl::cpu
