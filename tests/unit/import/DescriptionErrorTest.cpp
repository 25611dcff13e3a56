// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is said about wrong descriptions, and where.
#include "tests/unit/import/Descriptions.h"

using namespace nissl::import::test;

TEST_CASE("a wrong description is met with its place, a code and what to do", "[import][json]") {
  struct Case {
    std::string text;
    std::string message;
  };
  auto projection = [](const std::string& members) {
    return withCells(R"json(, "projections": {"P": {)json" + members + "}}");
  };
  auto c = GENERATE_COPY(values<Case>({
      {R"json([])json", "net.json:1:1: error[NS0003]: a description is an array, expected an object"},
      {R"json({})json", "error[NS0005]: a description needs the key \"nissl\""},
      {R"json({"nissl": 2})json", "net.json:1:11: error[NS0008]: the description is of version 2"},
      {R"json({"nissl": 1, "sed": 3})json", "net.json:1:14: error[NS0004]: a description has no key \"sed\""},
      {R"json({"nissl": 1, "sed": 3})json", "did you mean \"seed\"?"},
      {R"json({"nissl": 1, "dt": "1 mV"})json", "error[NS0104]: '1 mV' is in V, but \"dt\" needs s"},
      {R"json({"nissl": 1, "dt": "0 ms"})json", "\"dt\" must be a positive time"},
      {R"json({"nissl": 1, "seed": 1.5})json", "\"seed\" of a description is 1.5, expected a whole number"},
      {R"json({"nissl": 1, "import": ["nowhere.json"]})json",
       "error[NS0001]: there is no file \"nowhere.json\""},
      {R"json({"nissl": 1, "import": ["net.json"]})json", "error[NS0009]: \"net.json\" imports itself"},
      {R"json({"nissl": 1, "populations": {"E": {"cell": "cc", "size": 1}}, "cells": {"c": {}}})json",
       "net.json:1:44: error[NS0201]: there is no cell \"cc\""},
      {R"json({"nissl": 1, "cells": {"a": {"use": "b"}, "b": {"use": "a"}}})json", "uses itself"},
      {R"json({"nissl": 1, "cells": {"a": {"equations": ["dv/dt = -v"]}}})json",
       "net.json:1:53: error[NS0104]: '-v' has no unit, but the rate of 'v' needs 1/s"},
      {R"json({"nissl": 1, "cells": {"a": {"equations": ["x = y", "y = x"]}}})json",
       "error[NS0107]: the derived quantity 'x' of a depends on itself"},
      {R"json({"nissl": 1, "cells": {"a": {"equations": ["dx/dt = 0/s", "dx/dt = 1/s"]}}})json",
       "error[NS0202]: 'x' has two equations"},
      {R"json({"nissl": 1, "cells": {"a": {"parameters": {"x": 1}, "equations": ["x = 2"]}}})json",
       "'x' has two meanings in a"},
      {R"json({"nissl": 1, "cells": {"a": {"parameters": {"p": "v"}, "initial": {"v": 1}}}})json",
       "'v' is a variable, which the parameter 'p' cannot read"},
      {R"json({"nissl": 1, "cells": {"a": {"initial": {"v": 1}, "events": {"e": {"when": "v > 1", "do": ["w = 2"]}}}}})json",
       "'w' is no variable of a"},
      {R"json({"nissl": 1, "cells": {"a": {"events": {"e": {}}}}})json", "needs \"when\" or \"from\""},
      {R"json({"nissl": 1, "cells": {"a": {"events": {"e": {"from": "f"}}}}})json", "'f' is no event of a"},
      {R"json({"nissl": 1, "cells": {"a": {"initial": {"x": 0}, "equations": ["dx/dt = 1/s"], "update": [{"x": "heun"}]}}})json",
       "no method of that name"},
      {R"json({"nissl": 1, "cells": {"a": {"equations": ["dx/dt = 1/s"], "update": [{"y": "euler"}]}}})json",
       "\"update\" names 'y', which has no equation"},
      {R"json({"nissl": 1, "cells": {"a": {"receptors": {"r": {"use": "nmdaa"}}}}})json",
       "there is no receptor \"nmdaa\""},
      {R"json({"nissl": 1, "cells": {"a": {"receptors": {"r": {"conductance": "1 nS"}}}}})json",
       "needs both \"conductance\" and \"E\""},
      {R"json({"nissl": 1, "cells": {"a": {"initial": {"v": 1}, "bounds": {"w": [0, 1]}}}})json",
       "the cell \"a\" has no variable \"w\""},
      {R"json({"nissl": 1, "cells": {"a": {"initial": {"v": 1}, "bounds": {"v": [2, 1]}}}})json",
       "the bounds of \"v\" are two numbers, [lowest, highest]"},
      {R"json({"nissl": 1, "cells": {"a": {"initial": {"v": "1 mV"}, "bounds": {"v": ["0 pA", "1 pA"]}}}})json",
       "but the bounds of 'v' needs V"},
      {R"json({"nissl": 1, "cells": {"a b": {}}})json", "\"a b\" is no name"},
      {R"json({"nissl": 1, "cells": {"a": {}}, "populations": {"a": {"cell": "a", "size": 1}}})json",
       "has the name of something else"},
      {R"json({"nissl": 1, "cells": {"a": {"parameters": {"p": [1, 2, 3]}}}, "populations": {"E": {"cell": "a", "size": 2}}})json",
       "error[NS0203]: this array has 3 entries, but \"E\" has 2 cells"},
      {R"json({"nissl": 1, "cells": {"a": {}}, "populations": {"E": {"cell": "a", "size": 2, "parameters": {"p": 1}}}})json",
       "the cell \"a\" has no parameter \"p\""},
      {R"json({"nissl": 1, "cells": {"a": {"parameters": {"p": "1 mV"}}}, "populations": {"E": {"cell": "a", "size": 2, "parameters": {"p": 1}}}})json",
       "'1' has no unit, but the parameter \"p\" needs V"},
      {R"json({"nissl": 1, "cells": {"a": {"parameters": {"p": 1}}}, "populations": {"E": {"cell": "a", "size": 2, "types": [{"share": 0.5}]}}})json",
       "add up to 0.5, not to 1"},
      {R"json({"nissl": 1, "populations": {"S": {"size": 2, "spikes": {"times": ["1 ms"], "ids": [5]}}}})json",
       "there is no number 5"},
      {withCells(R"json(, "probes": {"p": {"of": "G.v"}})json"),
       "there is no population or projection \"G\""},
      {withCells(R"json(, "probes": {"p": {"of": "E.vv"}})json"),
       "there is no event or quantity of \"E\" \"vv\""},
      {withCells(R"json(, "inputs": {"x": {"to": "E", "value": 1}})json"), "does not have exactly one port"},
      {withCells(R"json(, "inputs": {"x": {"to": "E.I", "value": "1 pA"}})json"),
       "'1 pA' is in A, but the input \"x\" needs V"},
      {withCells(R"json(, "inputs": {"x": {"to": "E.J", "value": 1}})json"),
       "there is no port of \"E\" \"J\""},
      {projection(R"json("from": "E", "to": "G", "connect": "all_to_all")json"),
       "there is no population \"G\""},
      {projection(R"json("from": "E[0:9]", "to": "F.n", "connect": "all_to_all")json"),
       "the view takes cells 0 to 9 of \"E\", which has 4"},
      {projection(R"json("from": "E[where x < 1]", "to": "F.n", "connect": "all_to_all")json"),
       "error[NS0291]: views by a condition are not built yet"},
      {projection(R"json("from": "E.burst", "to": "F.n", "connect": "all_to_all")json"),
       "there is no event of \"E\" \"burst\""},
      {projection(R"json("from": "E", "to": "F", "connect": "all_to_all")json"),
       "error[NS0205]: the cell \"c\" has 2 ports"},
      {projection(R"json("from": "E", "to": "F.I", "connect": "all_to_all")json"),
       "needs a \"weight\": its port \"I\" is in V"},
      {projection(R"json("from": "E", "to": "F.I", "connect": "all_to_all", "weight": "1 nS")json"),
       "'1 nS' is in S, but the weight of \"P\" needs V"},
      {projection(R"json("from": "E", "to": "F.n", "connect": "one_to_one")json"),
       "one_to_one needs as many sources as targets, found 4 and 3"},
      {projection(R"json("from": "E", "to": "F.n", "connect": "some_to_some")json"),
       "\"some_to_some\" is no way to connect"},
      {projection(R"json("from": "E", "to": "F.n", "connect": {"fixed_indegree": 5})json"),
       "a degree of 5 needs as many different cells, but there are 4"},
      {projection(R"json("from": "E", "to": "F.n", "connect": {"probability": 1.5})json"),
       "the probability is 1.5, expected a number from 0 to 1"},
      {projection(R"json("from": "E", "to": "F.n", "connect": {"pairs": [[0, 3]]})json"),
       "there is no target 3: the view has 3"},
      {projection(R"json("from": "E", "to": "F.n", "connect": {"dense": [[1, 2, 3]]})json"),
       "\"dense\" has 1 rows, expected one for each of the 4 sources"},
      {projection(R"json("from": "E", "to": "F.n", "connect": {"convolution": {}})json"),
       "convolutional connections are not built yet"},
      {projection(
           R"json("from": "E", "to": "F.n", "connect": "all_to_all", "delay": {"normal": ["2 ms", "1 ms"]})json"),
       "error[NS0204]: the largest value of the delay of \"P\" is not known"},
      {projection(R"json("from": "E", "to": "F.n", "connect": "all_to_all", "delay": "-1 ms")json"),
       "which is before the spike"},
      {projection(R"json("from": "E", "to": "F.n", "connect": "all_to_all", "rules": ["stdp"])json"),
       "there is no rule \"stdp\""},
      {projection(
           R"json("from": "E", "to": "F.n", "connect": "all_to_all", "rules": [{"on_pre": ["deliver(m, 1)"]}])json"),
       "'m' is no port of the cell 'c'"},
      {projection(
           R"json("from": "E", "to": "F.n", "connect": "all_to_all", "rules": [{"synapse": {"w": 1}, "pre": {"on_spike": ["w += 1"]}}])json"),
       "belongs to the synapse"},
      {projection(
           R"json("from": "E", "to": "F.n", "connect": "all_to_all", "rules": [{"on_post": ["w += 1"]}])json"),
       "'w' is no variable"},
      {projection(
           R"json("from": "E", "to": "F.n", "connect": "all_to_all", "rules": [{"synapse": {"w": 1}, "on_pre": ["w += post.v"]}])json"),
       "'post.v' is in V, but 'w' has no unit"},
      {projection(
           R"json("from": "E", "to": "F.n", "connect": "all_to_all", "rules": [{"synapse": {"w": 1}, "every 0": []}])json"),
       "the period of \"every\" must be a positive time"},
  }));
  INFO(c.text);
  std::string messages = importWrong(c.text);
  CHECK_THAT(messages, Catch::Contains(c.message));
}

TEST_CASE("an error inside an equation string is underlined in the file", "[import][json]") {
  std::string messages = importWrong(
      "{ \"nissl\": 1,\n  \"cells\": { \"a\": {\n    \"parameters\": { \"tau\": \"20 ms\" },\n"
      "    \"equations\": [\"dv/dt = (5*mV - v)/tao\"],\n    \"initial\": { \"v\": \"0 mV\" } } } }");
  CHECK_THAT(messages, Catch::Contains("net.json:4:39: error[NS0102]: 'tao' is no quantity") &&
                           Catch::Contains("  4 |     \"equations\": [\"dv/dt = (5*mV - v)/tao\"],\n"
                                           "    |                                       ^~~\n") &&
                           Catch::Contains("did you mean 'tau'?"));
}

TEST_CASE("all errors of a description are listed at once", "[import][json]") {
  std::string messages = importWrong(
      R"json({"nissl": 1, "cells": {"a": {"equations": ["dv/dt = v + ", "x = qq"]}, "b": {"parametres": {}}}})json");
  CHECK_THAT(messages, Catch::Contains("NS0101") && Catch::Contains("'qq'") &&
                           Catch::Contains("did you mean \"parameters\"?"));
}
