// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/RunComparison.h"

#include "runtime/session/RunDirectory.h"
#include "runtime/support/Error.h"

#include <H5Cpp.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace nissl::runtime {

using support::Error;

namespace {

struct Spike {
  double milliseconds;
  uint64_t neuron;
};

bool sameTime(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b)); }

/// Order of time and neuron in which times that are the same do not order.
bool earlier(const Spike& a, const Spike& b) {
  return sameTime(a.milliseconds, b.milliseconds) ? a.neuron < b.neuron : a.milliseconds < b.milliseconds;
}

using Populations = std::map<std::string, std::vector<Spike>>;

template <typename T>
std::vector<T> readColumn(const H5::Group& group, const char* name, const H5::PredType& type) {
  H5::DataSet data = group.openDataSet(name);
  std::vector<T> values(static_cast<size_t>(data.getSpace().getSimpleExtentNpoints()));
  if (!values.empty()) {
    data.read(values.data(), type);
  }
  return values;
}

Populations readSpikes(const std::filesystem::path& file) {
  Populations populations;
  try {
    H5::H5File hdf5(file.string(), H5F_ACC_RDONLY);
    H5::Group spikes = hdf5.openGroup("spikes");
    for (hsize_t index = 0; index < spikes.getNumObjs(); ++index) {
      std::string name = spikes.getObjnameByIdx(index);
      H5::Group group = spikes.openGroup(name);
      auto times = readColumn<double>(group, "timestamps", H5::PredType::NATIVE_DOUBLE);
      auto neurons = readColumn<uint64_t>(group, "node_ids", H5::PredType::NATIVE_UINT64);
      if (times.size() != neurons.size()) {
        throw Error::input("NS0541", "{}: population '{}' has {} timestamps and {} node_ids", file.string(),
                           name, times.size(), neurons.size());
      }
      std::vector<Spike>& list = populations[name];
      for (size_t spike = 0; spike < times.size(); ++spike) {
        list.push_back({times[spike], neurons[spike]});
      }
      std::sort(list.begin(), list.end(), [](const Spike& a, const Spike& b) {
        return std::pair(a.milliseconds, a.neuron) < std::pair(b.milliseconds, b.neuron);
      });
    }
  } catch (const H5::Exception& error) {
    throw Error::input("NS0541",
                       "{}: no readable SONATA spike file ({}); expected the folder of 'nissl run --record'",
                       file.string(), error.getDetailMsg());
  }
  return populations;
}

std::optional<double> timeOfRank(const std::vector<Spike>& list, uint64_t neuron, uint64_t rank) {
  for (const Spike& spike : list) {
    if (spike.neuron == neuron && rank-- == 0) {
      return spike.milliseconds;
    }
  }
  return std::nullopt;
}

/// The first spike of `population` that only one list has.
std::optional<std::pair<Spike, SpikeDivergence>>
diverge(const std::string& population, const std::vector<Spike>& a, const std::vector<Spike>& b) {
  size_t at = 0;
  while (at < a.size() && at < b.size() && !earlier(a[at], b[at]) && !earlier(b[at], a[at])) {
    ++at;
  }
  if (at == a.size() && at == b.size()) {
    return std::nullopt;
  }
  bool ofA = at == b.size() || (at < a.size() && earlier(a[at], b[at]));
  const Spike& odd = ofA ? a[at] : b[at];
  SpikeDivergence divergence;
  divergence.population = population;
  divergence.neuron = odd.neuron;
  // Both lists agree before `at`.
  divergence.rank =
      static_cast<uint64_t>(std::count_if(a.begin(), a.begin() + static_cast<ptrdiff_t>(at),
                                          [&](const Spike& spike) { return spike.neuron == odd.neuron; }));
  divergence.milliseconds[0] = timeOfRank(a, odd.neuron, divergence.rank);
  divergence.milliseconds[1] = timeOfRank(b, odd.neuron, divergence.rank);
  return std::pair(odd, divergence);
}

