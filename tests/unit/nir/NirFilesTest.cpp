// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The files of the NIR paper, where ../shared/data/nir exists.
#include "compiler/import/nir/NirCheck.h"
#include "runtime/session/InputSeries.h"
#include "tests/unit/nir/NirRun.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>

using namespace nissl::nir;

namespace {

const std::filesystem::path folder = std::filesystem::path(NISSL_SOURCE_DIR) / "../shared/data/nir";

NirOptions paper() {
  NirOptions options;
  options.dt = 1e-4;
  return options;
}

nissl::test::Rows rowsOf(const std::string& file, const std::string& part) {
  nissl::runtime::InputSeries series = nissl::runtime::readInput({"", folder / file, part});
  nissl::test::Rows rows;
  for (int64_t i = 0; i < series.rows; ++i) {
    rows.emplace_back(series.row(i).begin(), series.row(i).end());
  }
  return rows;
}

} // namespace

TEST_CASE("The Braille network is read, and only its recurrent weights read the step before", "[nir]") {
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: no " + folder.string());
    return;
  }
  auto report = checkNir(folder / "braille_noDelay_bias_zero.nir", paper());
  INFO(reportText(*report));
  REQUIRE(report->ok());
  const NirPlan& plan = *report->plan;
  REQUIRE(plan.signals.size() == 3);
  CHECK(plan.signals[1].node->node->path == "lif1.lif");
  CHECK(plan.signals[1].size == 38);
  CHECK(plan.signals[2].size == 7);
  REQUIRE(plan.wires.size() == 3);
  for (const PlanWire& wire : plan.wires) {
    CHECK(wire.previousStep == (wire.weights->node->path == "lif1.w_rec"));
  }
}

TEST_CASE("The malformed subgraph file names the edge, the graph and what there is", "[nir]") {
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: no " + folder.string());
    return;
  }
  auto report = checkNir(folder / "braille_noDelay_bias_zero_subgraph.nir", paper());
  std::string text = reportText(*report);
  INFO(text);
  CHECK_FALSE(report->ok());
  CHECK(text.find("error[NS2020]: edge 'input' -> 'lif' in node 'lif1': there is no node 'lif' in this "
                  "graph; expected "
                  "one of 'input', 'lif1', 'lin', 'output'") != std::string::npos);
}

TEST_CASE("The Braille network's hidden raster is snnTorch's in every entry", "[nir]") {
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: no " + folder.string());
    return;
  }
  auto report = checkNir(folder / "braille_noDelay_bias_zero.nir", paper());
  REQUIRE(report->ok());
  auto precision = GENERATE(nissl::test::NirPrecision::f64, nissl::test::NirPrecision::f32);
  nissl::test::Rows input = rowsOf("braille_input_sample0.npy", "");
  nissl::test::Rows expected = rowsOf("snntorch_activity_noDelay_bias_zero.npy", "");
  REQUIRE(expected.size() == 256);
  nissl::test::NirRun run = nissl::test::runNir(*report, 256, {{"input", input}}, precision);
  REQUIRE_FALSE(run.text.empty());
  CHECK(run.spikes.at("lif1.lif.spike") == expected);
}

TEST_CASE("Norse's LIF: its spikes, and its voltage to 1e-6", "[nir]") {
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: no " + folder.string());
    return;
  }
  auto report = checkNir(folder / "lif_norse.nir", paper());
  REQUIRE(report->ok());
  auto precision = GENERATE(nissl::test::NirPrecision::f64, nissl::test::NirPrecision::f32);
  nissl::test::Rows input = rowsOf("lif_norse.csv", "0"), voltage = rowsOf("lif_norse.csv", "1");
  REQUIRE(input.size() == 1000);
  nissl::test::NirRun run = nissl::test::runNir(*report, 1000, {{"input", input}}, precision);
  REQUIRE_FALSE(run.text.empty());
  std::vector<size_t> steps;
  double furthest = 0;
  for (size_t k = 0; k < 1000; ++k) {
    if (run.spikes.at("1.spike")[k][0] != 0) {
      steps.push_back(k);
    }
    furthest = std::max(furthest, std::abs(run.states.at("1.v")[k][0] - voltage[k][0]));
  }
  CHECK(steps == std::vector<size_t>{460, 510, 710, 760});
  CHECK(furthest < 1e-6);
}
