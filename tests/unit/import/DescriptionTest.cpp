// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What descriptions become.
#include "tests/unit/import/Descriptions.h"

using namespace nissl;
using namespace nissl::import::test;

TEST_CASE("the head of a description is the network's", "[import][json]") {
  Imported net = importRight(R"json({"nissl": 1, "name": "mine", "dt": "0.1 ms", "seed": 42})json");
  CHECK(net.network().getSymName() == "mine");
  CHECK(net.network().getDtAttr().getValueAsDouble() == 1e-4);
  CHECK(net.network().getSeed() == 42);
}

TEST_CASE("a cell that uses another changes what it names and keeps the rest", "[import][json]") {
  Imported net = importRight(R"json({"nissl": 1, "cells": {
    "a": {"parameters": {"p": "1 mV", "q": 2}, "equations": ["dv/dt = (p - v)/ms", "d1 = q*2"], "initial": {"v": "3 mV"},
          "events": {"spike": {"when": "v > p"}}},
    "b": {"use": "a", "parameters": {"p": "5 mV", "r": 7}, "equations": ["dv/dt = (2*p - v)/ms"], "initial": {"v": "4 mV"}}},
    "populations": {"E": {"cell": "b", "size": 1}}})json");
  CHECK(neuro::constantOf(net.find<neuro::ParameterOp>("p", "a").getBody()) == 1e-3);
  CHECK(neuro::constantOf(net.find<neuro::ParameterOp>("p", "b").getBody()) == 5e-3);
  CHECK(neuro::constantOf(net.find<neuro::ParameterOp>("q", "b").getBody()) == 2.0);
  CHECK(neuro::constantOf(net.find<neuro::ParameterOp>("r", "b").getBody()) == 7.0);
  CHECK(neuro::constantOf(net.find<neuro::VariableOp>("v", "b").getBody()) == 4e-3);
  net.find<neuro::EventOp>("spike", "b");
  auto equations = net.find<neuro::CellOp>("b").getBody().getOps<neuro::EquationOp>();
  REQUIRE(std::distance(equations.begin(), equations.end()) == 1);
  CHECK_THAT(net.text(*equations.begin()), Catch::Contains("2.000000e+00"));
}

TEST_CASE("bounds are the variable's, in SI units", "[import][json]") {
  Imported net = importRight(R"json({"nissl": 1, "cells": {
    "a": {"initial": {"v": "3 mV"}, "bounds": {"v": ["-100 mV", "50 mV"]},
          "compartments": {"d": {"initial": {"m": 0}, "bounds": {"m": [0, 1]}}}}},
    "populations": {"E": {"cell": "a", "size": 1}}})json");
  CHECK(net.find<neuro::VariableOp>("v", "a").getBounds()->vec() == std::vector<double>{-0.1, 0.05});
  CHECK(net.find<neuro::VariableOp>("d.m", "a").getBounds()->vec() == std::vector<double>{0, 1});
}

TEST_CASE("actions run one after the other and are written together", "[import][json]") {
  Imported net = importRight(R"json({"nissl": 1, "cells": {"a": {"initial": {"x": 1, "y": 0},
    "events": {"e": {"when": "x > 0", "do": ["x = x + 1", "y = 10*x", "x = 5"]}}}},
    "populations": {"E": {"cell": "a", "size": 1}}})json");
  // y takes the x of the statement before: 10 (x + 1).
  std::string text = net.text(net.find<neuro::EventOp>("e", "a"));
  CHECK_THAT(text, Catch::Contains("neuro.write @x = ") && Catch::Contains(", @y = "));
  auto write =
      llvm::cast<neuro::WriteOp>(net.find<neuro::EventOp>("e", "a").getActions().front().getTerminator());
  auto product = write.getValues()[1].getDefiningOp<mlir::arith::MulFOp>();
  REQUIRE(product);
  CHECK(product.getRhs().getDefiningOp<mlir::arith::AddFOp>());
  CHECK(write.getValues()[0].getDefiningOp<mlir::arith::ConstantOp>());
}

