// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The chip: cores and mesh in the phases of a tick, and the host port (SPEC.md G1, G9).
#pragma once

#include "targets/golgi/emulator/Core.h"
#include "targets/golgi/emulator/Counters.h"
#include "targets/golgi/emulator/Image.h"
#include "targets/golgi/emulator/Mesh.h"
#include "targets/golgi/model/ChipModel.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace nissl::golgi {

/// One event of a cell; `core` is the position in Image::cores.
struct Spike {
  uint32_t core = 0;
  uint32_t group = 0;
  uint32_t event = 0;
  uint32_t cell = 0;
  friend bool operator==(const Spike&, const Spike&) = default;
};

/// Everything that survives a tick (G9.7).
struct ChipState {
  uint64_t tick = 0;
  uint64_t seed = 0;
  Counters counters;
  std::vector<CoreState> cores;
  friend bool operator==(const ChipState&, const ChipState&) = default;
};

/// A loaded chip. Not thread-safe; several chips are independent of each other.
///
///   Chip chip(ChipModel::load("golgi-64"), image);
///   chip.setInput(core, word, value);
///   chip.step();
///   for (const Spike& spike : chip.spikes()) …
class Chip {
public:
  /// Checks the image (throws as check() does) and loads it: T = 0, seed = 0.
  Chip(ChipModel model, const Image& image);

  /// Called at the sample point of each tick, between A and B (G5.8). It may use the const functions below.
  using Sample = std::function<void(const Tick&)>;

  /// Runs one step: ticksPerStep ticks.
  void step(const Sample& sample = {});

  /// The events of the last step, by tick, core, group, event, cell.
  std::span<const Spike> spikes() const { return events; }
  const Counters& counters() const { return counts; }

  // The host port (G9). Positions out of range throw NS0805.

  /// Sets an event for step t + (delay div K), tick delay mod K of it; 0 ≤ delay ≤ 63 ticks.
  void inject(uint32_t core, uint32_t axon, uint32_t delay);
  /// Gives an INP word its value for the next step.
  void setInput(uint32_t core, uint32_t word, int32_t value);
  int32_t readState(uint32_t core, uint32_t word) const;
  void writeState(uint32_t core, uint32_t word, int32_t value);

  /// A value of cell `cell` of a symbol. State: its word. Port: the sum of the present tick, complete at the
  /// sample point of the group's stratum.
  int32_t read(const Symbol& symbol, uint32_t cell) const;
  void write(const Symbol& symbol, uint32_t cell, int32_t value);
  /// An input of cell `cell` for the next step.
  void setInput(const Symbol& symbol, uint32_t cell, int32_t value);
  /// An event on the axon of element `element`, in the next step.
  void inject(const Symbol& symbol, uint32_t element);

  uint64_t seed() const { return randomSeed; }
  void setSeed(uint64_t seed) { randomSeed = seed; }
  /// The next step's number.
  uint64_t currentStep() const { return tick / contents.ticksPerStep; }
  /// Starts at another step; the number stays below 2^48 and is the step's, not the tick's.
  void setCurrentStep(uint64_t step);

  const Image& image() const { return contents; }
  const ChipModel& model() const { return chip; }

  ChipState save() const;
  /// Throws NS0805 where the state is another image's.
  void restore(const ChipState& state);

private:
  void runTick(const Sample& sample);
  uint64_t emit();
  void recordSpikes(uint32_t core);
  Core& coreAt(uint32_t core);
  const Core& coreAt(uint32_t core) const;
  const Group& groupOf(const Symbol& symbol, SymbolKind kind, uint32_t cell) const;

  ChipModel chip;
  Image contents;
  std::vector<Core> cores;
  /// By router: the position of its core in the image, or -1.
  std::vector<int32_t> coreOfRouter;
  Mesh mesh;
  std::vector<Spike> events;
  Counters counts;
  uint64_t tick = 0;
  uint64_t randomSeed = 0;
};

} // namespace nissl::golgi
