// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled networks on the step interpreter, held against the meaning of the network: architecture §4,
// "Equality", oracle 2. And networks that mean something else, which must be told apart.
#include "tests/unit/reference/Comparing.h"

using namespace nissl;
using namespace nissl::reference;
using namespace nissl::reference::test;
using import::test::Imported;
using program::Precision;

namespace {

/// A population P of three cells, each with another current.
std::string zooNetwork(const std::string& file, const std::string& cell, const std::string& parameters) {
  return R"json({"nissl": 1, "dt": "0.1 ms", "import": ["zoo/)json" + file +
         R"json(.json"], "populations": {"P": {"cell": ")json" + cell +
         R"json(", "size": 3, "parameters": {)json" + parameters + "}}}}";
}

/// A cell whose equations, update and event can be chosen.
std::string cellNetwork(const std::string& update, const std::string& threshold = "1",
                        const std::string& reset = "0", const std::string& hold = "2 ms",
                        const std::string& dt = "0.1 ms") {
  return R"json({"nissl": 1, "dt": ")json" + dt + R"json(", "cells": {"c": {
    "parameters": {"tau": "10 ms"}, "equations": ["dv/dt = (s + 0.5 - v)/tau", "ds/dt = (1 - s)/(5*ms)"],
    "initial": {"v": 0.2, "s": 0}, "update": )json" +
         update + R"json(,
    "events": {"spike": {"when": "v > )json" +
         threshold + R"json(", "do": ["v = )json" + reset + R"json("],
      "hold": {"variables": ["v"], "for": ")json" +
         hold + R"json("}}}}},
    "populations": {"P": {"cell": "c", "size": 2}}})json";
}

struct ZooCase {
  const char *file, *cell, *parameters;
};

} // namespace

TEST_CASE("the cells of the zoo do in each step what their equations say", "[reference][zoo]") {
  auto zoo = GENERATE(ZooCase{"lif", "lif_current", R"("I_e": "400*pA + 50*pA*i")"},
                      ZooCase{"lif", "lif_conductance", R"("I_e": "250*pA + 50*pA*i")"},
                      ZooCase{"lif", "lif_cuba", R"("E_L": "-49*mV + 2*mV*i")"},
                      ZooCase{"lif", "lif_delta", R"("E_L": "25*mV + 2*mV*i")"},
                      ZooCase{"adex", "adex", R"("I_e": "700*pA + 100*pA*i")"},
                      ZooCase{"adex", "adex_conductance", R"("I_e": "700*pA + 100*pA*i")"});
  Precision precision = GENERATE(Precision::F64, Precision::F32);
  std::string network = zooNetwork(zoo.file, zoo.cell, zoo.parameters);
  Comparison comparison = compareNetworks(network, network, 2000, precision);
  INFO(zoo.cell << "\n" << comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.steps == 2000);
  CHECK(comparison.skipped.empty());
  CHECK(comparison.events.count("P.spike") == 1);
  CHECK(comparison.variables.count("P.v") == 1);
  CHECK(comparison.spikes > 5);
}