TEST_CASE("receptors become ports, variables and a current", "[import][json]") {
  Imported net = importRight(R"json({"nissl": 1, "import": ["zoo/receptors.json"], "cells": {"a": {
    "equations": ["dv/dt = (I_syn + 0*pA)/(100*pF)"], "initial": {"v": "-70 mV"},
    "receptors": {
    "exc" : {"use" : "exponential", "parameters" : {"tau" : "3 ms"}}, "fast" : {"use" : "exponential_current"}}
}
}
, "populations" : { "E" : {"cell" : "a", "size" : 1} }
})json");
  CHECK(neuro::dimensionOf(net.find<neuro::PortOp>("exc", "a")).str() == "m-2 kg-1 s3 A2");
  CHECK(neuro::constantOf(net.find<neuro::ParameterOp>("exc.tau", "a").getBody()) == 3e-3);
  CHECK(neuro::dimensionOf(net.find<neuro::VariableOp>("exc.g", "a")).str() == "m-2 kg-1 s3 A2");
  CHECK(neuro::dimensionOf(net.find<neuro::DerivedOp>("exc.I", "a")).str() == "A");
  std::string sum = net.text(net.find<neuro::DerivedOp>("I_syn", "a"));
  CHECK_THAT(sum, Catch::Contains("@exc.I") && Catch::Contains("@fast.I") && Catch::Contains("arith.addf"));
  auto inputs = net.find<neuro::CellOp>("a").getBody().getOps<neuro::OnInputOp>();
  REQUIRE(std::distance(inputs.begin(), inputs.end()) == 2);
  CHECK_THAT(net.text(*inputs.begin()),
             Catch::Contains("neuro.on_input @exc at start") && Catch::Contains("neuro.write @exc.g"));
}

TEST_CASE("compartments see their own names first, then the cell's, and each other's by name",
          "[import][json]") {
  Imported net = importRight(R"json({"nissl": 1, "import": ["zoo/receptors.json"], "cells": {"two": {
    "parameters": {"C": "100 pF", "g": "10 nS", "g_c": "5 nS"},
    "compartments": {
      "soma": {"equations": ["dv/dt = (-g*v + I_couple)/C"], "initial": {"v": "1 mV"}},
      "dend": {"parameters": {"g": "2 nS"}, "equations": ["dv/dt = (-g*v + I_couple + I_syn + B*pA)/C"], "initial": {"v": "2 mV"},
               "receptors": {"ampa": {"use": "exponential"}}}},
    "couple": [{"between": ["soma", "dend"], "conductance": "g_c"}],
    "events": {"spike": {"when": "soma.v > 20*mV", "do": ["soma.v = where(dend.v > 0*mV, 1*mV, 0*mV)"]},
               "B": {"from": "spike", "after": "0.5 ms", "for": "2 ms"}
}
}
}
, "populations" : { "E" : {"cell" : "two", "size" : 1} }
})json");
  auto dend = net.find<neuro::CompartmentOp>("dend", "two");
  CHECK(dend.getVoltage() == llvm::StringRef("dend.v"));
  CHECK_THAT(net.text(net.find<neuro::DerivedOp>("dend.I_couple", "two")),
             Catch::Contains("@soma.v") && Catch::Contains("@dend.v") && Catch::Contains("@g_c"));
  CHECK_THAT(net.text(net.find<neuro::DerivedOp>("dend.ampa.I", "two")), Catch::Contains("@dend.v"));
  auto pulse = net.find<neuro::PulseOp>("B", "two");
  CHECK(pulse.getEvent() == "spike");
  CHECK(pulse.getAfterAttr().getValueAsDouble() == 5e-4);
  CHECK(pulse.getDurationAttr().getValueAsDouble() == 2e-3);
  std::string text = net.text(net.find<neuro::CellOp>("two"));
  CHECK_THAT(text,
             Catch::Contains("@dend.g") && Catch::Contains("neuro.couple @soma, @dend conductance @g_c"));
}

