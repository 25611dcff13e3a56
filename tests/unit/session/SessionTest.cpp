// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/Session.h"

#include "runtime/session/Interrupt.h"
#include "tests/unit/session/CountingDevice.h"
#include "tests/unit/session/SonataReading.h"

#include <catch2/catch.hpp>

#include <fstream>

#include <sys/wait.h>

using namespace nissl;
using namespace nissl::runtime;
using namespace nissl::tests;
using Catch::Matchers::Contains;

namespace {

InputSeries series(int64_t rows, int64_t columns, double value) {
  return {rows, columns, std::vector<double>(static_cast<size_t>(rows * columns), value)};
}

nlohmann::json summaryOf(const Folder& folder) {
  return nlohmann::json::parse(std::ifstream(folder / "summary.json"));
}

bool near(const std::vector<double>& found, const std::vector<double>& expected) {
  return found.size() == expected.size() &&
         std::equal(found.begin(), found.end(), expected.begin(),
                    [](double a, double b) { return std::abs(a - b) < 1e-12; });
}

} // namespace

TEST_CASE("spikes bear the end of their step, a source's its begin", "[session][spikes]") {
  program::Program program = countingProgram();
  CountingDevice device;
  Folder folder;
  Session session(program, device, {});
  session.record(folder.path);
  RunSummary summary = session.run(5);
  // Cell 0 in steps 0 2 4, cell 1 in 0 3, cell 2 in 0 4; the source in 1 3, and in 5, whose time is the end.
  CHECK(readAll<uint64_t>(folder / "spikes.h5", "spikes/E/node_ids") ==
        std::vector<uint64_t>{0, 1, 2, 0, 1, 0, 2});
  CHECK(near(readAll<double>(folder / "spikes.h5", "spikes/E/timestamps"), {1, 1, 1, 3, 4, 5, 5}));
  CHECK(near(readAll<double>(folder / "spikes.h5", "spikes/S/timestamps"), {1, 3, 5}));
  CHECK(textOf(folder / "spikes.h5", "spikes/E/timestamps", "units") == "ms");
  CHECK(summary.spikes == 7);
  CHECK(summary.recordedSpikes == 10);
  CHECK(summary.rates.size() == 2);
  CHECK(summary.rates[0].hertz == Approx(7 / (3 * 5e-3)));
}

TEST_CASE("a spike file says its order and where it comes from", "[session][spikes]") {
  program::Program program = countingProgram();
  CountingDevice device;
  Folder folder;
  SessionOptions options;
  options.dynamicsSeed = 5;
  options.commandLine = "nissl run x.npb";
  options.deviceName = "step";
  Session session(program, device, options);
  session.record(folder.path);
  session.run(1);
  CHECK(textOf(folder / "spikes.h5", "/", "command_line") == "nissl run x.npb");
  CHECK(textOf(folder / "spikes.h5", "/", "description_hash") == "abc");
  CHECK(textOf(folder / "spikes.h5", "/", "precision") == "f64");
  CHECK(device.options.dynamicsSeed == 5);
  H5::H5File file((folder / "spikes.h5").string(), H5F_ACC_RDONLY);
  uint64_t seed = 0;
  file.openGroup("/").openAttribute("dynamics_seed").read(H5::PredType::NATIVE_UINT64, &seed);
  CHECK(seed == 5);
  H5::Attribute sorting = file.openGroup("spikes/E").openAttribute("sorting");
  int8_t value = 0;
  sorting.read(sorting.getEnumType(), &value);
  CHECK(sorting.getEnumType().nameOf(&value, 20) == "by_time");
}

TEST_CASE("event probes choose what is recorded, not what is counted", "[session][spikes]") {
  program::Program program = countingProgram();
  program.probes = {eventProbe(0, 0, 1), eventProbe(0, 2, 3), eventProbe(2, 1, 2)};
  CountingDevice device;
  Folder folder;
  Session session(program, device, {});
  session.record(folder.path);
  RunSummary summary = session.run(5);
  CHECK(readAll<uint64_t>(folder / "spikes.h5", "spikes/E/node_ids") == std::vector<uint64_t>{0, 2, 0, 0, 2});
  CHECK(readAll<uint64_t>(folder / "spikes.h5", "spikes/E.other/node_ids") == std::vector<uint64_t>{1, 1});
  // Both named sets happen 7 times; the source has no probe.
  CHECK(summary.spikes == 14);
  CHECK(summary.recordedSpikes == 7);
}

