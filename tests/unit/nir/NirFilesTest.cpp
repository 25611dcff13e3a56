// The files of the NIR paper, where ../shared/data/nir exists.
#include "compiler/import/nir/NirCheck.h"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace nissl::nir;

namespace {

const std::filesystem::path folder = std::filesystem::path(NISSL_SOURCE_DIR) / "../shared/data/nir";

NirOptions paper() {
  NirOptions options;
  options.dt = 1e-4;
  return options;
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