void compareSpikes(const Populations& a, const Populations& b, RunComparison& comparison) {
  static const std::vector<Spike> nothing;
  std::set<std::string> names;
  for (const Populations* side : {&a, &b}) {
    for (const auto& [name, list] : *side) {
      names.insert(name);
      comparison.spikes[side == &b] += list.size();
    }
  }
  std::optional<Spike> first;
  for (const std::string& name : names) {
    auto inA = a.find(name);
    auto inB = b.find(name);
    if (inA == a.end() || inB == b.end()) {
      comparison.notices.push_back(
          fmt::format("population '{}' is recorded in {} only", name, inA == a.end() ? "B" : "A"));
    }
    auto found =
        diverge(name, inA == a.end() ? nothing : inA->second, inB == b.end() ? nothing : inB->second);
    if (found && (!first || (!sameTime(found->first.milliseconds, first->milliseconds) &&
                             found->first.milliseconds < first->milliseconds))) {
      first = found->first;
      comparison.divergence = found->second;
    }
  }
}

/// Rows are compared in blocks of this many values.
constexpr hsize_t blockValues = 1 << 18;

/// A report that is open for reading.
class ReportFile {
public:
  explicit ReportFile(const std::filesystem::path& path) : hdf5(path.string(), H5F_ACC_RDONLY) {
    H5::Group report = hdf5.openGroup("report");
    owner = report.getObjnameByIdx(0);
    data = report.openDataSet(owner + "/data");
    data.getSpace().getSimpleExtentDims(sizes);
    nodes =
        readColumn<uint64_t>(report.openGroup(owner + "/mapping"), "node_ids", H5::PredType::NATIVE_UINT64);
    time = readColumn<double>(report.openGroup(owner + "/mapping"), "time", H5::PredType::NATIVE_DOUBLE);
  }
  std::vector<double> read(hsize_t row, hsize_t rows) const {
    hsize_t begin[2] = {row, 0};
    hsize_t count[2] = {rows, sizes[1]};
    H5::DataSpace space = data.getSpace();
    space.selectHyperslab(H5S_SELECT_SET, count, begin);
    std::vector<double> values(rows * sizes[1]);
    data.read(values.data(), H5::PredType::NATIVE_DOUBLE, H5::DataSpace(2, count), space);
    return values;
  }

  std::string owner;
  hsize_t sizes[2] = {0, 0};
  std::vector<uint64_t> nodes;
  std::vector<double> time; ///< start, stop, step in ms

private:
  H5::H5File hdf5;
  H5::DataSet data;
};

/// Says where two reports differ first; empty where they do not.
std::string differenceOf(const ReportFile& a, const ReportFile& b) {
  if (a.owner != b.owner || a.sizes[0] != b.sizes[0] || a.sizes[1] != b.sizes[1] || a.nodes != b.nodes ||
      a.time != b.time) {
    return fmt::format("'{}' {} samples of {} elements in A, '{}' {} of {} in B, or other elements or times",
                       a.owner, a.sizes[0], a.sizes[1], b.owner, b.sizes[0], b.sizes[1]);
  }
  hsize_t columns = a.sizes[1];
  hsize_t blockRows = std::max<hsize_t>(1, blockValues / std::max<hsize_t>(columns, 1));
  for (hsize_t row = 0; row < a.sizes[0] && columns != 0; row += blockRows) {
    hsize_t rows = std::min(blockRows, a.sizes[0] - row);
    std::vector<double> inA = a.read(row, rows);
    std::vector<double> inB = b.read(row, rows);
    for (size_t index = 0; index < inA.size(); ++index) {
      bool bothNan = std::isnan(inA[index]) && std::isnan(inB[index]);
      if (inA[index] != inB[index] && !bothNan) {
        hsize_t sample = row + index / columns;
        return fmt::format("element {} at {:.9g} ms is {:.17g} in A, {:.17g} in B", a.nodes[index % columns],
                           a.time[0] + static_cast<double>(sample) * a.time[2], inA[index], inB[index]);
      }
    }
  }
  return {};
}