TEST_CASE("a state probe is sampled at its period and at the end", "[session][report]") {
  program::Program program = countingProgram();
  program.probes = {stateProbe("x", 2, 1, 3), stateProbe("late", 3, 0, 1)};
  program.probes[0].unit = "mV";
  program.probes[0].scale = 10;
  CountingDevice device;
  Folder folder;
  Session session(program, device, {});
  session.bindInput("E.in", {4, 3, {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}});
  session.record(folder.path);
  session.run(4);
  // E.x[1] and [2] before steps 0, 2 and at the end of step 3, times 10.
  CHECK(sizesOf(folder / "reports/x.h5", "report/E/data") == std::vector<hsize_t>{3, 2});
  CHECK(readAll<double>(folder / "reports/x.h5", "report/E/data") ==
        std::vector<double>{0, 0, 40, 60, 80, 120});
  CHECK(readAll<uint64_t>(folder / "reports/x.h5", "report/E/mapping/node_ids") ==
        std::vector<uint64_t>{1, 2});
  CHECK(readAll<uint64_t>(folder / "reports/x.h5", "report/E/mapping/index_pointer") ==
        std::vector<uint64_t>{0, 1, 2});
  CHECK(readAll<uint64_t>(folder / "reports/x.h5", "report/E/mapping/element_ids") ==
        std::vector<uint64_t>{0, 0});
  CHECK(near(readAll<double>(folder / "reports/x.h5", "report/E/mapping/time"), {0, 6, 2}));
  CHECK(textOf(folder / "reports/x.h5", "report/E/data", "units") == "mV");
  CHECK(textOf(folder / "reports/x.h5", "report/E/mapping/time", "units") == "ms");
  // The end, step 4, is no multiple of 3: samples at 0 and 3.
  CHECK(readAll<double>(folder / "reports/late.h5", "report/E/data") == std::vector<double>{0, 3});
}

TEST_CASE("a report longer than a chunk is whole", "[session][report]") {
  program::Program program = countingProgram();
  program.probes = {stateProbe("x", 1, 0, 1)};
  CountingDevice device;
  Folder folder;
  Session session(program, device, {});
  session.bindInput("E.in", series(10000, 3, 1));
  session.record(folder.path);
  session.run(10000);
  std::vector<double> values = readAll<double>(folder / "reports/x.h5", "report/E/data");
  REQUIRE(values.size() == 10001);
  for (size_t row = 0; row < values.size(); ++row) {
    REQUIRE(values[row] == static_cast<double>(row));
  }
}

TEST_CASE("inputs must exist and fit", "[session][input]") {
  program::Program program = countingProgram();
  CountingDevice device;
  Session session(program, device, {});
  CHECK_THROWS_WITH(session.bindInput("nothing", series(1, 3, 0)),
                    Contains("no input 'nothing'; it has E.in"));
  CHECK_THROWS_WITH(session.bindInput("E.in", series(1, 2, 0)),
                    Contains("3 channels, its file has 2 columns"));
  session.bindInput("E.in", series(1, 3, 0));
  CHECK_THROWS_WITH(session.bindInput("E.in", series(1, 3, 0)), Contains("given twice"));
}

TEST_CASE("missing and unused rows of an input are noticed", "[session][input]") {
  program::Program program = countingProgram();
  struct Case {
    int64_t rows;
    std::string notice;
    double x;
  };
  for (const Case& one : {Case{3, "zero in the last 2 steps", 3}, Case{9, "the last 4 are not used", 5},
                          Case{5, "", 5}, Case{0, "is not given", 0}}) {
    CountingDevice device;
    Session session(program, device, {});
    if (one.rows != 0) {
      session.bindInput("E.in", series(one.rows, 3, 1));
    }
    RunSummary summary = session.run(5);
    CHECK(device.x[0] == one.x);
    REQUIRE(summary.notices.size() == (one.notice.empty() ? 0 : 1));
    if (!one.notice.empty()) {
      CHECK_THAT(summary.notices[0], Contains(one.notice));
    }
  }
}

