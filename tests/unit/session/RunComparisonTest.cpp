// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/RunComparison.h"

#include "runtime/session/ReportRecorder.h"
#include "runtime/session/RunDirectory.h"
#include "runtime/session/SpikeRecorder.h"
#include "tests/unit/session/CountingDevice.h"

#include <catch2/catch.hpp>

#include <limits>

using namespace nissl::runtime;
using Catch::Matchers::Contains;
using nissl::support::Error;
using nissl::tests::Folder;

namespace {

struct Stamp {
  size_t population;
  int64_t step;
  uint32_t node;
};

void writeRun(const Folder& folder, const std::vector<std::string>& populations,
              const std::vector<Stamp>& stamps) {
  RunDirectory(folder.path).create();
  SpikeRecorder recorder(folder / "spikes.h5", {}, populations, 1e-3);
  for (const Stamp& stamp : stamps) {
    recorder.add(stamp.population, stamp.step, std::span(&stamp.node, 1));
  }
  recorder.finish();
}

void writeReport(const Folder& folder, const std::string& probe, const std::vector<double>& values) {
  ReportShape shape;
  shape.owner = "E";
  shape.begin = 4;
  shape.end = 6;
  shape.rows = static_cast<int64_t>(values.size() / 2);
  shape.timeStep = 1e-3;
  ReportRecorder recorder(RunDirectory(folder.path).report(probe), {}, shape);
  for (size_t row = 0; row < values.size(); row += 2) {
    recorder.add(std::span(values).subspan(row, 2));
  }
  recorder.finish();
}

} // namespace

TEST_CASE("equal runs are identical", "[session][diff]") {
  Folder a, b;
  writeRun(a, {"E", "I"}, {{0, 1, 3}, {1, 2, 0}});
  writeRun(b, {"I", "E"}, {{1, 1, 3}, {0, 2, 0}});
  RunComparison comparison = compareRuns(a.path, b.path, false);
  CHECK(comparison.identical());
  CHECK(comparison.spikes[0] == 2);
  CHECK_THAT(toText(comparison), Contains("identical (2 spikes)"));
  CHECK(toJson(comparison)["identical"] == true);
}

TEST_CASE("the first divergent spike is the earliest of all populations", "[session][diff]") {
  Folder a, b;
  // E: neuron 7 spikes at 2 and 5 in A, at 2 and 6 in B. I: neuron 1 at 9 in A only.
  writeRun(a, {"E", "I"}, {{0, 2, 7}, {0, 5, 7}, {1, 9, 1}});
  writeRun(b, {"E", "I"}, {{0, 2, 7}, {0, 6, 7}});
  RunComparison comparison = compareRuns(a.path, b.path, false);
  REQUIRE(comparison.divergence);
  CHECK(comparison.divergence->population == "E");
  CHECK(comparison.divergence->neuron == 7);
  CHECK(comparison.divergence->rank == 1);
  CHECK(comparison.divergence->milliseconds[0].value() == Approx(5));
  CHECK(comparison.divergence->milliseconds[1].value() == Approx(6));
  CHECK_THAT(toText(comparison),
             Contains("population 'E', neuron 7, its spike number 2: 5 ms in A, 6 ms in B"));
}

TEST_CASE("a spike that only one run has is the divergent one", "[session][diff]") {
  Folder a, b;
  writeRun(a, {"E"}, {{0, 2, 7}, {0, 2, 9}});
  writeRun(b, {"E"}, {{0, 2, 7}, {0, 2, 8}, {0, 2, 9}});
  RunComparison comparison = compareRuns(a.path, b.path, false);
  REQUIRE(comparison.divergence);
  CHECK(comparison.divergence->neuron == 8);
  CHECK_FALSE(comparison.divergence->milliseconds[0]);
  CHECK(comparison.divergence->milliseconds[1].value() == Approx(2));
  CHECK(toJson(comparison)["first_divergent_spike"]["a_ms"].is_null());
}

TEST_CASE("a population that only one run has matters where it spikes", "[session][diff]") {
  Folder a, b, c;
  writeRun(a, {"E"}, {{0, 2, 7}});
  writeRun(b, {"E", "silent"}, {{0, 2, 7}});
  writeRun(c, {"E", "X"}, {{0, 2, 7}, {1, 3, 0}});
  CHECK(compareRuns(a.path, b.path, false).identical());
  CHECK_THAT(toText(compareRuns(a.path, b.path, false)), Contains("'silent' is recorded in B only"));
  CHECK(compareRuns(a.path, c.path, false).divergence->population == "X");
}

TEST_CASE("reports that differ are named with the first value", "[session][diff]") {
  double nan = std::numeric_limits<double>::quiet_NaN();
  Folder a, b;
  for (const Folder* folder : {&a, &b}) {
    writeRun(*folder, {"E"}, {});
    writeReport(*folder, "same", {1, 2, nan, 4});
    writeReport(*folder, "v", {1, 2, 3, folder == &a ? 4.0 : 5.0, 6, 7});
    writeReport(*folder, folder == &a ? "onlyA" : "onlyB", {1, 2});
  }
  RunComparison comparison = compareRuns(a.path, b.path, false);
  CHECK_FALSE(comparison.divergence);
  REQUIRE(comparison.reports.size() == 1);
  CHECK(comparison.reports[0].probe == "v");
  CHECK_THAT(comparison.reports[0].what, Contains("element 5 at 1 ms is 4 in A, 5 in B"));
  CHECK(comparison.notices.size() == 2);
  CHECK(compareRuns(a.path, b.path, true).identical());
}

TEST_CASE("reports of other shapes differ", "[session][diff]") {
  Folder a, b;
  for (const Folder* folder : {&a, &b}) {
    writeRun(*folder, {"E"}, {});
    writeReport(*folder, "v", std::vector<double>(folder == &a ? 2 : 4, 0.0));
  }
  CHECK(compareRuns(a.path, b.path, false).reports.size() == 1);
}

TEST_CASE("what is no run is refused", "[session][diff]") {
  Folder a, b;
  writeRun(a, {"E"}, {});
  CHECK_THROWS_WITH(compareRuns(a.path, b.path, false), Contains("it has no spikes.h5"));
  std::filesystem::create_directories(b.path);
  FILE* file = std::fopen((b / "spikes.h5").c_str(), "w");
  std::fputs("no hdf5", file);
  std::fclose(file);
  CHECK_THROWS_WITH(compareRuns(a.path, b.path, false), Contains("no readable SONATA spike file"));
}