void compareReports(const RunDirectory& a, const RunDirectory& b, RunComparison& comparison) {
  std::vector<std::string> namesA = a.reports();
  std::vector<std::string> namesB = b.reports();
  std::set<std::string> names(namesA.begin(), namesA.end());
  names.insert(namesB.begin(), namesB.end());
  for (const std::string& name : names) {
    bool inA = std::binary_search(namesA.begin(), namesA.end(), name);
    bool inB = std::binary_search(namesB.begin(), namesB.end(), name);
    if (!inA || !inB) {
      comparison.notices.push_back(fmt::format("report '{}' is in {} only", name, inA ? "A" : "B"));
      continue;
    }
    try {
      std::string difference = differenceOf(ReportFile(a.report(name)), ReportFile(b.report(name)));
      if (!difference.empty()) {
        comparison.reports.push_back({name, difference});
      }
    } catch (const H5::Exception& error) {
      throw Error::input("NS0541", "report '{}' of {} or {} is no readable SONATA report ({})", name,
                         a.path().string(), b.path().string(), error.getDetailMsg());
    }
  }
}

} // namespace

RunComparison compareRuns(const std::filesystem::path& pathA, const std::filesystem::path& pathB,
                          bool spikesOnly) {
  H5::Exception::dontPrint();
  RunDirectory a(pathA);
  RunDirectory b(pathB);
  for (const RunDirectory* run : {&a, &b}) {
    if (!std::filesystem::is_regular_file(run->spikes())) {
      throw Error::input("NS0540",
                         "'{}' is no run directory: it has no spikes.h5; 'nissl run --record DIR' makes one",
                         run->path().string());
    }
  }
  RunComparison comparison;
  compareSpikes(readSpikes(a.spikes()), readSpikes(b.spikes()), comparison);
  if (!spikesOnly) {
    compareReports(a, b, comparison);
  }
  return comparison;
}

nlohmann::ordered_json toJson(const RunComparison& comparison) {
  nlohmann::ordered_json json{
      {"identical", comparison.identical()},        {"spikes_a", comparison.spikes[0]},
      {"spikes_b", comparison.spikes[1]},           {"first_divergent_spike", nullptr},
      {"reports", nlohmann::ordered_json::array()}, {"notices", comparison.notices}};
  if (comparison.divergence) {
    const SpikeDivergence& spike = *comparison.divergence;
    auto time = [](const std::optional<double>& value) {
      return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
    };
    json["first_divergent_spike"] = {{"population", spike.population},
                                     {"neuron", spike.neuron},
                                     {"rank", spike.rank},
                                     {"a_ms", time(spike.milliseconds[0])},
                                     {"b_ms", time(spike.milliseconds[1])}};
  }
  for (const ReportDivergence& report : comparison.reports) {
    json["reports"].push_back({{"probe", report.probe}, {"what", report.what}});
  }
  return json;
}

std::string toText(const RunComparison& comparison) {
  std::string text;
  for (const std::string& notice : comparison.notices) {
    text += fmt::format("note: {}\n", notice);
  }
  if (comparison.divergence) {
    const SpikeDivergence& spike = *comparison.divergence;
    auto time = [](const std::optional<double>& value) {
      return value ? fmt::format("{:.9g} ms", *value) : std::string("never");
    };
    text += fmt::format(
        "first divergent spike: population '{}', neuron {}, its spike number {}: {} in A, {} in B\n",
        spike.population, spike.neuron, spike.rank + 1, time(spike.milliseconds[0]),
        time(spike.milliseconds[1]));
    text += fmt::format("A has {} spikes, B has {}\n", comparison.spikes[0], comparison.spikes[1]);
  } else {
    text += fmt::format("identical{} ({} spikes)\n", comparison.reports.empty() ? "" : " spikes",
                        comparison.spikes[0]);
  }
  for (const ReportDivergence& report : comparison.reports) {
    text += fmt::format("report '{}' differs: {}\n", report.probe, report.what);
  }
  return text;
}

} // namespace nissl::runtime