TEST_CASE("the zoo's cells with an injected current do what their equations say", "[reference][zoo]") {
  auto [file, cell, unit, current] = GENERATE(
      table<const char*, const char*, const char*, double>({{"izhikevich", "regular_spiking", "mV/ms", 10.0},
                                                            {"izhikevich", "chattering", "mV/ms", 10.0},
                                                            {"izhikevich", "thalamocortical", "mV/ms", 5.0},
                                                            {"izhikevich", "izhikevich2007", "pA", 700.0},
                                                            {"hodgkin_huxley", "hh_traub", "pA", 500.0}}));
  std::string network = zooNetwork(file, cell, "");
  network.pop_back();
  network += fmt::format(R"json(, "inputs": {{"in": {{"to": "P.I", "value": "{}*{}*(1 + 0.1*i)"}}}}}})json",
                         current, unit);
  Comparison comparison = compareNetworks(network, network, 2000);
  INFO(cell << "\n" << comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
  CHECK(comparison.spikes > 3);
}

TEST_CASE("every method agrees with itself and no other", "[reference]") {
  const std::vector<std::string> methods = {
      R"("euler")", R"("exponential_euler")",
      R"("exact")", R"("semi_implicit")",
      R"("rk4")",   R"([{"v": "euler", "substeps": 2}, {"s": "euler"}])"};
  size_t compiled = GENERATE(range(0, 6)), meant = GENERATE(range(0, 6));
  // A step so long that even RK4 is further than the bound from the exact solution.
  auto network = [&](size_t method) { return cellNetwork(methods[method], "1", "0", "2 ms", "1 ms"); };
  Comparison comparison = compareNetworks(network(compiled), network(meant), 100);
  INFO("compiled " << methods[compiled] << ", meant " << methods[meant] << "\n" << comparison.text());
  CHECK(comparison.agrees() == (compiled == meant));
  CHECK(comparison.values > 0);
}

TEST_CASE("a wrong threshold, reset or hold is found", "[reference]") {
  std::string compiled = cellNetwork(R"("exact")");
  Comparison right = compareNetworks(compiled, compiled, 500);
  INFO(right.text());
  CHECK(right.agrees());
  CHECK(right.spikes >= 4);
  Comparison threshold = compareNetworks(compiled, cellNetwork(R"("exact")", "1.001"), 500);
  CHECK(threshold.disagreements > 0);
  CHECK(threshold.firstDisagreement->event == "P.spike");
  CHECK(threshold.firstDisagreement->found);
  Comparison reset = compareNetworks(compiled, cellNetwork(R"("exact")", "1", "0.000001"), 500);
  CHECK(reset.disagreements == 0);
  CHECK(reset.deviations == right.spikes);
  CHECK(reset.firstDeviation->expected == 0.000001);
  CHECK(compareNetworks(compiled, cellNetwork(R"("exact")", "1", "0", "1.9 ms"), 500).deviations ==
        right.spikes);
  CHECK(compareNetworks(compiled, cellNetwork(R"("exact")", "1", "0", "2.1 ms"), 500).deviations ==
        right.spikes);
}

TEST_CASE("host input reaches equations and on_input", "[reference]") {
  std::string network = R"json({"nissl": 1, "dt": "1 ms", "cells": {"c": {
    "equations": ["dv/dt = -v/(10*ms) + I/ms"], "initial": {"v": 0, "g": 0},
    "ports": {"I": {}, "n": {"on_input": ["g += n"]}, "e": {"applies": "end", "on_input": ["v += 0.1*e"]}}}},
    "populations": {"P": {"cell": "c", "size": 3}},
    "inputs": {"a": {"to": "P.I", "value": "host"}, "b": {"to": "P.n", "value": "host"},
               "d": {"to": "P.e", "value": "host"}}})json";
  Comparison comparison = compareNetworks(
      network, network, 50, Precision::F64, [](const std::string& name, int64_t step, int64_t cell) {
        return name[0] == 'a' ? 0.25 * static_cast<double>((step + cell) % 3) : static_cast<double>(step % 2);
      });
  INFO(comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
  CHECK(comparison.values == 2 * 2 * 3 * 50 + 2 * 3);
}

