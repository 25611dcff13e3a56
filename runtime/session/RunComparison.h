// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nissl::runtime {

/// The first spike that two runs do not share: the earliest in time, then by population and neuron. It
/// is the same neuron's spike of the same rank in both; a run that has none of this rank has no time.
struct SpikeDivergence {
  std::string population;
  uint64_t neuron = 0;
  uint64_t rank = 0;                     ///< 0 is the neuron's first spike
  std::optional<double> milliseconds[2]; ///< in A and in B
};

/// The first value that two reports of a probe do not share.
struct ReportDivergence {
  std::string probe;
  std::string what; ///< where and how they differ
};

/// What `compareRuns` found.
struct RunComparison {
  uint64_t spikes[2] = {0, 0};
  std::optional<SpikeDivergence> divergence;
  std::vector<ReportDivergence> reports;
  std::vector<std::string> notices; ///< e.g. a report that only one run has

  bool identical() const { return !divergence && reports.empty(); }
};

/// Compares spikes.h5 of two run directories and, unless `spikesOnly`, the reports that both have, value
/// by value. Times are equal within 1e-9 of themselves. Throws support::Error (input) for what is no run.
RunComparison compareRuns(const std::filesystem::path& a, const std::filesystem::path& b, bool spikesOnly);

nlohmann::ordered_json toJson(const RunComparison& comparison);
std::string toText(const RunComparison& comparison);

} // namespace nissl::runtime