TEST_CASE("a parameter that reads a broadcast is modulated, through others too", "[import][json]") {
  Imported net = importRight(R"json({"nissl": 1, "cells": {
    "m": {"broadcast": ["DA"], "initial": {"DA": 0}},
    "a": {"parameters": {"p": "1 + DA", "q": "2*p", "r": 3}, "equations": ["dx/dt = q*r/second"]}},
    "populations": {"M": {"cell": "m", "size": 1}, "E": {"cell": "a", "size": 2, "parameters": {"r": "5*DA"}}}})json");
  CHECK(net.find<neuro::ParameterOp>("p", "a").getModulated());
  CHECK(net.find<neuro::ParameterOp>("q", "a").getModulated());
  CHECK_FALSE(net.find<neuro::ParameterOp>("r", "a").getModulated());
  CHECK_THAT(net.text(net.find<neuro::PopulationOp>("E")), Catch::Contains("neuro.override @r modulated"));
  CHECK_THAT(net.text(net.find<neuro::ParameterOp>("p", "a")), Catch::Contains("@M::@DA"));
}

TEST_CASE("types of a mixture lie one after the other", "[import][json]") {
  Imported net =
      importRight(withCells(R"json(, "probes": {}, "functions": {"f(x)": "x"}, "inputs": {})json"));
  CHECK(net.find<neuro::PopulationOp>("E").getSize() == 4);
  Imported mixed = importRight(
      R"json({"nissl": 1, "cells": {"a": {"parameters": {"p": 1, "q": 2}, "initial": {"x": "p + q"}}},
    "populations": {"E": {"cell": "a", "size": 10, "types": [{"share": 0.8, "parameters": {"p": 10}}, {"share": 0.2, "parameters": {"q": 20}}]}}})json");
  std::string text = mixed.text(mixed.find<neuro::PopulationOp>("E"));
  // Eight cells of the first type, and what a type does not give is the cell's.
  CHECK_THAT(text, Catch::Contains("8 : i32") && Catch::Contains("arith.select") &&
                       Catch::Contains("1.000000e+00") && Catch::Contains("2.000000e+01") &&
                       Catch::Contains("neuro.override @q"));
}

TEST_CASE("pairs are sorted by source and target and take their weights with them", "[import][json]") {
  Imported net =
      importRight(withCells(R"json(, "projections": {"P": {"from": "E", "to": "F.I", "connect": {"list":
    {"pre": [2, 0, 2], "post": [1, 2, 0], "weight": {"values": [5, 6, 7], "unit": "mV"}, "delay": ["1 ms", "2 ms", "3 ms"]}}}})json"));
  auto projection = net.find<neuro::ProjectionOp>("P");
  CHECK(projection.getConnect().getPre().asArrayRef() == llvm::ArrayRef<int32_t>({0, 2, 2}));
  CHECK(projection.getConnect().getPost().asArrayRef() == llvm::ArrayRef<int32_t>({2, 0, 1}));
  auto values = [&](llvm::StringRef name) {
    auto numbers =
        llvm::cast<mlir::DenseElementsAttr>(net.find<neuro::ArrayOp>(name).getValues()).getValues<double>();
    return std::vector<double>(numbers.begin(), numbers.end());
  };
  std::vector<double> weights = values("P.weight");
  REQUIRE(weights.size() == 3);
  CHECK(weights == std::vector<double>({6e-3, 7e-3, 5e-3}));
  CHECK(values("P.delay") == std::vector<double>({2e-3, 3e-3, 1e-3}));
  CHECK(projection.getMinDelayAttr().getValueAsDouble() == 1e-3);
  CHECK(projection.getMaxDelayAttr().getValueAsDouble() == 3e-3);
}

