// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Everything in the zoo, and the example of the documentation, is valid.
#include "tests/unit/import/Descriptions.h"

#include <nlohmann/json.hpp>

using namespace nissl;
using namespace nissl::import::test;

TEST_CASE("every cell of the zoo makes a valid network", "[import][zoo]") {
  std::string file = GENERATE("lif", "adex", "izhikevich", "hodgkin_huxley");
  std::ifstream stream(NISSL_SOURCE_DIR "/examples/zoo/" + file + ".json");
  nlohmann::json zoo = nlohmann::json::parse(stream), net;
  net["nissl"] = 1;
  net["import"] = {"zoo/" + file + ".json"};
  for (const auto& [name, cell] : zoo["cells"].items()) {
    net["populations"]["P_" + name] = {{"cell", name}, {"size", 2}};
  }
  Imported imported = importRight(net.dump());
  auto cells = imported.network().getBody().getOps<neuro::CellOp>();
  CHECK(static_cast<size_t>(std::distance(cells.begin(), cells.end())) == zoo["cells"].size());
}

TEST_CASE("every receptor of the zoo makes a valid cell", "[import][zoo]") {
  std::ifstream stream(NISSL_SOURCE_DIR "/examples/zoo/receptors.json");
  nlohmann::json zoo = nlohmann::json::parse(stream), cell, net;
  for (const auto& [name, receptor] : zoo["receptors"].items()) {
    cell["receptors"]["r_" + name] = {{"use", name}};
  }
  cell["equations"] = {"dv/dt = I_syn/(100*pF)"};
  cell["initial"]["v"] = "-70 mV";
  net = {{"nissl", 1}, {"import", {"zoo/receptors.json"}}, {"cells", {{"c", cell}}}};
  net["populations"]["P"] = {{"cell", "c"}, {"size", 1}};
  Imported imported = importRight(net.dump());
  auto ports = imported.find<neuro::CellOp>("c").getBody().getOps<neuro::PortOp>();
  CHECK(static_cast<size_t>(std::distance(ports.begin(), ports.end())) == zoo["receptors"].size());
}

TEST_CASE("the example of the language's documentation is valid", "[import][zoo]") {
  std::ifstream stream(NISSL_SOURCE_DIR "/compiler/import/json/README.md");
  std::stringstream text;
  text << stream.rdbuf();
  std::string readme = text.str();
  int examples = 0;
  for (size_t at = 0; (at = readme.find("```json\n", at)) != std::string::npos; ++examples) {
    size_t begin = at + 8, end = readme.find("```", begin);
    importRight(readme.substr(begin, end - begin));
    at = end;
  }
  CHECK(examples >= 2);
}
