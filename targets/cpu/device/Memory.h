// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything of a program that survives a step, laid out for the CPU. Extents are cut into one part per
// thread; a table's synapses lie with the part that owns their target.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/KernelCall.h"

#include <memory>
#include <vector>

namespace nissl::cpu {

/// Zeroed, cache-line aligned bytes, padded so that a full vector may be read at the end.
class Buffer {
public:
  Buffer() = default;
  explicit Buffer(size_t bytes);
  std::byte* data() const { return memory.get(); }
  size_t size() const { return bytes; }
  template <typename T>
  T* as() const {
    return reinterpret_cast<T*>(memory.get());
  }

private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte[], Free> memory;
  size_t bytes = 0;
};

/// [begin, end) of an extent that a thread owns.
struct Part {
  int64_t begin = 0, end = 0;
};

/// The synapses of a table whose targets one thread owns.
struct TablePart {
  std::vector<uint64_t> rowStart; ///< by source - sourceBegin
  std::vector<uint32_t> target, source, ordinal;
  std::vector<int64_t> synapse;      ///< place in the whole table
  std::vector<Buffer> fields;        ///< by state; empty for states of other owners
  std::vector<uint64_t> targetStart; ///< by target - part.begin; only where a traversal goes back
  std::vector<uint32_t> ofTarget;    ///< places in this part, ascending (source, ordinal) per target
  std::vector<uint32_t> inOrder; ///< places in ascending (source, ordinal), where rows are sorted by delay
  bool sortedByDelay = false;
};

struct TableMemory {
  std::vector<uint64_t> rowStart; ///< of the whole table
  std::vector<TablePart> parts;
};

struct StateMemory {
  Buffer values; ///< of an extent's state
  Buffer initial;
  Buffer pushed; ///< history arrays
  Ring history{nullptr, 0, 0, 0};
};

struct PortMemory {
  Buffer slots;
  Ring ring{nullptr, 0, 0, 0};
};

struct Memory {
  std::vector<std::vector<Part>> parts; ///< by extent, then by thread
  std::vector<StateMemory> states;
  std::vector<PortMemory> ports;
  std::vector<Buffer> masks;                 ///< by events
  std::vector<std::vector<uint32_t>> events; ///< ascending elements
  std::vector<Buffer> inputs;
  std::vector<TableMemory> tables;

  Memory(const program::Program& program, unsigned threads);

  /// After setup: checks the delays, sorts rows by delay where arrivals need it, lists synapses by target
  /// where a traversal goes back, and keeps the initial values that histories and restores start from.
  void finishSetup(const program::Program& program);

private:
  void expandTable(const program::Program& program, program::Index index, unsigned threads);
};

} // namespace nissl::cpu
