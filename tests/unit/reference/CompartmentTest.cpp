// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Coupled compartments on the step interpreter, held against the meaning of the network.
#include "tests/unit/reference/Comparing.h"

using namespace nissl;
using namespace nissl::reference;
using namespace nissl::reference::test;
using program::Precision;

namespace {

/// Three cells with a spiking soma, a trunk of three and two branches that differ; inputs by a projection.
std::string treeNetwork(const std::string& update, const std::string& conductance = "g") {
  return R"json({"nissl": 1, "dt": "0.1 ms", "import": ["zoo/receptors.json"], "cells": {"c": {
    "parameters": {"C": "100 pF", "g": "40 nS", "other": "41 nS"},
    "compartments": {
      "soma": {"equations": ["dv/dt = (10*nS*(E - v) + 200*nS*m**3*(50*mV - v) + I_couple + I_e)/C",
                             "dm/dt = (1/(1 + exp((-45*mV - v)/(3*mV))) - m)/(0.5*ms)"],
               "parameters": {"E": "-65 mV", "I_e": "(0.3 + 0.1*i)*nA"}, "initial": {"v": "-65 mV", "m": 0}},
      "trunk": {"count": 3, "parameters": {"g_up": "(50 - 10*k)*nS"}, "equations": ["dv/dt = (5*nS*(-70*mV - v) + I_couple + I_syn)/C"],
                "initial": {"v": "-70 mV"}, "receptors": {"ampa": {"use": "exponential"}}},
      "left": {"count": 2, "equations": ["dv/dt = (5*nS*(-70*mV - v) + I_couple)/C"], "initial": {"v": "-60 mV + k*5*mV"}},
      "right": {"equations": ["dv/dt = (5*nS*(-70*mV - v) + I_couple)/C"], "initial": {"v": "-50 mV"}}},
    "couple": [{"chain": ["soma", "trunk"], "conductance": "g_up"}, {"between": ["trunk[2]", "left[0]"], "conductance": ")json" +
         conductance + R"json("},
               {"chain": "left", "conductance": "g"}, {"between": ["right", "trunk[2]"], "conductance": "g"}],
    "update": )json" +
         update + R"json(,
    "events": {"spike": {"when": "soma.v > -20*mV", "do": ["soma.v = -60*mV"], "hold": {"variables": ["soma.v"], "for": "1 ms"}}}}},
    "populations": {"P": {"cell": "c", "size": 3}},
    "projections": {"PP": {"from": "P", "to": "P.trunk[1].ampa", "connect": "all_to_all", "weight": "5 nS", "delay": "1 ms"}}})json";
}

} // namespace

TEST_CASE("coupled voltages advance implicitly, all else by its own solution", "[reference]") {
  auto update = GENERATE(
      as<std::string>(), R"("implicit")",
      R"([{"soma.v": "implicit", "trunk.v": "implicit", "left.v": "implicit", "right.v": "implicit"}])",
      R"([{"soma.v": "implicit", "trunk.v": "implicit"}, {"left.v": "implicit", "right.v": "implicit", "substeps": 2}])");
  Precision precision = GENERATE(Precision::F64, Precision::F32);
  std::string network = treeNetwork(update);
  Comparison comparison = compareNetworks(network, network, 400, precision);
  INFO(update << "\n" << comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
  CHECK(comparison.variables.count("P.left[1].v") == 1);
  CHECK(comparison.spikes > 3);
}

TEST_CASE("what is not the same implicit step is told apart", "[reference]") {
  std::string implicit = treeNetwork(R"("implicit")");
  auto other = GENERATE(
      as<std::string>(), treeNetwork(R"("semi_implicit")"), treeNetwork(R"("exponential_euler")"),
      treeNetwork(R"("implicit")", "other"),
      treeNetwork(
          R"([{"soma.v": "implicit", "trunk.v": "implicit", "left.v": "implicit", "right.v": "implicit"}])"));
  Comparison comparison = compareNetworks(implicit, other, 20);
  INFO(other << "\n" << comparison.text());
  CHECK_FALSE(comparison.agrees());
}
