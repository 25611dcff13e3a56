// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Static synapses of several tables in the order in which what they contribute arrives.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/CodeImage.h"
#include "targets/cpu/device/Memory.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace nissl::cpu {

/// What one thread has of the tables that the same events drive with the same code: a row per source,
/// ascending by delay, then by table and ordinal. The synapses of one delay are a segment: one block of
/// memory, as the processor asks for it line by line. The targets of all tables lie in one stretch of memory,
/// so that one call of the kernel serves them.
class Bundle {
public:
  /// Synapses of several segments, side by side: value after value of what a segment has.
  struct Copies {
    std::vector<std::byte> bytes;
    size_t size = 0, room = 0; ///< synapses
  };
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
      for (int64_t first = 0; first < count; first += mostPresent) {
        const auto* length = lengthOf + row * count + first;
        uint64_t left = present(length, std::min(count - first, mostPresent));
        for (; left != 0; left &= left - 1) {
          const int d = std::countr_zero(left);
          visit(first + d, begin, uint32_t{length[d]});
          begin += bytesOf(length[d]);
        }
      }
    });
  }
  /// visit(delay - minDelay, begin, length) of all segments.
  template <typename Visit>
  void forEachSegment(const Visit& visit) const {
    for (int64_t row = 0; row < sourceEnd - sourceBegin; ++row) {
      forEachSegment(row, visit);
    }
  }
  /// Asks for what that of a row reads.
  void fetchSegments(int64_t row) const {
    __builtin_prefetch(&rowStart[static_cast<size_t>(row)]);
    size_t bytes = static_cast<size_t>(delays()) * bytesPerLength;
    fetchLines(lengths.data() + static_cast<size_t>(row) * bytes, bytes);
  }
  /// Asks for a segment, which lies anywhere: for its beginning, and all of most; the processor foresees the
  /// rest. How often a loop goes round is not: of a short segment the last line is asked for several times.
  void fetch(uint64_t begin, uint32_t length) const {
    constexpr uint64_t usual = 8, most = 32;
    const std::byte* first = blocks.data() + begin;
    const uint64_t last = bytesOf(length) - 1;
    for (uint64_t line = 0; line < usual; ++line) {
      __builtin_prefetch(first + std::min(line * cacheLine, last));
    }
    for (uint64_t line = usual; line <= std::min(last / cacheLine + 1, most); ++line) {
      __builtin_prefetch(first + std::min(line * cacheLine, last));
    }
  }
  /// Asks for the first that a row has.
  void fetchRow(int64_t row) const {
    constexpr uint64_t most = 16 * cacheLine;
    const uint64_t* begin = &rowStart[static_cast<size_t>(row)];
    fetchLines(blocks.data() + begin[0], std::min(most, begin[1] - begin[0]));
  }
  /// Adds a segment's contributions to their ports.
  void add(uint64_t begin, uint32_t length, KernelCall& call) {
    addSynapses(blocks.data() + begin, length, length, call);
  }
  /// Appends a row's segments to where those of a delay go: to(delay - minDelay). How many synapses they
  /// have.
  template <typename To>
  uint64_t copyRow(int64_t row, const To& to) const {
    uint64_t synapses = 0;
    forEachSegment(row, [&](int64_t d, uint64_t begin, uint32_t length) {
      Copies& copies = to(d);
      if (copies.size + length + copiedBytes > copies.room) {
        makeRoom(copies, length);
      }
      const std::byte* from = blocks.data() + begin;
      for (const Value& value : values) {
        std::byte* next = copies.bytes.data() + copies.room * value.before + copies.size * value.width;
        const size_t bytes = length * value.width;
#pragma clang loop unroll(disable) // it goes round once
        for (size_t byte = 0; byte < bytes; byte += copiedBytes) {
          std::memcpy(next + byte, from + byte, copiedBytes);
        }
        from += bytes;
      }
      copies.size += length;
      synapses += length;
    });
    return synapses;
  }
  /// Adds what bundles of the same code and stretch have copied.
  void add(const Copies& copies, KernelCall& call) {
    addSynapses(copies.bytes.data(), copies.room, copies.size, call);
  }

  program::Index events = program::none;
  std::vector<Member> members;
  int64_t minDelay = 0, maxDelay = 0;

private:
  /// At once, of what may be a few synapses less: buffers are padded, and what is too much is written over.
  static constexpr size_t copiedBytes = 64;

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
  /// Which of `count` lengths, `mostPresent` at most, are not 0: a bit each. Found at once, as nobody
  /// foresees whether one is.
  static uint64_t present(const uint16_t* lengths, int64_t count);
  static uint64_t present(const uint32_t* lengths, int64_t count);
  static constexpr int64_t mostPresent = 64;
  uint64_t bytesOf(uint64_t length) const {
    return (length * bytesPerSynapse + widest - 1) & ~static_cast<uint64_t>(widest - 1);
  }
  /// Adds `count` synapses, whose values stand in columns of `room`.
  void addSynapses(const std::byte* columns, size_t room, size_t count, KernelCall& call) {
    for (const Value& value : values) {
      operands[value.operand] = const_cast<std::byte*>(columns) + room * value.before;
    }
    call.begin = 0;
    call.end = static_cast<int64_t>(count);
    call.constants = constants;
    run(operands.data(), &call);
  }
  void makeRoom(Copies& copies, size_t more) const;
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
