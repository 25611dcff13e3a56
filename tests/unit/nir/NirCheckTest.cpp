// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading and checking .nir files: what is wrong is listed at once, and nothing crashes.
#include "compiler/import/nir/NirCheck.h"
#include "compiler/import/nir/NirReader.h"
#include "tests/unit/nir/NirWriter.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <unistd.h>

using namespace nissl::nir;
using nissl::test::NirWriter;
using nissl::test::TemporaryFile;

namespace {

NirOptions milliStep() {
  NirOptions options;
  options.dt = 1e-3;
  return options;
}

std::vector<NirProblem> withCode(const NirReport& report, NirCode code) {
  std::vector<NirProblem> found;
  for (const NirProblem& problem : report.problems.all()) {
    if (problem.code == code) {
      found.push_back(problem);
    }
  }
  return found;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// input(2) → fc(3×2) → lif → output.
void writeChain(NirWriter& writer) {
  writer.port(writer.root, "input", "Input", 2);
  writer.affine(writer.root, "fc", 3, 2, {1, 2, 3, 4, 5, 6}, {0, 0, 0.5});
  writer.lif(writer.root, "lif", 0.01, 1, 0, 1);
  writer.port(writer.root, "output", "Output", 3);
}

const std::vector<std::pair<std::string, std::string>> chainEdges = {
    {"input", "fc"}, {"fc", "lif"}, {"lif", "output"}};

} // namespace

TEST_CASE("A chain is read with its fields, sizes and edges", "[nir]") {
  TemporaryFile file("chain.nir");
  {
    NirWriter writer(file.path);
    writeChain(writer);
    writer.edges(writer.root, chainEdges);
  }
  auto report = checkNir(file.path, milliStep());
  INFO(reportText(*report));
  REQUIRE(report->ok());
  CHECK(report->problems.all().empty());
  CHECK(report->file->version == "1.0.8");
  const std::vector<NetworkNode>& nodes = report->network.nodes;
  REQUIRE(nodes.size() == 4);
  CHECK(nodes[0].node->name == "fc");
  CHECK(nodes[0].node->fields.arrays.at("weight").shape == std::vector<size_t>{3, 2});
  CHECK(nodes[0].node->fields.arrays.at("weight").values == std::vector<double>{1, 2, 3, 4, 5, 6});
  // The LIF's parameters are scalars: its size is that of what feeds it.
  CHECK(nodes[2].node->name == "lif");
  CHECK(nodes[2].outSize == 3u);
  // fc lives in the wire: input and lif remain, and output is a name.
  REQUIRE(report->plan->signals.size() == 2);
  CHECK(report->plan->signals[1].bias == std::vector<double>{0, 0, 0.5});
  REQUIRE(report->plan->wires.size() == 1);
  CHECK_FALSE(report->plan->wires[0].previousStep);
}

TEST_CASE("Every problem of a file is listed at once", "[nir]") {
  TemporaryFile file("many.nir");
  {
    NirWriter writer(file.path);
    writeChain(writer);
    writer.node(writer.root, "conv", "Conv2d");
    writer.node(writer.root, "pool", "SumPool2d");
    writer.node(writer.root, "mystery", "Perceptron");
    H5::Group broken = writer.node(writer.root, "broken", "LIF");
    writer.numbers(broken, "tau", {3}, {0.01, 0.0, 0.01});
    writer.numbers(broken, "r", {2}, {1, 1});
    auto edges = chainEdges;
    edges.push_back({"lif", "ghost"});
    edges.push_back({"output", "lif"});
    writer.edges(writer.root, edges);
  }
  auto report = checkNir(file.path, milliStep());
  std::string text = reportText(*report);
  INFO(text);
  CHECK_FALSE(report->ok());
  REQUIRE(withCode(*report, NirCode::unsupportedType).size() == 2);
  CHECK(withCode(*report, NirCode::unsupportedType)[0].where == "node 'conv'");
  CHECK(contains(withCode(*report, NirCode::unsupportedType)[0].found, "'Conv2d'"));
  CHECK(withCode(*report, NirCode::unknownType).size() == 1);
  REQUIRE(withCode(*report, NirCode::missingField).size() == 2); // v_leak and v_threshold
  CHECK(contains(withCode(*report, NirCode::missingField)[0].found, "'v_leak'"));
  REQUIRE(withCode(*report, NirCode::badField).size() == 1); // tau of 0
  CHECK(contains(withCode(*report, NirCode::badField)[0].found, "'tau' is 0"));
  REQUIRE(withCode(*report, NirCode::unknownEdgeNode).size() == 1);
  CHECK(contains(withCode(*report, NirCode::unknownEdgeNode)[0].where, "edge 'lif' -> 'ghost'"));
  CHECK(withCode(*report, NirCode::edgeDirection).size() == 1);
  nlohmann::json json = reportJson(*report);
  CHECK(json["ok"] == false);
  CHECK(json["problems"].size() == report->problems.all().size());
  CHECK(json["problems"][0]["code"].get<std::string>().starts_with("NS20"));
}

TEST_CASE("Parameters of different lengths and sizes that do not meet are errors", "[nir]") {
  TemporaryFile file("sizes.nir");
  {
    NirWriter writer(file.path);
    writer.port(writer.root, "input", "Input", 3); // fc takes 2
    writer.affine(writer.root, "fc", 3, 2, {1, 2, 3, 4, 5, 6}, {0, 0});
    H5::Group lif = writer.node(writer.root, "lif", "IF");
    writer.numbers(lif, "r", {3}, {1, 1, 1});
    writer.numbers(lif, "v_threshold", {2}, {1, 1});
    writer.port(writer.root, "output", "Output", 3);
    writer.edges(writer.root, chainEdges);
  }
  auto report = checkNir(file.path, milliStep());
  INFO(reportText(*report));
  REQUIRE(withCode(*report, NirCode::sizeMismatch).size() == 1);
  CHECK(withCode(*report, NirCode::sizeMismatch)[0].where == "edge 'input' -> 'fc'");
  REQUIRE(withCode(*report, NirCode::badField).size() == 2);
  CHECK(contains(withCode(*report, NirCode::badField)[0].found, "'bias'"));
  CHECK(contains(withCode(*report, NirCode::badField)[1].found, "'v_threshold' has 2 values"));
}

TEST_CASE("Nested graphs are flattened through their ports", "[nir]") {
  TemporaryFile file("nested.nir");
  {
    NirWriter writer(file.path);
    writer.port(writer.root, "input", "Input", 2);
    writer.port(writer.root, "output", "Output", 2);
    H5::Group inner = writer.graph(writer.root.openGroup("nodes"), "block");
    writer.port(inner, "in", "Input", 2);
    writer.port(inner, "out", "Output", 2);
    writer.affine(inner, "w", 2, 2, {0, 1, 1, 0}, {0, 0});
    writer.lif(inner, "lif", 0.01, 1, 0, 1);
    writer.edges(inner, {{"in", "lif"}, {"lif", "w"}, {"w", "lif"}, {"lif", "out"}});
    writer.edges(writer.root, {{"input", "block"}, {"block", "output"}});
  }
  auto report = checkNir(file.path, milliStep());
  INFO(reportText(*report));
  REQUIRE(report->ok());
  const NirPlan& plan = *report->plan;
  REQUIRE(plan.signals.size() == 2);
  CHECK(plan.signals[0].node->node->path == "input");
  CHECK(plan.signals[1].node->node->path == "block/lif");
  REQUIRE(plan.wires.size() == 2);
  CHECK(plan.wires[0].from == 0);
  CHECK_FALSE(plan.wires[0].previousStep);
  CHECK(plan.wires[1].from == 1);
  CHECK(plan.wires[1].previousStep);
  REQUIRE(plan.outputs.size() == 1);
  CHECK(plan.outputs[0].signal == 1);
}

TEST_CASE("An edge to a nested graph with two Inputs is refused as ambiguous", "[nir]") {
  TemporaryFile file("ambiguous.nir");
  {
    NirWriter writer(file.path);
    writer.port(writer.root, "input", "Input", 1);
    writer.port(writer.root, "output", "Output", 1);
    H5::Group inner = writer.graph(writer.root.openGroup("nodes"), "block");
    writer.port(inner, "a", "Input", 1);
    writer.port(inner, "b", "Input", 1);
    writer.port(inner, "out", "Output", 1);
    writer.edges(inner, {{"a", "out"}, {"b", "out"}});
    writer.edges(writer.root, {{"input", "block"}, {"block", "output"}});
  }
  auto report = checkNir(file.path, milliStep());
  INFO(reportText(*report));
  REQUIRE(withCode(*report, NirCode::subgraphPorts).size() == 1);
  CHECK(contains(withCode(*report, NirCode::subgraphPorts)[0].found, "2 nodes of type Input"));
}

TEST_CASE("Duplicate edges count once, unconnected nodes are named", "[nir]") {
  TemporaryFile file("loose.nir");
  {
    NirWriter writer(file.path);
    writeChain(writer);
    writer.lif(writer.root, "alone", 0.01, 1, 0, 1);
    auto edges = chainEdges;
    edges.push_back(chainEdges[0]);
    writer.edges(writer.root, edges);
  }
  auto report = checkNir(file.path, milliStep());
  INFO(reportText(*report));
  REQUIRE(report->ok());
  CHECK(withCode(*report, NirCode::duplicateEdge).size() == 1);
  REQUIRE(withCode(*report, NirCode::notConnected).size() == 1);
  CHECK(withCode(*report, NirCode::notConnected)[0].where == "node 'alone'");
  CHECK(report->plan->wires.size() == 1);
}

TEST_CASE("The time step comes from the option or the file, and never from a guess", "[nir]") {
  TemporaryFile file("dt.nir");
  {
    NirWriter writer(file.path);
    writeChain(writer);
    writer.edges(writer.root, chainEdges);
  }
  CHECK(withCode(*checkNir(file.path, {}), NirCode::noTimeStep).size() == 1);
  NirOptions coarse;
  coarse.dt = 0.02; // above tau = 0.01
  CHECK(withCode(*checkNir(file.path, coarse), NirCode::coarseTimeStep).size() == 1);
  {
    NirWriter writer(file.path);
    writeChain(writer);
    writer.edges(writer.root, chainEdges);
    writer.numbers(writer.root.createGroup("metadata"), "dt", {}, {0.5});
  }
  NirOptions milliseconds;
  milliseconds.timeUnit = NirTimeUnit::milliseconds;
  auto report = checkNir(file.path, milliseconds);
  REQUIRE(report->plan);
  CHECK(report->plan->dt == 0.5e-3);
  CHECK(withCode(*report, NirCode::timeStepFromFile).size() == 1);
}

TEST_CASE("Files that are no NIR files get a clear error", "[nir]") {
  TemporaryFile file("foreign.nir");
  CHECK(withCode(*checkNir(file.path, {}), NirCode::cannotOpen).size() == 1);
  std::ofstream(file.path) << "this is text";
  CHECK(withCode(*checkNir(file.path, {}), NirCode::cannotOpen).size() == 1);
  H5::H5File(file.path, H5F_ACC_TRUNC).createGroup("other");
  CHECK(withCode(*checkNir(file.path, {}), NirCode::notNir).size() == 1);
}

TEST_CASE("Links that leave the file and files that ask for too much are refused", "[nir]") {
  TemporaryFile file("links.nir");
  {
    NirWriter writer(file.path);
    writeChain(writer);
    writer.edges(writer.root, chainEdges);
    H5Lcreate_external("/etc/passwd", "/", writer.root.openGroup("nodes").getId(), "far", H5P_DEFAULT,
                       H5P_DEFAULT);
  }
  CHECK(withCode(*checkNir(file.path, milliStep()), NirCode::foreignStorage).size() == 1);
  NirProblems problems;
  NirLimits limits;
  limits.elements = 5; // the weight alone has 6
  CHECK_FALSE(readNir(file.path, problems, limits));
  REQUIRE(problems.hasErrors());
  CHECK(problems.all().back().code == NirCode::tooLarge);
  {
    // A graph that contains itself through a hard link.
    NirWriter writer(file.path);
    H5::Group loop = writer.graph(writer.root.openGroup("nodes"), "loop");
    H5Lcreate_hard(loop.getId(), ".", loop.openGroup("nodes").getId(), "again", H5P_DEFAULT, H5P_DEFAULT);
    writer.edges(loop, {});
    writer.edges(writer.root, {});
  }
  CHECK(withCode(*checkNir(file.path, milliStep()), NirCode::tooLarge).size() == 1);
}

TEST_CASE("A damaged file is an error or a shorter file, never a crash", "[nir]") {
  TemporaryFile file("damaged.nir");
  {
    NirWriter writer(file.path);
    writeChain(writer);
    writer.edges(writer.root, chainEdges);
  }
  std::ifstream in(file.path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  in.close();
  size_t refused = 0;
  for (size_t length = 0; length < bytes.size(); length += bytes.size() / 40) {
    std::ofstream(file.path, std::ios::binary) << bytes.substr(0, length);
    refused += !checkNir(file.path, milliStep())->ok();
  }
  CHECK(refused >= 40);
  size_t flipped = 0;
  for (size_t at = 0; at < bytes.size(); at += 31) {
    std::string wrong = bytes;
    wrong[at] = static_cast<char>(~wrong[at]);
    std::ofstream(file.path, std::ios::binary) << wrong;
    flipped += !checkNir(file.path, milliStep())->ok();
  }
  CHECK(flipped > 10);
}
