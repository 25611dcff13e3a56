// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The synapses of a table, in parts: each part has those whose targets lie in one block of what a thread
// owns. Only what a kernel names lies in memory; a synapse's source, ordinal and place in the table follow
// from its row.
#pragma once

#include "runtime/device/Ranks.h"
#include "runtime/program/Connectivity.h"
#include "runtime/program/Program.h"
#include "targets/cpu/device/Buffer.h"
#include "targets/cpu/device/KernelCall.h"
#include "targets/cpu/device/Waiting.h"

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

namespace nissl::cpu {

/// [begin, end) of an extent that a thread owns, or a rank.
struct Part {
  int64_t begin = 0, end = 0;
};

/// Values that a traversal reads or writes, one per synapse of a part.
struct Column {
  const std::byte* values = nullptr;
  size_t width = 0;
};

/// Asks for consecutive synapses, which lie anywhere in a large table: their beginning, and the end of few;
/// the processor foresees the rest.
inline void fetchColumns(std::span<const Column> columns, uint64_t begin, uint64_t length) {
  constexpr size_t most = 16 * cacheLine;
  for (const Column& column : columns) {
    fetchLines(column.values + begin * column.width, std::min(most, length * column.width));
  }
}

struct TablePart {
  std::vector<uint64_t> rowStart; ///< by source - sourceBegin
  std::vector<uint32_t>
      firstOrdinal;           ///< by source - sourceBegin: a part's synapses follow each other in the row
  Buffer target;              ///< in targetBytes
  std::vector<Buffer> fields; ///< by state; empty for states of other owners
  std::vector<uint32_t> ordinal;
  std::vector<int64_t> synapse;      ///< place in the whole table
  std::vector<uint64_t> targetStart; ///< by target - part.begin; only where a traversal goes back
  std::vector<uint32_t> ofTarget;    ///< places in this part, ascending (source, ordinal) per target
  std::vector<uint32_t> inOrder; ///< places in ascending (source, ordinal), where rows are sorted by delay
  std::vector<uint32_t> sourceOfTarget, sourceInOrder; ///< of what `ofTarget` lists, and in ascending order
  bool sortedByDelay = false;

  size_t size() const { return rowStart.back(); }
  /// Where the `i`-th synapse in ascending (source, ordinal) lies.
  size_t place(size_t i) const { return sortedByDelay ? inOrder[i] : i; }
};

/// Calls work(thread) once per thread, in parallel.
using ForEachThread = std::function<void(const std::function<void(unsigned)>&)>;

class SynapseTable {
public:
  /// Expands the rule of table `index`; `owned` are the parts of its target extent that this process has,
  /// each of `others` as many.
  SynapseTable(const program::Program& program, program::Index index, std::span<const Part> owned,
               runtime::Ranks* others, const ForEachThread& forEachThread);

  /// After the setup: checks the delays, sorts rows by delay where arrivals need it, lists synapses by target
  /// where a traversal goes back that does not wait, and drops the columns that only the setup needed.
  void finishSetup(const ForEachThread& forEachThread);

  /// Of the whole table.
  uint64_t size() const { return rowStart.back(); }
  /// How many synapses of a row lie here.
  uint32_t ownLength(size_t row) const;
  /// Bytes of a value of this table's state in memory: fewer than its type's for delays.
  size_t widthOf(program::Index state) const;
  /// work(delays) with a pointer to a part's delays, of the type that memory has them in.
  template <typename Work>
  void withDelays(const TablePart& part, Work work) const {
    const Buffer& delays = part.fields[program.tables[index].delayField];
    switch (delayBytes(program.tables[index].maxDelay)) {
    case 1:
      return work(delays.as<int8_t>());
    case 2:
      return work(delays.as<int16_t>());
    default:
      return work(delays.as<int32_t>());
    }
  }
  /// The delays of a part whose synapses all have the same.
  struct OneDelay {
    int64_t delay;
    int64_t operator[](uint64_t) const { return delay; }
  };
  /// work(delays) with what has those of a part by synapse, also where they are the same.
  template <typename Work>
  void withAnyDelays(const TablePart& part, Work work) const {
    if (program.tables[index].delayField == program::none) {
      return work(OneDelay{program.tables[index].minDelay});
    }
    withDelays(part, [&](const auto* delays) { work(delays); });
  }
  /// work(targets), likewise.
  template <typename Work>
  void withTargets(const TablePart& part, Work work) const {
    if (bytesPerTarget == sizeof(uint16_t)) {
      work(part.target.as<uint16_t>());
    } else {
      work(part.target.as<uint32_t>());
    }
  }
  /// The target of the synapse at a place of a part.
  uint32_t targetAt(const TablePart& part, size_t place) const;
  void setEnds(const TablePart& part, size_t place, uint32_t target, int64_t delay) const;
  /// Gives a part with rows its columns of targets and states, all zero.
  void layColumns(TablePart& part) const;
  /// The values of a state in table order, as the state's type; zero for synapses of other ranks.
  std::vector<std::byte> values(program::Index state) const;
  /// By place in the table: its source, of all ranks.
  std::vector<uint32_t> sources() const;
  /// Its target; zero for synapses of other ranks.
  std::vector<uint32_t> targets() const;

  const unsigned bytesPerTarget;
  std::vector<uint64_t> rowStart; ///< of the whole table
  /// By the number of a part, whose columns lie somewhere else: makes it again. Empty where they lie here.
  std::function<TablePart(unsigned)> elsewhere;
  Waiting waiting;
  std::function<void()> settle; ///< does what waits; empty where nothing does
  unsigned blocks = 1;          ///< per thread; part b of thread t is number t * blocks + b
  std::vector<TablePart> parts;

private:
  unsigned blocksFor(const program::Rows& rows, unsigned threads, unsigned ranks) const;
  std::vector<int64_t> placeRows(const program::Rows& rows, Part here, runtime::Ranks& others);
  void take(TablePart& part, const Part& own, const program::Rows& rows, std::span<const int64_t> shifts);
  void addColumns(TablePart& part) const;
  uint32_t sourceOf(size_t row) const {
    return static_cast<uint32_t>(program.tables[index].sourceBegin + static_cast<int64_t>(row));
  }
  void checkDelays(const TablePart& part) const;
  int32_t delayAt(const TablePart& part, size_t place) const;
  void sortByDelay(TablePart& part) const;
  void listByTarget(const Part& own, TablePart& part) const;
  bool names(program::OperandKind column, const std::vector<program::Action>& actions) const;
  bool names(program::OperandKind column, const program::Action& action) const;
  bool namesSource(program::TraverseKind kind) const;
  bool visits(program::TraverseKind kind) const;
  template <typename Visit>
  void forEachSynapse(Visit visit) const;

  const program::Program& program;
  program::Index index;
  std::vector<Part> owned; ///< targets, by part
};

} // namespace nissl::cpu