TEST_CASE("the summary has what scripts rely on", "[session][summary]") {
  program::Program program = countingProgram();
  CountingDevice device;
  device.lost = 3;
  Folder folder;
  Session session(program, device, {});
  session.record(folder.path);
  session.run(10);
  nlohmann::json json = summaryOf(folder);
  CHECK(json["steps"] == 10);
  CHECK(json["spikes"] == 5 + 4 + 3);
  CHECK(json["rates_hz"]["S"].get<double>() == Approx(500));
  CHECK(json["losses"]["saturations"] == 3);
  CHECK(json["seeds"]["structure"] == 11);
  CHECK(json["seeds"]["dynamics"] == 22);
  CHECK(json["cycles"] == 7);
  CHECK(json["interrupted"] == false);
  CHECK(json["wall_s"].get<double>() >= 0);
  CHECK(json["realtime_factor"].get<double>() == Approx(json["wall_s"].get<double>() / 0.01));
  CHECK(json["provenance"]["network"] == "counting");
}

TEST_CASE("an error of the device gets its time and leaves valid files", "[session]") {
  program::Program program = countingProgram();
  program.probes = {stateProbe("x", 1, 0, 3), eventProbe(0, 0, 3)};
  CountingDevice device;
  device.failAt = 3;
  Folder folder;
  Session session(program, device, {});
  session.record(folder.path);
  CHECK_THROWS_WITH(session.run(1000), Contains("cell E[1] is NaN (in step 3, t = 0.003 s)"));
  CHECK(sizesOf(folder / "reports/x.h5", "report/E/data") == std::vector<hsize_t>{3, 3});
  CHECK(readAll<uint64_t>(folder / "spikes.h5", "spikes/E/node_ids") == std::vector<uint64_t>{0, 1, 2, 0});
  CHECK(summaryOf(folder)["steps"] == 3);
  CHECK(summaryOf(folder)["error"]["code"] == "NS0599");
}

TEST_CASE("a run in the folder of an earlier one replaces its files", "[session]") {
  program::Program program = countingProgram();
  program.probes = {stateProbe("x", 1, 0, 3)};
  Folder folder;
  for (const char* name : {"x", "y"}) {
    program.probes[0].name = name;
    CountingDevice device;
    Session session(program, device, {});
    session.record(folder.path);
    session.run(2);
  }
  CHECK(RunDirectory(folder.path).reports() == std::vector<std::string>{"y"});
}

TEST_CASE("SIGINT stops between steps and leaves valid files", "[session][interrupt]") {
  program::Program program = countingProgram();
  program.probes = {stateProbe("x", 1, 0, 3), eventProbe(0, 0, 3)};
  Folder folder;
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    CountingDevice device;
    device.afterStep = [](int64_t step) {
      if (step == 4) {
        kill(getpid(), SIGINT);
      }
    };
    Interrupt interrupt;
    SessionOptions options;
    options.stop = &interrupt.flag();
    Session session(program, device, options);
    session.record(folder.path);
    RunSummary summary = session.run(1'000'000'000);
    _exit(summary.interrupted && summary.steps == 5 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(sizesOf(folder / "reports/x.h5", "report/E/data") == std::vector<hsize_t>{6, 3});
  CHECK(readAll<uint64_t>(folder / "spikes.h5", "spikes/E/node_ids").size() == 7);
  CHECK(summaryOf(folder)["interrupted"] == true);
  CHECK(summaryOf(folder)["steps"] == 5);
}

TEST_CASE("a run can begin at a late step", "[session]") {
  program::Program program = countingProgram();
  program.probes = {stateProbe("x", 4, 0, 1)};
  CountingDevice device;
  Folder folder;
  SessionOptions options;
  options.firstStep = 6;
  Session session(program, device, options);
  session.bindInput("E.in", series(6, 3, 1));
  session.record(folder.path);
  session.run(6);
  // Samples at steps 8 and 12; two and six inputs were added by then.
  CHECK(readAll<double>(folder / "reports/x.h5", "report/E/data") == std::vector<double>{2, 6});
  CHECK(near(readAll<double>(folder / "reports/x.h5", "report/E/mapping/time"), {8, 16, 4}));
}
