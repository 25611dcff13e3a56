// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/EventTracks.h"

#include <algorithm>

namespace nissl::runtime {

using program::Index;

namespace {

constexpr std::string_view spikeSuffix = ".spike";

/// Marks the events of maps that stand before the schedule's sample; false once it was met.
bool markSources(const std::vector<program::Action>& actions, std::vector<bool>& atStart) {
  for (const program::Action& action : actions) {
    if (action.kind == program::ActionKind::Sample) {
      return false;
    }
    for (Index events : action.writesEvents) {
      atStart[static_cast<size_t>(events)] = true;
    }
    if (!markSources(action.body, atStart)) {
      return false;
    }
  }
  return true;
}

void addRange(std::vector<std::pair<int64_t, int64_t>>& ranges, int64_t begin, int64_t end) {
  ranges.emplace_back(begin, end);
  std::sort(ranges.begin(), ranges.end());
  std::vector<std::pair<int64_t, int64_t>> merged;
  for (const auto& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().second) {
      merged.back().second = std::max(merged.back().second, range.second);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

} // namespace

EventTracks::EventTracks(const program::Program& program) : trackOf(program.events.size(), program::none) {
  std::vector<bool> atStart(program.events.size(), false);
  // Without a sample every event is one of the step's end.
  if (markSources(program.schedule, atStart)) {
    atStart.assign(program.events.size(), false);
  }
  bool anyNamed =
      std::any_of(program.events.begin(), program.events.end(), [](const program::Events& events) {
        return std::string_view(events.name).ends_with(spikeSuffix);
      });
  std::vector<std::vector<std::pair<int64_t, int64_t>>> probed(program.events.size());
  bool anyProbed = false;
  for (const program::Probe& probe : program.probes) {
    if (probe.kind == program::ProbeKind::Events) {
      addRange(probed[static_cast<size_t>(probe.subject)], probe.begin, probe.end);
      anyProbed = true;
    }
  }
  for (size_t index = 0; index < program.events.size(); ++index) {
    const program::Events& events = program.events[index];
    bool named = std::string_view(events.name).ends_with(spikeSuffix);
    bool spike = named || !anyNamed;
    if (!spike && probed[index].empty()) {
      continue;
    }
    Track track;
    track.events = static_cast<Index>(index);
    track.population = named ? events.name.substr(0, events.name.size() - spikeSuffix.size()) : events.name;
    track.size = program.extents[static_cast<size_t>(events.extent)].size;
    track.atStart = atStart[index];
    track.counted = anyProbed ? !probed[index].empty() : !atStart[index];
    track.recorded = std::move(probed[index]);
    if (!anyProbed) {
      track.recorded = {{0, track.size}};
    }
    bool taken = std::any_of(tracks.begin(), tracks.end(),
                             [&](const Track& other) { return other.population == track.population; });
    if (taken) {
      track.population = events.name;
    }
    trackOf[index] = static_cast<Index>(tracks.size());
    tracks.push_back(std::move(track));
  }
}

EventTracks::Track* EventTracks::find(Index events) {
  Index track = trackOf[static_cast<size_t>(events)];
  return track == program::none ? nullptr : &tracks[static_cast<size_t>(track)];
}

uint64_t EventTracks::spikeCount() const {
  uint64_t sum = 0;
  for (const Track& track : tracks) {
    sum += track.counted ? track.count : 0;
  }
  return sum;
}

std::span<const uint32_t> EventTracks::recordedOf(const Track& track, std::span<const uint32_t> elements,
                                                  std::vector<uint32_t>& buffer) {
  if (track.recorded.size() == 1 && track.recorded[0] == std::pair<int64_t, int64_t>(0, track.size)) {
    return elements;
  }
  buffer.clear();
  for (const auto& [begin, end] : track.recorded) {
    auto first = std::lower_bound(elements.begin(), elements.end(), begin);
    auto last = std::lower_bound(first, elements.end(), end);
    buffer.insert(buffer.end(), first, last);
  }
  return buffer;
}

} // namespace nissl::runtime
