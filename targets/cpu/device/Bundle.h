// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Static synapses of several tables in the order in which what they contribute arrives.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/CodeImage.h"
#include "targets/cpu/device/Memory.h"

#include <algorithm>
#include <vector>

namespace nissl::cpu {

/// What one thread has of the tables that the same events drive with the same code: a row per source,
/// ascending by delay, then by table and ordinal. The synapses of one delay are a segment: one block of
/// memory, as the processor asks for it line by line. The targets of all tables lie in one stretch of memory,
/// so that one call of the kernel serves them.
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
  /// visit(delay - minDelay, begin, length) of a row's segments, ascending: where in the bundle the block
  /// begins, and of how many synapses it is.
  template <typename Visit>
  void forEachSegment(int64_t row, const Visit& visit) const {
    withLengths([&, count = delays()](const auto* lengthOf) {
      uint64_t begin = rowStart[static_cast<size_t>(row)];
      for (int64_t d = 0; d < count; ++d) {
        if (uint32_t length = lengthOf[row * count + d]; length > 0) {
          visit(d, begin, length);
          begin += bytesOf(length);
        }
      }
    });
  }
  /// Asks for what that reads.
  void fetchSegments(int64_t row) const {
    size_t bytes = static_cast<size_t>(delays()) * bytesPerLength;
    fetchLines(lengths.data() + static_cast<size_t>(row) * bytes, bytes);
  }
  /// Asks for a segment, which lies anywhere: for its beginning, and all of most; the processor foresees the
  /// rest.
  void fetch(uint64_t begin, uint32_t length) const {
    constexpr uint64_t most = 32 * cacheLine;
    fetchLines(blocks.data() + begin, std::min(most, bytesOf(length)));
  }
  /// Adds a segment's contributions to their ports.
  void add(uint64_t begin, uint32_t length, KernelCall& call) {
    for (const Value& value : values) {
      operands[value.operand] = blocks.data() + begin + length * value.before;
    }
    call.begin = 0;
    call.end = length;
    call.constants = constants;
    run(operands.data(), &call);
  }

  program::Index events = program::none;
  std::vector<Member> members;
  int64_t minDelay = 0, maxDelay = 0;

private:
  /// What a segment has of each of its synapses, one after the other.
  struct Value {
    size_t operand; ///< of the kernel
    size_t width;
    bool isTarget;
    size_t before = 0; ///< bytes of a synapse's earlier values
  };
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
  uint64_t bytesOf(uint64_t length) const {
    return (length * bytesPerSynapse + widest - 1) & ~static_cast<uint64_t>(widest - 1);
  }
  template <typename Visit>
  void forEachTaken(const Member& member, TablePart& part, const Visit& visit) const;
  template <typename Visit>
  void forEachPiece(int64_t row, unsigned thread, const Memory& memory, const Visit& visit) const;
  void chooseValues(const Memory& memory);
  void layRows(unsigned thread, const Memory& memory);
  void fillRow(int64_t row, unsigned thread, const Memory& memory);
  void noteDisplaced(size_t member, const TablePart& part, const SynapseTable& table, uint64_t begin,
                     uint64_t end);
  const program::Table& tableOf(const Member& member) const { return program.tables[member.action->subject]; }

  const program::Program& program;
  int64_t sourceBegin = 0, sourceEnd = 0;
  unsigned bytesPerTarget = 0;
  const program::Kernel* kernel;
  KernelFunction run;
  const uint64_t* constants;   ///< of the kernel
  std::vector<void*> operands; ///< likewise
  std::byte* stretch;
  std::vector<Value> values;      ///< the widest first, so that all lie at multiples of their widths
  size_t bytesPerSynapse = 0;     ///< of all values
  size_t widest = 1;              ///< bytes, a power of two; blocks begin at multiples of it
  Buffer blocks;                  ///< by row, then by delay
  std::vector<uint64_t> rowStart; ///< by row: where its first block lies
  Buffer lengths;                 ///< of segments
  unsigned bytesPerLength = sizeof(uint16_t);
  std::vector<std::vector<Displaced>> displaced; ///< by member, ascending by row
  std::vector<std::byte*> next;                  ///< by delay: where the next synapse's value goes
};

} // namespace nissl::cpu