TEST_CASE("spikes bring their weights to ports after their delays", "[reference]") {
  auto network = [](const std::string& weight, const std::string& delay) {
    return R"json({"nissl": 1, "dt": "0.1 ms", "import": ["zoo/lif.json"],
      "populations": {"S": {"spikes": {"times": ["1 ms", "4 ms", "20 ms"], "ids": [0, 1, 0]}, "size": 2},
        "E": {"cell": "lif_current", "size": 5, "parameters": {"I_e": "400*pA + 20*pA*i"}},
        "F": {"cell": "lif_conductance", "size": 4, "parameters": {"I_e": "200 pA"}}},
      "projections": {"SE": {"from": "S", "to": "E.exc", "connect": "all_to_all", "weight": "50*pA*(1 + i + j)"},
        "EE": {"from": "E", "to": "E.inh", "connect": {"fixed_outdegree": 2}, "weight": ")json" +
           weight + R"json(", "delay": {"uniform": ["0.1 ms", "3 ms"]}},
        "EF": {"from": "E[1:4]", "to": "F.exc", "connect": "all_to_all", "weight": "2 nS", "delay": ")json" +
           delay + R"json("}}})json";
  };
  std::string compiled = network("-20 pA", "1.5 ms");
  Comparison comparison = compareNetworks(compiled, compiled, 1000);
  INFO(comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
  CHECK(comparison.spikes > 20);
  CHECK(comparison.variables.count("F.exc.g") == 1);
  CHECK(compareNetworks(compiled, network("-20.001 pA", "1.5 ms"), 1000).firstDeviation->name == "E.inh.s");
  CHECK(compareNetworks(compiled, network("-20 pA", "1.6 ms"), 1000).firstDeviation->name == "EF.delay");
}

TEST_CASE("broadcasts, modulated parameters and every part of an event are compared", "[reference]") {
  auto network = [](const std::string& gain, const std::string& after, const std::string& wait = "4*ms") {
    return R"json({"nissl": 1, "dt": "1 ms", "cells": {
      "m": {"broadcast": ["A"], "equations": ["dA/dt = -A/(30*ms)", "dp/dt = 1/(7*ms)"], "initial": {"A": 1, "p": 0},
        "events": {"late": {"when": "p > 1", "do": ["p = 0"], "emit_after": "1*ms + )json" +
           wait + R"json(*rand()", "emit_within": "5 ms"},
                   "got": {"from": "late", "do": ["A += 0.5"]}}},
      "c": {"parameters": {"gain": ")json" +
           gain +
           R"json("}, "equations": ["dv/dt = (gain - v)/(5*ms) + 0.1*bap/ms + 0.2*fired/ms", "n = 2*v", "du/dt = n/(9*ms)"],
        "initial": {"v": 0, "u": 0, "k": 0, "q": 0},
        "events": {"spike": {"when": "v > 1", "do": ["v = 0", "k += 1"], "hold": {"variables": ["v"], "for": "3 ms"},
                             "then": ["v = 0.25"], "block": "5 ms"},
                   "echo": {"from": "spike", "after": ")json" +
           after + R"json(", "when": "k > 1", "do": ["u += 1"]},
                   "clear": {"when": "k >= 4", "do": ["restore(k)"]},
                   "bap": {"from": "spike", "after": "2 ms", "for": "4 ms", "overlap": "sum"}}}},
      "populations": {"R": {"cell": "m", "size": 1}, "P": {"cell": "c", "size": 2}}})json";
  };
  std::string compiled = network("2 + R.A", "3 ms");
  Comparison comparison = compareNetworks(compiled, compiled, 300);
  INFO(comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
  CHECK(comparison.events ==
        std::set<std::string>{"P.clear", "P.echo", "P.spike", "R.got", "R.late", "R.late.emitted"});
  CHECK(compareNetworks(compiled, network("2 + 1.001*R.A", "3 ms"), 300).firstDeviation->name == "P.v");
  CHECK(compareNetworks(compiled, network("2 + R.A", "4 ms"), 300).firstDisagreement->event == "P.echo");
  CHECK(compareNetworks(compiled, network("2 + R.A", "3 ms", "3*ms"), 300).firstDisagreement->event ==
        "R.late.emitted");
}

TEST_CASE("reductions over a population are compared", "[reference]") {
  std::string network = R"json({"nissl": 1, "dt": "1 ms", "cells": {
    "c": {"equations": ["dv/dt = (i - v)/(5*ms)"], "initial": {"v": "0.1*i"}},
    "m": {"equations": ["dx/dt = (sum(P.v) - x)/(9*ms)"], "initial": {"x": 0}}},
    "populations": {"P": {"cell": "c", "size": 300}, "M": {"cell": "m", "size": 1}}})json";
  Comparison comparison = compareNetworks(network, network, 20);
  INFO(comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
}

