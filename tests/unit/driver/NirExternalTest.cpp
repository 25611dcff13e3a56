// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files of the NIR paper through the command line, where ../shared/data/nir exists.
#include "runtime/session/InputSeries.h"
#include "tests/unit/driver/Process.h"
#include "tests/unit/session/CountingDevice.h"
#include "tests/unit/session/SonataReading.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <set>

using namespace nissl::tests;

namespace {

const std::filesystem::path data = std::filesystem::path(NISSL_SOURCE_DIR) / "../shared/data/nir";

bool present() {
  if (std::filesystem::is_directory(data)) {
    return true;
  }
  WARN("skipped: no folder " << data);
  return false;
}

void succeed(const std::string& arguments, const Folder& folder) {
  Outcome outcome = runNissl(arguments, folder.path);
  CAPTURE(arguments, outcome.err);
  REQUIRE(outcome.exitCode == 0);
}

std::string quoted(const std::string& file) { return "'" + (data / file).string() + "'"; }

} // namespace

TEST_CASE("Norse's cell spikes where Norse's did", "[driver][external]") {
  if (!present()) {
    return;
  }
  std::string target = GENERATE("cpu", "step");
  Folder folder;
  succeed("compile " + quoted("lif_norse.nir") + " --dt 0.1ms --nir-record-voltage --target " + target +
              " -o a.npb",
          folder);
  succeed("run a.npb --for 1000steps --record a --input input=" + quoted("lif_norse.csv") + ":0", folder);
  // A spike of step k bears (k + 1) * 0.1 ms.
  std::vector<double> times = readAll<double>(folder / "a/spikes.h5", "spikes/1/timestamps");
  std::vector<long> steps;
  for (double time : times) {
    steps.push_back(std::lround(time / 0.1) - 1);
  }
  CHECK(steps == std::vector<long>{460, 510, 710, 760});
  std::vector<double> voltage = readAll<double>(folder / "a/reports/1.voltage.h5", "report/1/data");
  nissl::runtime::InputSeries norse = nissl::runtime::readCsv(data / "lif_norse.csv");
  REQUIRE(norse.rows == 1000);
  REQUIRE(voltage.size() == 1001);
  double worst = 0;
  for (int64_t step = 0; step < norse.rows; ++step) {
    worst = std::max(worst, std::abs(voltage[static_cast<size_t>(step) + 1] - norse.row(step)[1]));
  }
  CHECK(worst < 1e-6);
}

TEST_CASE("the Braille network's hidden raster is snnTorch's", "[driver][external]") {
  if (!present()) {
    return;
  }
  Folder folder;
  succeed("compile " + quoted("braille_noDelay_bias_zero.nir") + " --dt 0.1ms -o a.npb", folder);
  succeed("run a.npb --for 256steps --record a --input input=" + quoted("braille_input_sample0.npy"), folder);
  nissl::runtime::InputSeries wanted =
      nissl::runtime::readNpy(data / "snntorch_activity_noDelay_bias_zero.npy");
  std::set<std::pair<long, uint64_t>> raster;
  for (int64_t step = 0; step < wanted.rows; ++step) {
    for (int64_t neuron = 0; neuron < wanted.columns; ++neuron) {
      if (wanted.row(step)[static_cast<size_t>(neuron)] != 0) {
        raster.emplace(step, static_cast<uint64_t>(neuron));
      }
    }
  }
  std::vector<double> times = readAll<double>(folder / "a/spikes.h5", "spikes/lif1.lif/timestamps");
  std::vector<uint64_t> nodes = readAll<uint64_t>(folder / "a/spikes.h5", "spikes/lif1.lif/node_ids");
  std::set<std::pair<long, uint64_t>> found;
  for (size_t spike = 0; spike < times.size(); ++spike) {
    found.emplace(std::lround(times[spike] / 0.1) - 1, nodes[spike]);
  }
  CHECK(found.size() > 0);
  CHECK(found == raster);
}
