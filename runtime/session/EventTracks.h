// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/program/Program.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nissl::runtime {

/// Which of a program's events a run counts and records, and which time they bear.
///
/// Followed are the spikes, i.e. the events named "<population>.spike" (every event if none is), and the
/// events that a probe asks for. Recorded are the probes' elements; without an event probe all spikes. The
/// network's spikes are those of the populations that an event probe names, whole; without one, those of
/// all but sources.
/// Events of step k bear t_{k+1} = (k + 1) * dt, but those of a source, i.e. of a map that stands before
/// the program's sample, bear t_k (architecture.md §4: sources are drawn on arrival).
class EventTracks {
public:
  explicit EventTracks(const program::Program& program);

  struct Track {
    program::Index events = program::none;
    std::string population;                            ///< "E" for "E.spike", otherwise the events' name
    int64_t size = 0;                                  ///< of the extent
    bool counted = false;                              ///< among the network's spikes
    bool atStart = false;                              ///< bears the time at which its step begins
    std::vector<std::pair<int64_t, int64_t>> recorded; ///< disjoint ranges [begin, end), ascending
    uint64_t count = 0;
  };

  std::vector<Track>& all() { return tracks; }
  const std::vector<Track>& all() const { return tracks; }
  /// Null for events that nobody counts.
  Track* find(program::Index events);
  /// The network's spikes so far.
  uint64_t spikeCount() const;
  /// The part of `elements` (ascending) that `track` records; `buffer` may be used for it.
  static std::span<const uint32_t> recordedOf(const Track& track, std::span<const uint32_t> elements,
                                              std::vector<uint32_t>& buffer);

private:
  std::vector<Track> tracks;
  std::vector<program::Index> trackOf; ///< by events
};

} // namespace nissl::runtime
