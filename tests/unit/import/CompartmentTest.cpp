// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arrays of compartments and what couples them.
#include "tests/unit/import/Descriptions.h"

using namespace nissl;
using namespace nissl::import::test;

namespace {

/// A cell `c` with a soma and a dendrite of four, two of which are a population, and more members of both.
std::string withDendrite(const std::string& cell, const std::string& network = "",
                         const std::string& equation = "dv/dt = (-g*v + I_couple + I_syn)/C") {
  return R"json({"nissl": 1, "import": ["zoo/receptors.json"], "cells": {"c": {
    "parameters": {"C": "100 pF", "g": "10 nS"},
    "compartments": {
      "soma": {"equations": ["dv/dt = (-g*v + I_couple)/C"], "initial": {"v": "1 mV"}},
      "dend": {"count": 4, "parameters": {"g": "(1 + k)*nS"}, "equations": [")json" +
         equation + R"json("],
               "initial": {"v": "2 mV"}, "receptors": {"ampa": {"use": "exponential"}}}})json" +
         cell + R"json(, "events": {"spike": {"when": "soma.v > 20*mV"}}}},
    "populations": {"E": {"cell": "c", "size": 2}})json" +
         network + "}";
}

const std::string chain = R"json(, "couple": [{"chain": ["soma", "dend"], "conductance": "g"}])json";

} // namespace

TEST_CASE("an array of compartments is compartments with an index", "[import][json]") {
  Imported net = importRight(withDendrite(chain));
  CHECK(net.find<neuro::CompartmentOp>("dend[3]", "c").getVoltage() == llvm::StringRef("dend[3].v"));
  CHECK(neuro::constantOf(net.find<neuro::ParameterOp>("dend[2].k", "c").getBody()) == 2.0);
  CHECK_THAT(net.text(net.find<neuro::ParameterOp>("dend[1].g", "c")), Catch::Contains("@\"dend[1].k\""));
  CHECK_THAT(net.text(net.find<neuro::DerivedOp>("dend[1].ampa.I", "c")), Catch::Contains("@\"dend[1].v\""));
}

TEST_CASE("a chain joins neighbours, each by the conductance of the later one", "[import][json]") {
  Imported net = importRight(withDendrite(chain));
  std::string text = net.text(net.find<neuro::CellOp>("c"));
  CHECK_THAT(text, Catch::Contains("neuro.couple @soma, @\"dend[0]\" conductance @\"dend[0].g\"") &&
                       Catch::Contains("neuro.couple @\"dend[2]\", @\"dend[3]\" conductance @\"dend[3].g\""));
  std::string current = net.text(net.find<neuro::DerivedOp>("dend[1].I_couple", "c"));
  CHECK_THAT(current, Catch::Contains("@\"dend[0].v\"") && Catch::Contains("@\"dend[2].v\"") &&
                          Catch::Contains("@\"dend[1].g\"") && Catch::Contains("@\"dend[2].g\""));
  Imported single = importRight(
      withDendrite(R"json(, "couple": [{"between": ["soma", "dend[3]"], "conductance": "dend[0].g"}])json"));
  CHECK_THAT(single.text(single.find<neuro::CellOp>("c")),
             Catch::Contains("neuro.couple @soma, @\"dend[3]\" conductance @\"dend[0].g\""));
}

TEST_CASE("a name with an index is a quantity wherever one is", "[import][json]") {
  Imported net = importRight(withDendrite(
      R"json(, "equations": ["tip = dend[3].v"], "update": [{"dend.v": "implicit", "soma.v": "implicit"}])json" +
          chain,
      R"json(, "projections": {"EE": {"from": "E", "to": "E.dend[1].ampa", "connect": "all_to_all", "weight": "1 nS"}},
               "inputs": {"x": {"to": "E.dend[0].ampa", "value": "1 nS"}}, "probes": {"p": {"of": "E[0:1].dend[2].v"}})json"));
  CHECK(net.find<neuro::ProjectionOp>("EE").getPort() == llvm::StringRef("dend[1].ampa"));
  CHECK(net.find<neuro::InputOp>("x").getPort() == llvm::StringRef("dend[0].ampa"));
  CHECK(net.find<neuro::ProbeOp>("p").getQuantity() == "dend[2].v");
  auto group = *net.find<neuro::CellOp>("c").getBody().getOps<neuro::GroupOp>().begin();
  CHECK(group.getMethod() == neuro::Method::Implicit);
  CHECK(group.getVariables().size() == 5);
}

TEST_CASE("a population or a cell that uses another changes a whole array or one of it", "[import][json]") {
  Imported net = importRight(R"json({"nissl": 1, "cells": {
    "a": {"compartments": {"d": {"count": 2, "parameters": {"p": 1, "q": 2}, "initial": {"x": 3}}}},
    "b": {"use": "a", "compartments": {"d": {"parameters": {"q": 5}}}, "initial": {"d.x": 4}}},
    "populations": {"B": {"cell": "b", "size": 2, "parameters": {"d.p": 7}, "initial": {"d[1].x": 8}}}})json");
  CHECK(neuro::constantOf(net.find<neuro::ParameterOp>("d[1].q", "b").getBody()) == 5.0);
  CHECK(neuro::constantOf(net.find<neuro::VariableOp>("d[0].x", "b").getBody()) == 4.0);
  std::string text = net.text(net.find<neuro::PopulationOp>("B"));
  CHECK_THAT(text, Catch::Contains("@\"d[0].p\"") && Catch::Contains("@\"d[1].p\"") &&
                       Catch::Contains("@\"d[1].x\"") && !Catch::Contains("@\"d[0].x\""));
}

