// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What executes a program. One thread at a time calls a device; a device may use threads inside. Where
// several ranks run a program, all of them make the same calls with the same arguments, and every one hears
// and reads the whole network.
#pragma once

#include "runtime/device/Ranks.h"
#include "runtime/program/Program.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nissl::runtime {

struct DeviceOptions {
  uint64_t dynamicsSeed = 0; ///< of noise and stochastic choices during the run
  unsigned threads = 1;      ///< results never depend on it; of each rank
  int64_t firstStep = 0;     ///< number of the first step
  Ranks* ranks = nullptr;    ///< this process's place among several; it outlives the device
};

/// Hears what happens inside a step; it cannot change anything. Events of one step come in the order of the
/// schedule; whether a sample comes before or between them is the device's choice.
class StepObserver {
public:
  virtual ~StepObserver() = default;
  /// `elements`, ascending, of the extent in which `events` happened in step `step`. A device may leave out
  /// those of which there are none.
  virtual void onEvents(program::Index events, int64_t step, std::span<const uint32_t> elements) = 0;
  /// The moment at which probes see the state at t_step: before arrivals (`before`) and after them.
  /// Device::readState may be called from here.
  virtual void onSample(int64_t step, bool before) = 0;
  /// Whether `onSample` has anything to do in this step: a device may leave it out where this is false.
  virtual bool wantsSample(int64_t step, bool before) const { return true; }
  /// The step is done, and all of it was heard; from `Device::advance`.
  virtual void onStep(int64_t step) {}
};

/// What a device found that checks what it runs.
struct Findings {
  std::string name;          ///< its member in the summary of the run
  std::string json;          ///< that member, an object
  std::string text;          ///< the same for people, several lines
  std::string code, failure; ///< the error with which the run ends; empty where all is right
};

/// Bytes that a program takes.
struct MemoryNeed {
  std::vector<std::pair<std::string, uint64_t>> parts; ///< "synapses", "cells", …
  uint64_t loading = 0;                                ///< at most so many more while it is loaded

  uint64_t most() const {
    uint64_t sum = loading;
    for (const auto& [name, bytes] : parts) {
      sum += bytes;
    }
    return sum;
  }
};

class Device {
public:
  virtual ~Device() = default;
  /// What `load` would take on all ranks, estimated before it is called; nothing from a device that cannot
  /// tell.
  virtual std::optional<MemoryNeed> memoryNeeded(const program::Program& program,
                                                 const DeviceOptions& options) const {
    return std::nullopt;
  }
  /// Builds the network and runs its setup. `program` must outlive the device. Throws support::Error.
  virtual void load(const program::Program& program, const DeviceOptions& options) = 0;
  /// One value per element for the next step only; an input that is not set is zero.
  virtual void setInput(program::Index input, std::span<const double> values) = 0;
  /// Advances one step. Throws support::Error, naming the cell, when a state is NaN or infinite.
  virtual void step(StepObserver* observer) = 0;
  /// Advances by at most `most` steps and at least one, as many as the device does best at once: as `step`,
  /// so often. How many. What was set for the next step only is so for the first of them.
  virtual int64_t advance(int64_t most, StepObserver* observer) {
    step(observer);
    return 1;
  }
  /// Shows `observer` what the next step would show it up to its sample: the state before arrivals, the
  /// events that bear the time at which that step begins, and the state after arrivals. Then everything is as
  /// before: the step is not done, what was set for it stays set, nothing was counted. Throws as `step` does.
  virtual void sampleNext(StepObserver& observer) = 0;
  /// Values [begin, begin + out.size()) of a state, by element or in table order (source, ordinal);
  /// fixed-point values as integer * 2^-frac, exactly.
  virtual void readState(program::Index state, int64_t begin, std::span<double> out) = 0;
  /// Number of synapses of a table.
  virtual int64_t synapseCount(program::Index table) = 0;
  /// What was lost so far, by name ("saturations", "dropped spikes"); zero counts are listed too.
  virtual std::map<std::string, uint64_t> losses() const = 0;
  /// What was counted so far, by name: "synaptic_ops"; for golgi "cycles", "cores", "flit_hops".
  virtual std::map<std::string, uint64_t> counters() const = 0;
  /// Of the steps so far, from a device that checks something.
  virtual std::optional<Findings> findings() const { return std::nullopt; }
};

} // namespace nissl::runtime