TEST_CASE("draws are the target's; those of gamma and of large Poisson means are skipped by name",
          "[reference]") {
  Precision precision = GENERATE(Precision::F64, Precision::F32);
  auto network = [](const std::string& deviation, const std::string& noise, const std::string& upper) {
    return R"json({"nissl": 1, "dt": "1 ms", "seed": 3, "cells": {"c": {
    "parameters": {"tau": {"uniform": ["10 ms", "20 ms"]},
                   "k": {"normal": [1, )json" +
           deviation + R"json(], "keep": [0.5, )json" + upper + R"json(]}},
    "equations": ["dv/dt = -v/tau", "next(r) = rand()", "next(q) = 0.5*randn() - k",
                  "dx/dt = -x/tau + )json" +
           noise + R"json(*xi", "next(n) = poisson(2)", "next(m) = poisson(2 + r)",
                  "next(l) = poisson(40)", "dy/dt = -y/tau + I/ms"], "ports": {"I": {}},
    "initial": {"v": {"normal": [1, 0.1]}, "r": 0, "q": 0, "x": 0, "n": 0, "m": 0, "l": 0, "y": 0}}},
    "populations": {"P": {"cell": "c", "size": 40}},
    "inputs": {"rare": {"to": "P.I", "drive": {"rate": "0.01 Hz", "count": 1000, "weight": 1}},
               "dense": {"to": "P[0:20].I", "drive": {"rate": "5 Hz", "count": 1000, "weight": 0.5}}}})json";
  };
  std::string compiled = network("1", "0.3*ms**-0.5", "1.25");
  Comparison comparison = compareNetworks(compiled, compiled, 50, precision);
  INFO(comparison.text());
  CHECK(comparison.agrees());
  for (const char* name : {"P.v", "P.r", "P.q", "P.x", "P.tau", "P.k", "P.n", "P.m", "P.y"}) {
    CHECK(comparison.variables.count(name) == 1);
  }
  CHECK(comparison.skipped.size() == 1);
  CHECK(comparison.skipped.count("P.l") == 1);
  auto deviates = [&](const std::string& meant) {
    Comparison wrong = compareNetworks(compiled, meant, 5, precision);
    return wrong.firstDeviation ? wrong.firstDeviation->name : "nothing";
  };
  CHECK(deviates(network("1.001", "0.3*ms**-0.5", "1.25")) == "P.k");
  CHECK(deviates(network("1", "0.303*ms**-0.5", "1.25")) == "P.x");
  CHECK(deviates(network("1", "0.3*ms**-0.5", "1")) == "P.k");
}

TEST_CASE("compartments, pulses and bursts of the two-compartment cell are compared", "[reference]") {
  std::string network = R"json({"nissl": 1, "dt": "0.1 ms", "import": ["lvpa/cell.json"],
    "populations": {"P": {"cell": "l5b", "size": 3, "initial": {"g_c": 1},
                          "parameters": {"I_soma": "600*pA + 100*pA*i"}}}})json";
  Comparison comparison = compareNetworks(network, network, 2000);
  INFO(comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.variables.count("P.dend.v") == 1);
  CHECK(comparison.skipped.empty());
  CHECK(comparison.spikes > 5);
}

TEST_CASE("fixed point is refused by name", "[reference]") {
  CHECK_THROWS_WITH(boundOf(Precision::Fixed), Catch::Contains("fixed point"));
}

TEST_CASE("whole networks do in each step what they say", "[reference][examples]") {
  auto [file, steps] =
      GENERATE(table<const char*, int64_t>({{"lvpa/burst", 600}, {"cuba", 15}, {"izhikevich-2003", 100}}));
  Imported source = import::test::importFile(std::string(NISSL_SOURCE_DIR "/examples/") + file + ".json");
  REQUIRE(source.module);
  Comparison comparison = compareModules(source, source, steps);
  INFO(file << "\n" << comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
  CHECK(comparison.spikes > 0);
}
