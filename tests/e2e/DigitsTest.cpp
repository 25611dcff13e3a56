// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A trained network from a NIR file, on every target and precision.
#include "tests/e2e/Driver.h"

#include <algorithm>
#include <array>
#include <cmath>

using namespace nissl::tests;

namespace {

/// The output neuron that spikes most, for each digit's 40 ms.
std::vector<size_t> answers(const Spikes& spikes, size_t digits) {
  std::vector<std::array<int, 10>> counts(digits);
  for (size_t i = 0; i < spikes.times.size(); ++i) {
    // A spike of the step that ends at 40 ms belongs to the first digit.
    auto digit = static_cast<size_t>(std::lround(spikes.times[i]) - 1) / 40;
    REQUIRE(digit < digits);
    ++counts[digit].at(spikes.cells[i]);
  }
  std::vector<size_t> result;
  for (const auto& count : counts) {
    result.push_back(static_cast<size_t>(std::max_element(count.begin(), count.end()) - count.begin()));
  }
  return result;
}

} // namespace

TEST_CASE("a trained network tells thirty noisy digits apart on every target and precision", "[digits]") {
  Scratch scratch;
  std::string folder = NISSL_SOURCE_DIR "/examples/digits/";
  for (std::string options :
       {"cpu --precision f64", "cpu --precision f32", "cpu --precision fixed", "golgi --precision fixed"}) {
    std::string name = options.starts_with("golgi") ? "golgi" : options.substr(options.rfind(' ') + 1);
    Outcome outcome =
        runNissl("compile " + folder + "digits.nir --dt 1ms --target " + options + " -o " + name + ".npb",
                 scratch.path());
    INFO(outcome.err);
    REQUIRE(outcome.exitCode == 0);
    nlohmann::json result =
        run(scratch, name, "--for 1200ms --input pixels=" + folder + "digits.csv --record " + name);
    INFO(result.dump());
    for (const auto& [loss, count] : result["losses"].items()) {
      CHECK(count.get<int>() == 0);
    }
    std::vector<size_t> found = answers(spikes(scratch, name, "lif2"), 30);
    for (size_t digit = 0; digit < found.size(); ++digit) {
      CHECK(found[digit] == digit % 10);
    }
  }
  CHECK(runNissl("diff fixed golgi", scratch.path()).exitCode == 0);
}
