// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The cortical microcircuit (T. C. Potjans & M. Diesmann, Cereb. Cortex 24, 2014) against the rates of its
// reference implementation.
#include "tests/e2e/Driver.h"

#include <fmt/format.h>

using namespace nissl::tests;

namespace {

struct Layer {
  std::string name;
  double cells;
  double rate; ///< Hz, of one run of the reference implementation
};
const std::vector<Layer> layers = {{"L23E", 20683, 0.903}, {"L23I", 5834, 2.965}, {"L4E", 21915, 4.414},
                                   {"L4I", 5479, 5.876},   {"L5E", 4850, 7.569},  {"L5I", 1065, 8.633},
                                   {"L6E", 14395, 1.105},  {"L6I", 2948, 7.829}};
constexpr double settled = 500, end = 10500; // ms

Spikes afterSettling(const Spikes& all) {
  Spikes kept;
  for (size_t i = 0; i < all.times.size(); ++i) {
    if (all.times[i] >= settled) {
      kept.times.push_back(all.times[i]);
      kept.cells.push_back(all.cells[i]);
    }
  }
  return kept;
}

} // namespace

TEST_CASE("a tenth of the microcircuit fires at about its rates", "[scaled][T16]") {
  Scratch scratch;
  std::string share = NISSL_SOURCE_DIR "/tests/bench/models/microcircuit.py 0.1";
  REQUIRE(std::system(fmt::format("python3 {} > {}/net.json", share, scratch.path().string()).c_str()) == 0);
  Outcome compiled = runNissl("compile net.json --precision f32 -o net.npb", scratch.path());
  INFO(compiled.err);
  REQUIRE(compiled.exitCode == 0);
  run(scratch, "net", fmt::format("--for {}ms --record out", end));
  for (const Layer& layer : layers) {
    Spikes spikes = afterSettling(::spikes(scratch, "out", layer.name));
    double cells = std::round(layer.cells * 0.1), seconds = (end - settled) / 1000;
    INFO(layer.name);
    CHECK(static_cast<double>(spikes.times.size()) / cells / seconds == Approx(layer.rate).epsilon(0.3));
  }
}

TEST_CASE("the microcircuit fires at its rates, irregularly", "[full][T16]") {
  Scratch scratch;
  compile(scratch, "microcircuit.json", "--precision f32", "net");
  run(scratch, "net", fmt::format("--for {}ms --threads 2 --record out", end));
  for (const Layer& layer : layers) {
    Spikes spikes = afterSettling(::spikes(scratch, "out", layer.name));
    double rate = static_cast<double>(spikes.times.size()) / layer.cells / ((end - settled) / 1000);
    double variation = intervalVariation(spikes);
    fmt::print("{:5} {:6.3f} Hz, reference {:6.3f}; CV of intervals {:.3f}\n", layer.name, rate, layer.rate,
               variation);
    INFO(layer.name);
    bool sparse = layer.name == "L23E" || layer.name == "L6E";
    CHECK(rate == Approx(layer.rate).epsilon(sparse ? 0.2 : 0.1));
    CHECK(variation > 0.7);
    CHECK(variation < 1.0);
  }
}
