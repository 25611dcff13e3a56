// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The published schema and the importer know the same keys.
#include "tests/unit/import/Descriptions.h"

#include <nlohmann/json.hpp>
#include <set>

using namespace nissl;
using namespace nissl::import::test;

/// The keys that the importer names when it meets one that it does not know.
static std::set<std::string> keysOf(const std::string& text) {
  std::string messages = importWrong(text);
  std::string mark = "t may have ";
  size_t at = messages.find("\"unknown_key\"");
  INFO(messages);
  REQUIRE(at != std::string::npos);
  at = messages.find(mark, at);
  REQUIRE(at != std::string::npos);
  std::stringstream list(messages.substr(at + mark.size(), messages.find('\n', at) - at - mark.size()));
  std::set<std::string> keys;
  for (std::string key; std::getline(list, key, ',');) {
    key.erase(0, key.find_first_not_of(' '));
    size_t ellipsis = key.find("…");
    keys.insert(ellipsis == std::string::npos ? key : "^" + key.substr(0, ellipsis));
  }
  return keys;
}

TEST_CASE("the schema has the keys that the importer takes, and no others", "[import][json]") {
  // Where an object of each definition stands; @ is the object.
  auto [definition, place] = GENERATE(table<std::string, std::string>({
      {"", R"json(@)json"},
      {"cell", R"json({"nissl": 1, "cells": {"a": @}})json"},
      {"port", R"json({"nissl": 1, "cells": {"a": {"ports": {"p": @}}}})json"},
      {"receptor", R"json({"nissl": 1, "cells": {"a": {"receptors": {"p": @}}}})json"},
      {"compartment", R"json({"nissl": 1, "cells": {"a": {"compartments": {"p": @}}}})json"},
      {"event", R"json({"nissl": 1, "cells": {"a": {"events": {"p": @}}}})json"},
      {"hold", R"json({"nissl": 1, "cells": {"a": {"events": {"p": {"when": "1", "hold": @}}}}})json"},
      {"couple", R"json({"nissl": 1, "cells": {"a": {"couple": [@]}}})json"},
      {"distribution", R"json({"nissl": 1, "cells": {"a": {"parameters": {"p": @}}}})json"},
      {"population", R"json({"nissl": 1, "populations": {"a": @}})json"},
      {"rule",
       withCells(
           R"json(, "projections": {"P": {"from": "E", "to": "F.n", "connect": "all_to_all", "rules": [@]}})json")},
      {"block",
       withCells(
           R"json(, "projections": {"P": {"from": "E", "to": "F.n", "connect": "all_to_all", "rules": [{"pre": @}]}})json")},
      {"projectionBlock",
       withCells(
           R"json(, "projections": {"P": {"from": "E", "to": "F.n", "connect": "all_to_all", "rules": [{"projection": @}]}})json")},
      {"projection", withCells(R"json(, "projections": {"P": @})json")},
      {"connect/anyOf/1",
       withCells(R"json(, "projections": {"P": {"from": "E", "to": "F.n", "connect": @}})json")},
      {"connect/anyOf/1/properties/list",
       withCells(R"json(, "projections": {"P": {"from": "E", "to": "F.n", "connect": {"list": @}}})json")},
      {"input", withCells(R"json(, "inputs": {"x": @})json")},
      {"drive", withCells(R"json(, "inputs": {"x": {"to": "E.I", "drive": @}})json")},
      {"series",
       withCells(R"json(, "inputs": {"x": {"to": "E.I", "value": {"values": [1], "unknown_key": 1}}})json")},
      {"type",
       R"json({"nissl": 1, "cells": {"a": {}}, "populations": {"E": {"cell": "a", "size": 2, "types": [@]}}})json"},
      {"spikes/anyOf/1", R"json({"nissl": 1, "populations": {"S": {"size": 2, "spikes": @}}})json"},
      {"trigger/anyOf/1", withCells(R"json(, "triggers": {"x": @})json")},
      {"probe", withCells(R"json(, "probes": {"x": @})json")},
  }));
  INFO(definition);
  std::ifstream stream(NISSL_SOURCE_DIR "/compiler/import/json/nissl.schema.json");
  nlohmann::json schema = nlohmann::json::parse(stream);
  const nlohmann::json& object =
      definition.empty() ? schema : schema["$defs"].at(nlohmann::json::json_pointer("/" + definition));
  std::set<std::string> published;
  for (const auto& [key, value] : object["properties"].items()) {
    published.insert(key);
  }
  const nlohmann::json patterns = object.value("patternProperties", nlohmann::json::object());
  for (const auto& [key, value] : patterns.items()) {
    published.insert(key);
  }
  CHECK(published.erase("comment") == 1);
  CHECK(object["additionalProperties"] == false);
  std::string text = place;
  if (size_t at = text.find('@'); at != std::string::npos) {
    text.replace(at, 1, R"json({"unknown_key": 1})json");
  }
  CHECK(published == keysOf(text));
}