TEST_CASE("every way to connect is carried as a rule", "[import][json]") {
  auto [json, text] = GENERATE(table<std::string, std::string>({
      {R"json("all_to_all")json", "connect <all_to_all>"},
      {R"json({"probability": 0.1})json", "connect <probability>"},
      {R"json({"probability": "0.5*exp(-abs(i - j)/3)", "autapses": false})json",
       "connect <probability, autapses = false>"},
      {R"json({"fixed_indegree": 2})json", "connect <fixed_indegree, count = 2>"},
      {R"json({"fixed_outdegree": 3, "multapses": true})json",
       "connect <fixed_outdegree, count = 3, multapses = true>"},
      {R"json({"fixed_total": 20})json", "connect <fixed_total, count = 20, multapses = true>"},
      {R"json({"pairs": [[0, 1], [3, 2]]})json",
       "connect <pairs, multapses = true, pre = [0, 3], post = [1, 2]>"},
      {R"json({"dense": [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]})json", "connect <all_to_all>"},
  }));
  INFO(json);
  Imported net = importRight(
      withCells(R"json(, "projections": {"P": {"from": "E", "to": "F.n", "connect": )json" + json + "}}"));
  CHECK_THAT(net.text(net.find<neuro::ProjectionOp>("P")), Catch::Contains(text));
}

TEST_CASE("views are parts of populations", "[import][json]") {
  auto [json, begin, end] = GENERATE(table<std::string, int, int>({{"E[1:3].n", 1, 3},
                                                                   {"E[:2].n", 0, 2},
                                                                   {"E[2:].n", 2, 4},
                                                                   {"E[3].n", 3, 4},
                                                                   {"E.n", 0, -1},
                                                                   {"E[0:4].n", 0, -1}}));
  INFO(json);
  Imported net = importRight(withCells(R"json(, "projections": {"P": {"from": "F", "to": ")json" + json +
                                       R"json(", "connect": "all_to_all"}})json"));
  auto view = net.find<neuro::ProjectionOp>("P").getTarget();
  CHECK(view.getBegin() == begin);
  CHECK(view.getEnd() == end);
}

TEST_CASE("distributions are drawn from standard ones", "[import][json]") {
  Imported net = importRight(R"json({"nissl": 1, "cells": {"a": {"parameters": {
      "u": {"uniform": ["1 mV", "3 mV"]}, "n": {"normal": [5, 2], "clip": [0, 10]}, "k": {"normal": [5, 2], "keep": [1, 9]},
      "g": {"gamma": [3, "7 ms"]}, "e": {"exponential": 4}, "l": {"lognormal": [1, 0.5]}}}},
    "populations": {"E": {"cell": "a", "size": 1}}})json");
  auto text = [&](const char* name) { return net.text(net.find<neuro::ParameterOp>(name, "a")); };
  std::optional<std::pair<double, double>> bounds =
      nissl::import::boundsOf(net.find<neuro::ParameterOp>("u", "a").getBody());
  REQUIRE(bounds);
  CHECK(bounds->first == Approx(1e-3));
  CHECK(bounds->second == Approx(3e-3));
  CHECK_THAT(text("n"), Catch::Contains("neuro.random normal place") && Catch::Contains("maximumf") &&
                            Catch::Contains("minimumf"));
  CHECK_THAT(text("k"), Catch::Contains("neuro.random normal keep("));
  CHECK_THAT(text("g"), Catch::Contains("neuro.random gamma(") && Catch::Contains("in <\"s\">"));
  CHECK_THAT(text("e"), Catch::Contains("neuro.random exponential place"));
  CHECK_THAT(text("l"), Catch::Contains("math.exp"));
}

