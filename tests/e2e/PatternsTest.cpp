// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Single cells with published spike times, exact to the step.
#include "tests/e2e/Driver.h"

using namespace nissl::tests;

namespace {

/// A panel of Izhikevich 2004, Fig. 1: how long its script runs, how many spikes it prints, and the times of
/// its first ones (ms; the script's t, a step before our stamp). Computed from the published equations.
struct Panel {
  std::string dt, name;
  double end;
  size_t count;
  std::vector<double> first;
};

const std::vector<Panel> panels = {
    {"0.25", "A_tonic_spiking", 100, 5, {13, 17, 31.5, 59.25, 86.75}},
    {"0.25", "B_phasic_spiking", 200, 1, {43.75}},
    {"0.25", "C_tonic_bursting", 220, 28, {25, 26.5, 28.25, 30}},
    {"0.2", "D_phasic_bursting", 200, 6, {39, 42.8, 47, 51.8, 57.6, 67.2}},
    {"0.25", "E_mixed_mode", 160, 6, {20, 22.75, 27.25, 67, 99.25, 131.5}},
    {"0.25", "F_spike_frequency_adaptation", 85, 6, {10.25, 12.25, 15, 19.75, 42.5, 71.5}},
    {"0.25", "G_class_1_excitable", 300, 10, {84.5, 125, 155.75}},
    {"0.25", "H_class_2_excitable", 300, 14, {105.75, 126.5, 145.25}},
    {"0.2", "I_spike_latency", 100, 1, {26.6}},
    {"0.25", "J_subthreshold_oscillation", 200, 1, {26.5}},
    {"0.25", "K_resonator", 400, 1, {338}},
    {"0.25", "L_integrator", 100, 1, {20}},
    {"0.2", "M_rebound_spike", 200, 1, {68}},
    {"0.2", "N_rebound_burst", 200, 7, {68, 71, 74.2, 77.8, 81.8, 86.4, 92.2}},
    {"0.25", "O_threshold_variability", 100, 1, {93.25}},
    {"0.25", "P_bistability", 300, 5, {45.25, 86, 126.5, 167.25, 208}},
    {"0.1", "Q_depolarizing_afterpotential", 50, 1, {11.3}},
    {"0.5", "R_accommodation", 400, 1, {311.5}},
    {"0.5", "S_inhibition_induced_spiking", 350, 3, {94.5, 166, 236}},
    {"0.5", "T_inhibition_induced_bursting", 350, 12, {86.5, 88.5, 90.5, 93}},
};

} // namespace

TEST_CASE("the twenty patterns of Izhikevich 2004 are exact to the step", "[T1]") {
  Scratch scratch;
  std::string precision = GENERATE("f64", "f32");
  for (std::string dt : {"0.1", "0.2", "0.25", "0.5"}) {
    compile(scratch, "izhikevich-2004/dt-" + dt + "ms.json", "--precision " + precision, "net");
    run(scratch, "net", "--for 400ms --record " + dt);
  }
  for (const Panel& panel : panels) {
    INFO(panel.name << " " << precision);
    double dt = std::stod(panel.dt);
    std::vector<double> times = spikes(scratch, panel.dt, panel.name).times;
    std::erase_if(times, [&](double t) { return t > panel.end + 1.5 * dt; });
    CHECK(times.size() == panel.count);
    REQUIRE(times.size() >= panel.first.size());
    for (size_t i = 0; i < panel.first.size(); ++i) {
      CHECK(times[i] - dt == Approx(panel.first[i]).margin(1e-6));
    }
  }
}

namespace {

/// A pattern of Naud et al. 2008, Table 1 (parameters as in Brian2's example): Euler at 0.1 ms, and the
/// reference solution; ms. Computed from the published equations.
struct AdexPattern {
  std::string name;
  size_t count;
  std::vector<double> first;
  double lastInterval;
  size_t referenceCount;
  double referenceFirst;
};

const std::vector<AdexPattern> adexPatterns = {
    {"tonic", 60, {14.5, 23.8, 33.2}, 9.9, 62, 14.225},
    {"adaptation", 12, {15.2, 26.8, 41.5}, 76.1, 12, 14.91},
    {"initial_burst", 12, {5.8, 9.6, 17.3}, 64.2, 12, 5.465},
    {"regular_bursting", 11, {16.5, 19.8, 25.4}, 5.8, 11, 16.16},
    {"delayed_accelerating", 45, {33.9, 54.8, 74.2}, 10.5, 46, 33.575},
    {"delayed_regular_bursting", 32, {57.6, 61.2, 65.8}, 0, 32, 57.185},
    {"transient", 1, {30.5}, 0, 1, 30.295},
};

} // namespace

TEST_CASE("the AdEx patterns are exact to the step with Euler, in floats and in fixed point", "[T2]") {
  Scratch scratch;
  std::string options = GENERATE("", "--precision fixed --profile 6000");
  INFO(options);
  compile(scratch, "adex-patterns/euler.json", options, "euler");
  nlohmann::json result = run(scratch, "euler", "--for 600ms --record euler");
  for (const AdexPattern& pattern : adexPatterns) {
    INFO(pattern.name);
    std::vector<double> times = spikes(scratch, "euler", pattern.name).times;
    CHECK(times.size() == pattern.count);
    REQUIRE(times.size() >= pattern.first.size());
    for (size_t i = 0; i < pattern.first.size(); ++i) {
      CHECK(times[i] == Approx(pattern.first[i]).margin(1e-6));
    }
    if (pattern.lastInterval > 0) {
      CHECK(times.back() - times[times.size() - 2] == Approx(pattern.lastInterval).margin(1e-6));
    }
  }
  // The eighth is chaotic: its first spike is exact, the count close.
  std::vector<double> irregular = spikes(scratch, "euler", "irregular").times;
  REQUIRE(!irregular.empty());
  CHECK(irregular.front() == Approx(16.0).margin(1e-6));
  CHECK(static_cast<double>(irregular.size()) == Approx(33).margin(options.empty() ? 0 : 1));
  if (!options.empty()) {
    compile(scratch, "adex-patterns/euler.json", options + " --target golgi", "golgi");
    nlohmann::json chip = run(scratch, "golgi", "--for 600ms --record golgi");
    CHECK(chip["losses"]["saturations"].get<int>() == 0);
    CHECK(runNissl("diff euler golgi", scratch.path()).exitCode == 0);
  }
}

TEST_CASE("the AdEx patterns follow the reference with RK4 at 0.005 ms", "[T2]") {
  Scratch scratch;
  compile(scratch, "adex-patterns/rk4.json", "", "rk4");
  run(scratch, "rk4", "--for 600ms --record rk4");
  for (const AdexPattern& pattern : adexPatterns) {
    INFO(pattern.name);
    std::vector<double> times = spikes(scratch, "rk4", pattern.name).times;
    CHECK(times.size() == pattern.referenceCount);
    REQUIRE(!times.empty());
    CHECK(times.front() == Approx(pattern.referenceFirst).margin(1e-6));
  }
  CHECK(static_cast<double>(spikes(scratch, "rk4", "irregular").times.size()) == Approx(32).epsilon(0.1));
}
