// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One core: its memories and the phases A and B (SPEC.md G4 to G7). Phase C is the mesh's (Mesh.h).
#pragma once

#include "targets/golgi/emulator/Counters.h"
#include "targets/golgi/emulator/Image.h"
#include "targets/golgi/emulator/Lanes.h"

#include <cstdint>
#include <span>
#include <vector>

namespace nissl::golgi {

/// The time of a tick, as cores see it (G1.1).
struct Tick {
  /// T.
  uint64_t tick = 0;
  /// t = T div K.
  uint64_t step = 0;
  /// T mod K.
  uint64_t stratum = 0;
};

/// What a core keeps from one tick to the next (G9.7).
struct CoreState {
  std::vector<int32_t> state;
  std::vector<uint32_t> accumulators;
  std::vector<uint64_t> events;
  friend bool operator==(const CoreState&, const CoreState&) = default;
};

class Core {
public:
  /// The image must have passed check().
  explicit Core(const CoreImage& image);

  /// Phase A; gives T_A.
  uint64_t deliver(const Tick& now, Counters& counters);
  /// Phase B; gives T_B.
  uint64_t update(const Tick& now, uint64_t seed, Counters& counters);

  /// Sets the bit of an axon in the slot of a tick (G4.2); axons that do not exist wrap (G3.3).
  void setEvent(uint64_t tick, uint32_t axon);

  /// The groups that ran in the last update, in order (G8.1).
  std::span<const uint32_t> activeGroups() const { return active; }
  std::span<const uint64_t> spikeMask() const { return spikes; }
  const CoreImage& image() const { return contents; }

  std::vector<int32_t>& state() { return memories.state; }
  /// The plane of accumulators of a tick.
  std::span<const uint32_t> plane(uint64_t tick) const;
  void setInput(uint32_t word, int32_t value);
  /// Makes every input word not valid.
  void clearInputs();

  const CoreState& save() const { return memories; }
  void restore(const CoreState& saved) { memories = saved; }

private:
  /// A group with its program decoded and its cost known.
  struct Program {
    std::vector<Instruction> instructions;
    /// Registers and predicates that may be read before they are written; the others need no clearing (G7.1).
    std::vector<uint8_t> clearedRegisters;
    std::vector<uint8_t> clearedPredicates;
    bool clearsRandom = false;
    uint64_t cycles = 0;
  };

  static Program prepare(const CoreImage& image, const Group& group);
  uint64_t walkRows(uint32_t address, uint32_t planeStart, Counters& counters);
  void runGroup(size_t index, const Tick& now, uint64_t seed, Counters& counters);

  CoreImage contents;
  std::vector<Program> programs;
  CoreState memories;
  std::vector<int32_t> inputs;
  bool inputsValid = false;
  std::vector<uint64_t> spikes;
  std::vector<uint32_t> active;
  /// Words of one event slot.
  uint32_t slotWords = 0;
};

} // namespace nissl::golgi
