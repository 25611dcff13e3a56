// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Broken descriptions give messages, never a crash and never a network beside an error.
#include "tests/unit/import/Descriptions.h"

#include <nlohmann/json.hpp>
#include <random>

using namespace nissl;
using namespace nissl::import::test;

static void importsOrComplains(const Folder& folder, const std::string& text) {
  Imported imported = importFile(folder.write("net.json", text));
  bool consistent = static_cast<bool>(imported.module) != imported.diagnostics.hasErrors();
  if (!consistent) {
    UNSCOPED_INFO(text);
    UNSCOPED_INFO(imported.diagnostics.render());
  }
  CHECK(consistent);
}

/// Uses every part of the language once.
static nlohmann::json everything() {
  return nlohmann::json::parse(
      R"json({"nissl": 1, "name": "all", "dt": "1 ms", "seed": 1, "import": "zoo/receptors.json",
    "functions": {"f(x)": "x**2"},
    "receptors": {"mine": {"unit": "nS", "equations": ["dg/dt = -g/(2*ms)"], "initial": {"g": "0 nS"}, "on_input": ["g += input"], "conductance": "g", "E": "0 mV"}},
    "cells": {
      "m": {"broadcast": ["DA"], "initial": {"DA": 0}, "ports": {"in": {}}, "equations": ["dDA/dt = -DA/(100*ms) + sum(P.w)/(1*nS)/second"],
            "events": {"hit": {"when": "in > 0", "payload": "in", "emit_after": "1*ms + 2*ms*rand()"}, "got": {"from": "hit", "do": ["DA += payload"]}}},
      "a": {"parameters": {"p": "1 + DA", "q": {"normal": [5, 1], "keep": [1, 9]}, "r": [1, 2, 3, 4]}, "functions": null,
            "compartments": {"soma": {"equations": ["dv/dt = (I_couple - v*nS)/pF"], "initial": {"v": "0 mV"}},
                             "dend": {"equations": ["dv/dt = (I_couple + I_syn + B*pA)/pF"], "initial": {"v": "1 mV"}, "receptors": {"x": {"use": "mine"}, "y": {"use": "nmda"}}}},
            "parameters": {"p": "1 + DA", "g_c": "5 nS"}, "couple": [{"between": ["soma", "dend"], "conductance": "g_c"}],
            "update": [{"soma.v": "euler", "substeps": 2}, {"dend.v": "exponential_euler"}],
            "events": {"spike": {"when": "soma.v > 20*mV*f(p)", "do": ["soma.v = 0*mV"], "hold": {"variables": ["soma.v"], "value": "1 mV", "for": "2 ms"}, "then": ["soma.v = 0*mV"], "block": "3 ms"},
                       "B": {"from": "spike", "after": "0.5 ms", "for": "2 ms", "overlap": "sum"}}}},
    "rules": {"r": {"parameters": {"A": "0.1 nS"}, "synapse": {"w": "1 nS", "z": 0}, "pre": {"equations": ["dx/dt = -x/(20*ms)"], "on_spike": ["x += 1"]},
              "post": {"initial": {"y": 0}, "on_spike": ["y = 1"]}, "on_pre": ["deliver(port, w)", "z += post.y"], "on_post": ["w += A*pre.x"],
              "every 10 ms": ["w = clip(w + A*DA*z, 0, 4*nS)"], "on end": ["restore(z)"]}},
    "populations": {"M": {"cell": "m", "size": 1}, "E": {"cell": "a", "size": 4, "initial": {"soma.v": "i*mV"}, "types": [{"share": 0.5, "parameters": {"g_c": "6 nS"}}, {"share": 0.5}]},
                    "S": {"poisson": "10 Hz", "size": 3}, "T": {"spikes": {"times": ["1 ms"], "ids": [0]}, "size": 1}},
    "projections": {"P": {"from": "E[0:2]", "to": "E.dend.x", "connect": {"probability": "exp(-abs(i - j))", "autapses": false}, "weight": "2 nS", "delay": {"uniform": ["1 ms", "3 ms"]}, "rules": ["r"], "tie": "old"},
                    "Q": {"from": "S", "to": "E[0:3].dend.y", "connect": {"list": {"pre": [1, 0], "post": [2, 2], "weight": ["1 nS", "2 nS"]}}, "delay": "1 ms"},
                    "R": {"from": "M.hit", "to": "M", "connect": "all_to_all"}},
    "inputs": {"d": {"to": "E.dend.x", "drive": {"rate": "5 Hz", "count": 10, "weight": "1 nS"}}, "h": {"to": "M", "value": "host"},
               "s": {"to": "M", "value": {"values": [1, 2], "every": "5 ms"}}},
    "triggers": {"end": {"times": ["1 s"]}, "got": "M.got"},
    "probes": {"v": {"of": "E[0:1].dend.v", "every": "1 ms"}, "w": {"of": "P.w", "on": "end"}, "da": {"of": "M.DA", "before": true}}})json");
}

static nlohmann::json valid() {
  nlohmann::json net = everything();
  net["cells"]["a"].erase("functions");
  return net;
}

TEST_CASE("a description with every part of the language is valid", "[import][json]") {
  Imported imported = importRight(valid().dump(1));
  CHECK(imported.network().getBody().front().getOperations().size() > 15);
}

TEST_CASE("a description cut off anywhere is refused", "[import][json]") {
  Folder folder;
  std::string text = valid().dump();
  for (size_t length = 0; length + 1 < text.size(); length += 53) {
    Imported imported = importFile(folder.write("net.json", text.substr(0, length)));
    CHECK_FALSE(imported.module);
    CHECK(imported.diagnostics.hasErrors());
  }
}

TEST_CASE("any value replaced by another is imported or refused with a message", "[import][json]") {
  Folder folder;
  const nlohmann::json net = valid();
  const std::vector<nlohmann::json> others = {nullptr,
                                              true,
                                              -1,
                                              1e300,
                                              "",
                                              "E",
                                              "x + ",
                                              "1 mV",
                                              nlohmann::json::array(),
                                              nlohmann::json::object(),
                                              {1, "2 ms"},
                                              {{"values", {1}}}};
  std::mt19937 random(1);
  std::vector<std::string> places;
  std::function<void(const nlohmann::json&, const std::string&)> collect = [&](const nlohmann::json& node,
                                                                               const std::string& at) {
    places.push_back(at);
    for (const auto& [key, value] : node.items()) {
      if (node.is_structured()) {
        collect(value, at + "/" + key);
      }
    }
  };
  collect(net, "");
  REQUIRE(places.size() > 150);
  for (const std::string& place : places) {
    for (int i = 0; i < 2; ++i) {
      nlohmann::json changed = net;
      changed[nlohmann::json::json_pointer(place)] = others[random() % others.size()];
      importsOrComplains(folder, changed.dump());
    }
    nlohmann::json without = net;
    without[nlohmann::json::json_pointer(place)] = nullptr;
    importsOrComplains(folder, without.dump());
  }
}

TEST_CASE("bytes changed at random are imported or refused with a message", "[import][json]") {
  Folder folder;
  const std::string text = valid().dump();
  std::mt19937 random(2);
  for (int i = 0; i < 300; ++i) {
    std::string changed = text;
    for (int j = 0; j < 3; ++j) {
      changed[random() % changed.size()] = "{}[]\",:0.e-+*/()xv \\n"[random() % 20];
    }
    importsOrComplains(folder, changed);
  }
}