TEST_CASE("a quantity of the name k is not the position", "[import][json]") {
  Imported net = importRight(R"json({"nissl": 1, "cells": {
    "a": {"parameters": {"k": 7}, "compartments": {"d": {"count": 2, "equations": ["y = 2*k"]}}}},
    "populations": {"A": {"cell": "a", "size": 2}}})json");
  CHECK_THAT(net.text(net.find<neuro::DerivedOp>("d[1].y", "a")), Catch::Contains("@k"));
}

TEST_CASE("a wrong index or coupling is met with its place and what is right", "[import][json]") {
  struct Case {
    std::string text, message;
  };
  auto cell = [](const std::string& members) { return withDendrite(members); };
  auto network = [](const std::string& members) { return withDendrite(chain, members); };
  auto c = GENERATE_COPY(values<Case>({
      {cell(R"json(, "equations": ["x = dend[4].v"])json"),
       "error[NS0203]: there is no compartment 4 of 'dend', which has 4"},
      {cell(R"json(, "equations": ["x = dend[1.5].v"])json"),
       "error[NS0007]: the index of 'dend' is '1.5', expected a whole number from 0 to 3"},
      {cell(R"json(, "equations": ["x = dend[01].v"])json"), "the index of 'dend' is '01'"},
      {cell(R"json(, "equations": ["x = dend[-1].v"])json"), "the index of 'dend' is '-1'"},
      {cell(R"json(, "equations": ["x = dent[0].v"])json"),
       "error[NS0102]: 'dent' is no array of compartments of c"},
      {cell(R"json(, "equations": ["x = dent[0].v"])json"), "did you mean 'dend'?"},
      {cell(R"json(, "equations": ["x = soma[0].v"])json"), "'soma' is no array of compartments"},
      {cell(R"json(, "equations": ["x = dend.v"])json"),
       "error[NS0205]: 'dend' is an array of 4 compartments"},
      {cell(R"json(, "equations": ["x = dend.v"])json"), "say which one: dend[0].v"},
      {cell(R"json(, "equations": ["x = dend[1].w"])json"), "'dend[1].w' is no quantity"},
      {cell(R"json(, "equations": ["x = dend[1"])json"), "'[' has no meaning in an equation"},
      {cell(R"json(, "update": [{"dend.w": "euler"}])json"),
       "\"update\" names 'dend[0].w', which has no equation"},
      {cell(R"json(, "couple": [{"between": ["soma", "dend"], "conductance": "g"}])json"),
       "'dend' is an array of 4 compartments"},
      {cell(R"json(, "couple": [{"between": ["soma", "dend[7]"], "conductance": "g"}])json"),
       "there is no compartment 7 of 'dend'"},
      {cell(R"json(, "couple": [{"chain": ["soma", "axon"], "conductance": "g"}])json"),
       "error[NS0201]: there is no compartment \"axon\" in c"},
      {cell(R"json(, "couple": [{"chain": ["soma"], "conductance": "g"}])json"),
       "a \"chain\" has at least two compartments"},
      {cell(R"json(, "couple": [{"conductance": "g"}])json"),
       "a coupling needs either \"between\" or \"chain\""},
      {cell(R"json(, "couple": [{"chain": ["soma", "dend"], "conductance": "h"}])json"),
       "the conductance of a coupling is the name of a parameter"},
      {cell(R"json(, "update": "implicit")json"),
       "is implicit, but none of its variables is the voltage of a coupled compartment"},
      {network(R"json(, "probes": {"p": {"of": "E.dend[9].v"}})json"), "there is no compartment 9 of 'dend'"},
      {network(R"json(, "probes": {"p": {"of": "E.dend.v"}})json"), "'dend' is an array of 4 compartments"},
      {network(R"json(, "inputs": {"x": {"to": "E.dend.ampa", "value": "1 nS"}})json"),
       "say which one: dend[0].ampa"},
      {R"json({"nissl": 1, "cells": {"a": {"compartments": {"d": {"count": 0}}}}})json",
       "\"count\" of the compartment \"d\" is 0"},
      {R"json({"nissl": 1, "cells": {"a": {"compartments": {"d": {"count": 2.5}}}}})json",
       "\"count\" of the compartment \"d\" is 2.5"},
      {R"json({"nissl": 1, "cells": {"a": {"compartments": {"d": {"count": 9999}}}}})json",
       "9999 compartments of one name; at most 1000 are possible"},
      {R"json({"nissl": 1, "cells": {"a": {"compartments": {"d": {"count": 2}}}, "b": {"use": "a", "compartments": {"d": {"count": 3}}}}})json",
       "error[NS0291]: to change the count of a cell in \"use\" is not built yet"},
  }));
  INFO(c.text);
  CHECK_THAT(importWrong(c.text), Catch::Contains(c.message));
}

TEST_CASE("what is wrong in each element of an array is said once", "[import][json]") {
  std::string messages = importWrong(withDendrite(chain, "", "dv/dt = -g*v + I_couple + I_syn"));
  size_t first = messages.find("error[NS0104]");
  REQUIRE(first != std::string::npos);
  CHECK(messages.find("error[", first + 1) == std::string::npos);
}
