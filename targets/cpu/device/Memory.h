// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything of a program that survives a step, laid out for the CPU. Extents are cut into one part per
// thread; a table's synapses lie with the part that owns their target.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/Buffer.h"
#include "targets/cpu/device/KernelCall.h"
#include "targets/cpu/device/Table.h"

#include <deque>
#include <vector>

namespace nissl::cpu {

struct StateMemory {
  Buffer values; ///< of an extent's state
  Buffer initial;
  Buffer pushed;             ///< history arrays
  std::vector<Ring> history; ///< by thread, each of which moves its own; empty without a history
};

struct PortMemory {
  std::vector<Ring> rings; ///< by thread, of its part; `base` is where the extent's first element would lie
  size_t width = 0;        ///< bytes of a value

  /// The slot `ahead` of the present one.
  std::byte* slot(unsigned thread, int64_t ahead = 0) const {
    const Ring& ring = rings[thread];
    size_t offset = static_cast<size_t>((ring.cursor + ahead) % ring.slots * ring.stride) * width;
    return static_cast<std::byte*>(ring.base) + offset;
  }
};

/// The elements at which events happened, ascending, by the thread that owns them.
struct EventMemory {
  Buffer mask;
  std::vector<std::vector<uint32_t>> lists;

  bool empty() const;
  std::vector<uint32_t> all() const;
};

struct Memory {
  std::vector<std::vector<Part>> parts; ///< by extent, then by thread
  std::vector<StateMemory> states;
  std::vector<PortMemory> ports;
  std::vector<Buffer> slots; ///< by thread: of all ports, those with one slot first
  std::vector<EventMemory> events;
  std::vector<Buffer> inputs;
  std::deque<SynapseTable> tables;

  Memory(const program::Program& program, unsigned threads, const ForEachThread& forEachThread);

  /// After the setup: finishes the tables, and keeps the initial values that histories and restores start
  /// from.
  void finishSetup(const program::Program& program, const ForEachThread& forEachThread);

private:
  void placePorts(const program::Program& program, unsigned threads);
};

} // namespace nissl::cpu
