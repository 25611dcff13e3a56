// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Static synapses of several tables in the order in which what they contribute arrives.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/CodeImage.h"
#include "targets/cpu/device/Memory.h"

#include <vector>

namespace nissl::cpu {

/// What one thread has of the tables that the same events drive with the same code: a row per source,
/// ascending by delay, then by table and ordinal. The targets of all tables lie in one stretch of memory, so
/// that one call of the kernel serves them.
class Bundle {
public:
  struct Member {
    const program::Action* action;
    uint32_t firstTarget; ///< where in the stretch the thread's first target of this table lies
  };

  Bundle(const program::Program& program, KernelFunction run, std::vector<Member> members,
         std::byte* stretch);

  /// Takes the synapses out of the tables' parts of `thread`, which are left without columns.
  void fill(unsigned thread, Memory& memory);
  /// The columns that a part of a member's table had before `fill`.
  TablePart columnsOf(size_t member, unsigned thread, const Memory& memory) const;

  int64_t rowOf(uint32_t source) const {
    int64_t row = source - sourceBegin;
    return source < sourceEnd && row >= 0 ? row : -1;
  }
  int64_t delays() const { return maxDelay - minDelay + 1; }
  /// visit(delay - minDelay, begin, length) of what a row has of each delay, ascending, where it has any.
  template <typename Visit>
  void forEachSegment(int64_t row, const Visit& visit) const {
    withLengths([&, count = delays()](const auto* lengthOf) {
      uint64_t begin = rowStart[static_cast<size_t>(row)];
      for (int64_t d = 0; d < count; ++d) {
        if (uint32_t length = lengthOf[row * count + d]; length > 0) {
          visit(d, begin, length);
          begin += length;
        }
      }
    });
  }
  /// Asks for what that reads.
  void fetchSegments(int64_t row) const {
    size_t bytes = static_cast<size_t>(delays()) * bytesPerLength;
    fetchLines(lengths.data() + static_cast<size_t>(row) * bytes, bytes);
  }
  /// Asks for some synapses, which lie anywhere.
  void fetch(uint64_t begin, uint32_t length) const { fetchColumns(columns, begin, length); }

  KernelFunction run = nullptr;
  const program::Kernel* kernel = nullptr;
  program::Index events = program::none;
  std::vector<Member> members;
  std::vector<uint64_t> rowStart; ///< by row
  int64_t minDelay = 0, maxDelay = 0;
  std::vector<void*> operands; ///< of the kernel

private:
  /// Synapses of one pair of cells stand in a row by their ordinals, in the bundle by their delays.
  struct Displaced {
    uint32_t place, byDelay; ///< in the table's part: the place, and the one it has by (target, delay)
  };

  /// work(lengths) with a pointer to those of all segments, by row and delay - minDelay.
  template <typename Work>
  void withLengths(Work work) const {
    if (bytesPerLength == sizeof(uint16_t)) {
      work(lengths.as<uint16_t>());
    } else {
      work(lengths.as<uint32_t>());
    }
  }
  template <typename Visit>
  void forEachTaken(const Member& member, TablePart& part, const Visit& visit) const;
  void layRows(unsigned thread, const Memory& memory);
  void fillRow(int64_t row, unsigned thread, const Memory& memory);
  void noteDisplaced(size_t member, const TablePart& part, const SynapseTable& table, uint64_t begin,
                     uint64_t end);
  const program::Table& tableOf(const Member& member) const { return program.tables[member.action->subject]; }

  const program::Program& program;
  int64_t sourceBegin = 0, sourceEnd = 0;
  unsigned bytesPerTarget = 0;
  std::byte* stretch;
  Buffer lengths; ///< of segments
  unsigned bytesPerLength = sizeof(uint16_t);
  Buffer target;
  std::vector<Column> columns;                   ///< of what a segment reads
  std::vector<Buffer> fields;                    ///< by operand of the kernel; empty for others
  std::vector<std::vector<Displaced>> displaced; ///< by member, ascending by row
  std::vector<uint64_t> next;                    ///< by delay: where the next synapse of the row goes
  std::vector<uint64_t> places;                  ///< of a member's synapses of the row
};

} // namespace nissl::cpu