TEST_CASE("sources, inputs, triggers and probes are as written", "[import][json]") {
  Imported net = importRight(withCells(R"json(, "inputs": {
      "ramp": {"to": "E.I", "value": "5*mV*t/second"}, "steps": {"to": "E[0:2].I", "value": {"values": [1, 2], "unit": "mV", "every": "10 ms"}},
      "host": {"to": "F.n", "value": "host"}, "noise": {"to": "E.I", "drive": {"rate": "8 Hz", "count": 1000, "weight": "0.1 mV"}}},
    "triggers": {"end": "host", "reward": {"times": ["2 s", "1 s"]}, "seen": "E.spike"},
    "probes": {"s": {"of": "E.spike"}, "v": {"of": "E[0:2].v", "every": "5 ms", "before": true}, "r": {"of": "F.u", "on": "reward"}})json"));
  CHECK(net.find<neuro::InputOp>("host").getHost());
  CHECK(net.find<neuro::DriveOp>("noise").getCount() == 1000);
  CHECK(net.find<neuro::TriggerOp>("reward").getTimes() == llvm::ArrayRef<double>({1.0, 2.0}));
  CHECK_THAT(net.text(net.find<neuro::ProbeOp>("v")),
             Catch::Contains("of <@E, end = 2> quantity @v every 5.000000e-03 before"));
  Imported sources = importRight(
      R"json({"nissl": 1, "populations": {"P": {"poisson": "10 Hz", "size": 5}, "H": {"spikes": "host", "size": 2},
    "S": {"size": 3, "spikes": {"times": ["5 ms", "1 ms"], "ids": [2, 0]}}}})json");
  CHECK(sources.find<neuro::SpikesOp>("S").getTimes() == llvm::ArrayRef<double>({1e-3, 5e-3}));
  CHECK(sources.find<neuro::SpikesOp>("S").getIds() == llvm::ArrayRef<int32_t>({0, 2}));
  CHECK(neuro::constantOf(sources.find<neuro::PoissonOp>("P").getRate()) == 10.0);
}

TEST_CASE("a rule is written once for each pair of cells and port that it serves", "[import][json]") {
  Imported net = importRight(withCells(
      R"json(, "rules": {"r": {"synapse": {"w": "1 mV"}, "pre": {"equations": ["dx/dt = -x/(20*ms)"], "on_spike": ["x += 1"]},
      "on_pre": ["deliver(port, w)"], "on_post": ["w += 0.1*mV*pre.x*post.k"], "every 10 ms": ["w = clip(w, 0, 5*mV)"]
}
},
    "projections": {"A": {"from": "E", "to": "F.I", "connect": "all_to_all", "rules": ["r"], "weight": "2 mV", "tie": "old"},
                    "B": {"from": "F", "to": "E.I", "connect": "all_to_all", "rules": ["r"]}})json"));
  auto rules = net.network().getBody().getOps<neuro::RuleOp>();
  CHECK(std::distance(rules.begin(), rules.end()) == 1);
  std::string text = net.text(net.find<neuro::RuleOp>("r"));
  CHECK_THAT(text, Catch::Contains("neuro.program pre_spike") &&
                       Catch::Contains("neuro.program every period 1.000000e-02") &&
                       Catch::Contains("deliver @port") && Catch::Contains("@post.k"));
  CHECK(net.find<neuro::ProjectionOp>("A").getTie() == neuro::Tie::Old);
  CHECK(neuro::constantOf(net.find<neuro::ProjectionOp>("A").getWeight()) == 2e-3);
  CHECK(net.find<neuro::ProjectionOp>("B").getWeight().empty());
}

TEST_CASE("a delay's bounds are found in its expression", "[import][json]") {
  auto [json, least, most] = GENERATE(table<std::string, double, double>({
      {R"json("1.5 ms")json", 1.5e-3, 1.5e-3},
      {R"json({"uniform": ["1 ms", "5 ms"]})json", 1e-3, 5e-3},
      {R"json({"normal": ["2 ms", "1 ms"], "clip": ["0.5 ms", "4 ms"]})json", 0.5e-3, 4e-3},
      {R"json({"lognormal": ["2 ms", "1 ms"], "keep": ["1 ms", "4 ms"]})json", 1e-3, 4e-3},
      {R"json("1*ms + 2*ms*rand()")json", 1e-3, 3e-3},
  }));
  INFO(json);
  Imported net = importRight(withCells(
      R"json(, "projections": {"P": {"from": "E", "to": "F.n", "connect": "all_to_all", "delay": )json" +
      json + "}}"));
  CHECK(net.find<neuro::ProjectionOp>("P").getMinDelayAttr().getValueAsDouble() == Approx(least));
  CHECK(net.find<neuro::ProjectionOp>("P").getMaxDelayAttr().getValueAsDouble() == Approx(most));
}
