// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs examples through the driver in a folder of their own, and reads what they record.
#pragma once

#include "tests/unit/driver/Process.h"

#include <H5Cpp.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace nissl::tests {

/// A folder of its own, removed at the end.
class Scratch {
public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nissl-e2e-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(folder); }
  const std::filesystem::path& path() const { return folder; }

private:
  std::filesystem::path folder;
};

/// Compiles an example as NAME.npb.
inline void compile(const Scratch& scratch, const std::string& example, const std::string& options,
                    const std::string& name) {
  std::string examples = NISSL_SOURCE_DIR "/examples";
  Outcome outcome = runNissl("compile -I " + examples + " " + examples + "/" + example + " " + options +
                                 " -o " + name + ".npb",
                             scratch.path());
  INFO(outcome.err);
  REQUIRE(outcome.exitCode == 0);
}

inline nlohmann::json run(const Scratch& scratch, const std::string& name, const std::string& options) {
  Outcome outcome = runNissl("run " + name + ".npb --json " + options, scratch.path());
  INFO(outcome.err);
  REQUIRE(outcome.exitCode == 0);
  return nlohmann::json::parse(outcome.out);
}

/// A report's values, row by row, and the number of columns.
inline std::pair<std::vector<double>, hsize_t> report(const Scratch& scratch, const std::string& file,
                                                      const std::string& population) {
  H5::H5File opened((scratch.path() / file).string(), H5F_ACC_RDONLY);
  H5::DataSet data = opened.openDataSet("/report/" + population + "/data");
  hsize_t shape[2];
  data.getSpace().getSimpleExtentDims(shape);
  std::vector<double> values(shape[0] * shape[1]);
  data.read(values.data(), H5::PredType::NATIVE_DOUBLE);
  return {values, shape[1]};
}

/// Spikes of a population as they were recorded: times in ms and cells; none where it never fired.
struct Spikes {
  std::vector<double> times;
  std::vector<uint64_t> cells;
};

inline Spikes spikes(const Scratch& scratch, const std::string& folder, const std::string& population) {
  H5::H5File opened((scratch.path() / folder / "spikes.h5").string(), H5F_ACC_RDONLY);
  Spikes result;
  std::string group = "/spikes/" + population;
  if (!opened.nameExists(group)) {
    return result;
  }
  H5::DataSet times = opened.openDataSet(group + "/timestamps");
  auto count = static_cast<size_t>(times.getSpace().getSimpleExtentNpoints());
  result.times.resize(count);
  result.cells.resize(count);
  times.read(result.times.data(), H5::PredType::NATIVE_DOUBLE);
  opened.openDataSet(group + "/node_ids").read(result.cells.data(), H5::PredType::NATIVE_UINT64);
  return result;
}

/// Mean over cells with three intervals or more of sd/mean of their intervals.
inline double intervalVariation(const Spikes& spikes) {
  std::map<uint64_t, std::vector<double>> trains;
  for (size_t i = 0; i < spikes.times.size(); ++i) {
    trains[spikes.cells[i]].push_back(spikes.times[i]);
  }
  double sum = 0;
  int cells = 0;
  for (auto& [cell, times] : trains) {
    if (times.size() < 4) {
      continue;
    }
    std::sort(times.begin(), times.end());
    double count = static_cast<double>(times.size()) - 1, squares = 0;
    double mean = (times.back() - times.front()) / count;
    for (size_t i = 1; i < times.size(); ++i) {
      squares += std::pow(times[i] - times[i - 1] - mean, 2);
    }
    sum += std::sqrt(squares / count) / mean;
    ++cells;
  }
  return cells == 0 ? 0 : sum / cells;
}

} // namespace nissl::tests
