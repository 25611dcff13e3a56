// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace nissl::runtime {

/// Where a run's files lie: spikes.h5, reports/<probe>.h5, summary.json.
class RunDirectory {
public:
  explicit RunDirectory(std::filesystem::path path) : root(std::move(path)) {}

  /// Makes the folders; in the folder of an earlier run (it has a summary.json) that run's files go.
  /// Throws support::Error (machine) when it cannot.
  void create() const;
  std::filesystem::path spikes() const { return root / "spikes.h5"; }
  std::filesystem::path report(const std::string& probe) const { return root / "reports" / fileName(probe); }
  /// Names of the probes that have a report, ascending.
  std::vector<std::string> reports() const;
  void writeSummary(const nlohmann::ordered_json& summary) const;
  const std::filesystem::path& path() const { return root; }

private:
  std::filesystem::path summary() const { return root / "summary.json"; }
  static std::string fileName(const std::string& probe);

  std::filesystem::path root;
};

} // namespace nissl::runtime
