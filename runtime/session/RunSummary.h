// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/device/Device.h"
#include "runtime/session/Provenance.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nissl::runtime {

/// How often a population had its events.
struct PopulationRate {
  std::string population;
  int64_t size = 0;
  uint64_t events = 0;
  double hertz = 0; ///< events per cell and second of model time
};

/// What a run did.
struct RunSummary {
  Provenance provenance;
  int64_t steps = 0; ///< that ran
  int64_t requestedSteps = 0;
  bool interrupted = false;
  unsigned threads = 1; ///< of each rank
  unsigned ranks = 1;
  double modelSeconds = 0;
  double loadSeconds = 0;
  double wallSeconds = 0;      ///< of the steps alone
  uint64_t spikes = 0;         ///< of the network; see EventTracks.h
  uint64_t recordedSpikes = 0; ///< in spikes.h5
  std::vector<PopulationRate> rates;
  std::map<std::string, uint64_t> losses;
  std::map<std::string, uint64_t> counters; ///< of the device
  std::vector<std::string> notices;
  std::optional<Findings> findings; ///< of a device that checks what it runs

  /// Wall time per model time: below 1 is faster than real time.
  double realtimeFactor() const { return modelSeconds > 0 ? wallSeconds / modelSeconds : 0; }
  uint64_t lossCount() const;
};

/// The object of `nissl run --json` and of summary.json; the device's counters are members of it.
nlohmann::ordered_json toJson(const RunSummary& summary);

/// The same for people, several lines.
std::string toText(const RunSummary& summary);

} // namespace nissl::runtime
