// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/NirNetwork.h"
#include "compiler/import/nir/NirNodeCheck.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace nissl::nir {
namespace {

/// More edges than this after flattening come from ports chained to multiply, not from a network.
constexpr size_t maxFlatSteps = 10'000'000;
constexpr unsigned maxPortChain = 1000;

class Flattener {
public:
  explicit Flattener(NirProblems& problems) : problems(problems) {}

  NirNetwork flatten(const NirFile& file) {
    addGraph(file.root, /*isRoot=*/true);
    inferSizes();
    checkSizes();
    splice();
    return std::move(network);
  }

private:
  /// What a name of a graph stands for: a flat node, or the ports of a nested graph.
  struct Endpoint {
    std::vector<size_t> inputs, outputs;
    bool nested = false;
  };

  Endpoint addGraph(const NirNode& graph, bool isRoot);
  void addEdge(const NirNode& graph, const NirEdge& edge, const std::map<std::string, Endpoint>& names);
  void inferSizes();
  void propagate(std::vector<size_t> ready);
  void checkSizes();
  void splice();
  void follow(size_t origin, size_t at, std::vector<bool>& onPath, std::vector<NetworkEdge>& result,
              size_t& steps, unsigned depth);

  /// Where one size decides the other.
  bool keepsSize(const NetworkNode& node) const {
    return node.rule && node.rule->supported &&
           (node.rule->neuron || node.rule->type == NirType::input || node.rule->type == NirType::output);
  }

  NirProblems& problems;
  NirNetwork network;
  std::vector<std::vector<size_t>> successors, predecessors;
};

Flattener::Endpoint Flattener::addGraph(const NirNode& graph, bool isRoot) {
  std::map<std::string, Endpoint> names;
  Endpoint self;
  self.nested = true;
  if (graph.graph->nodes.empty()) {
    problems.error(NirCode::emptyGraph, whereNode(graph), "the graph has no nodes", "at least one", {});
  }
  for (const NirNode& child : graph.graph->nodes) {
    if (child.graph) {
      names[child.name] = addGraph(child, /*isRoot=*/false);
      continue;
    }
    NetworkNode node = checkNode(child, problems);
    size_t index = network.nodes.size();
    NirType type = node.rule ? node.rule->type : NirType::graph;
    if (type == NirType::input) {
      self.inputs.push_back(index);
    } else if (type == NirType::output) {
      self.outputs.push_back(index);
    }
    node.passes = !isRoot && (type == NirType::input || type == NirType::output);
    network.nodes.push_back(node);
    names[child.name] = {{index}, {index}, false};
  }
  std::set<NirEdge> seen;
  for (const NirEdge& edge : graph.graph->edges) {
    if (!seen.insert(edge).second) {
      problems.warning(NirCode::duplicateEdge,
                       fmt::format("edge '{}' -> '{}' in {}", edge.first, edge.second, whereNode(graph)),
                       "stands in the file more than once; it counts once", {}, {});
      continue;
    }
    addEdge(graph, edge, names);
  }
  return self;
}

void Flattener::addEdge(const NirNode& graph, const NirEdge& edge,
                        const std::map<std::string, Endpoint>& names) {
  std::string where = fmt::format("edge '{}' -> '{}' in {}", edge.first, edge.second, whereNode(graph));
  auto find = [&](const std::string& name) -> const Endpoint* {
    auto found = names.find(name);
    if (found != names.end()) {
      return &found->second;
    }
    std::vector<std::string> some;
    for (const auto& [known, endpoint] : names) {
      if (some.size() == 12) {
        some.push_back("…");
        break;
      }
      some.push_back(fmt::format("'{}'", known));
    }
    problems.error(
        NirCode::unknownEdgeNode, where, fmt::format("there is no node '{}' in this graph", name),
        fmt::format("one of {}", fmt::join(some, ", ")),
        "rename the node or correct the edge; the program that wrote the file left it inconsistent");
    return nullptr;
  };
  const Endpoint* from = find(edge.first);
  const Endpoint* to = find(edge.second);
  if (!from || !to) {
    return;
  }
  auto onePort = [&](const std::vector<size_t>& ports, const std::string& name, std::string_view kind) {
    if (ports.size() == 1) {
      return true;
    }
    problems.error(NirCode::subgraphPorts, where,
                   fmt::format("the nested graph '{}' has {} nodes of type {}", name, ports.size(), kind),
                   "exactly one, so that the edge is not ambiguous", "split the nested graph or flatten it");
    return false;
  };
  bool fromFits = onePort(from->outputs, edge.first, "Output");
  bool toFits = onePort(to->inputs, edge.second, "Input");
  if (!fromFits || !toFits) {
    return;
  }
  if (!from->nested && network.nodes[from->outputs[0]].rule &&
      network.nodes[from->outputs[0]].rule->type == NirType::output) {
    problems.error(NirCode::edgeDirection, where, "the edge leaves an Output", "an Output only takes edges",
                   {});
    return;
  }
  if (!to->nested && network.nodes[to->inputs[0]].rule &&
      network.nodes[to->inputs[0]].rule->type == NirType::input) {
    problems.error(NirCode::edgeDirection, where, "the edge leads into an Input", "an Input only gives edges",
                   {});
    return;
  }
  network.edges.push_back({from->outputs[0], to->inputs[0]});
}

void Flattener::propagate(std::vector<size_t> ready) {
  while (!ready.empty()) {
    size_t at = ready.back();
    ready.pop_back();
    NetworkNode& node = network.nodes[at];
    if (keepsSize(node)) {
      if (node.inSize && !node.outSize) {
        node.outSize = node.inSize;
      } else if (node.outSize && !node.inSize) {
        node.inSize = node.outSize;
      }
    }
    for (size_t next : successors[at]) {
      NetworkNode& other = network.nodes[next];
      if (node.outSize && !other.inSize && keepsSize(other)) {
        other.inSize = node.outSize;
        ready.push_back(next);
      }
    }
    for (size_t before : predecessors[at]) {
      NetworkNode& other = network.nodes[before];
      if (node.inSize && !other.outSize && keepsSize(other)) {
        other.outSize = node.inSize;
        ready.push_back(before);
      }
    }
  }
}

void Flattener::inferSizes() {
  successors.resize(network.nodes.size());
  predecessors.resize(network.nodes.size());
  for (const NetworkEdge& edge : network.edges) {
    successors[edge.from].push_back(edge.to);
    predecessors[edge.to].push_back(edge.from);
  }
  std::vector<size_t> ready;
  for (size_t i = network.nodes.size(); i-- > 0;) {
    if (network.nodes[i].inSize || network.nodes[i].outSize) {
      ready.push_back(i);
    }
  }
  propagate(std::move(ready));
  for (size_t i = 0; i < network.nodes.size(); ++i) {
    NetworkNode& node = network.nodes[i];
    // Scalar parameters and no neighbour that says more: one neuron.
    if (node.rule && node.rule->neuron && !node.outSize) {
      node.inSize = node.outSize = 1;
      propagate({i});
    }
  }
}

void Flattener::checkSizes() {
  for (const NetworkNode& node : network.nodes) {
    bool port = node.rule && (node.rule->type == NirType::input || node.rule->type == NirType::output);
    if (port && !node.outSize && !problems.hasErrors()) {
      problems.error(NirCode::unknownSize, whereNode(*node.node),
                     fmt::format("the {} has no 'shape', and no neighbour tells it", node.node->type),
                     "an array 'shape'", {});
    }
  }
  for (const NetworkEdge& edge : network.edges) {
    const NetworkNode &from = network.nodes[edge.from], &to = network.nodes[edge.to];
    if (from.outSize && to.inSize && *from.outSize != *to.inSize) {
      problems.error(NirCode::sizeMismatch, fmt::format("edge '{}' -> '{}'", from.node->path, to.node->path),
                     fmt::format("'{}' gives {} values", from.node->path, *from.outSize),
                     fmt::format("{}, which '{}' takes", *to.inSize, to.node->path), {});
    }
  }
}

void Flattener::follow(size_t origin, size_t at, std::vector<bool>& onPath, std::vector<NetworkEdge>& result,
                       size_t& steps, unsigned depth) {
  if (++steps > maxFlatSteps || depth > maxPortChain) {
    steps = maxFlatSteps + 1;
    return;
  }
  if (!network.nodes[at].passes) {
    result.push_back({origin, at});
    return;
  }
  if (onPath[at]) {
    problems.error(NirCode::emptyLoop, whereNode(*network.nodes[at].node),
                   "lies on a loop of nested Inputs and Outputs alone", "a neuron in every loop", {});
    steps = maxFlatSteps + 1; // one message is enough
    return;
  }
  onPath[at] = true;
  for (size_t next : successors[at]) {
    follow(origin, next, onPath, result, steps, depth + 1);
  }
  onPath[at] = false;
}

void Flattener::splice() {
  std::vector<NetworkEdge> result;
  std::vector<bool> onPath(network.nodes.size());
  size_t steps = 0;
  for (const NetworkEdge& edge : network.edges) {
    if (!network.nodes[edge.from].passes) {
      follow(edge.from, edge.to, onPath, result, steps, 0);
    }
  }
  if (steps > maxFlatSteps && !problems.hasErrors()) {
    problems.error(NirCode::tooLarge, {},
                   fmt::format("nested ports make more than {} edges, or chains of more than {}",
                               maxFlatSteps, maxPortChain),
                   "fewer", "flatten the network");
  }
  network.edges = std::move(result);
}

} // namespace

NirNetwork flatten(const NirFile& file, NirProblems& problems) { return Flattener(problems).flatten(file); }

} // namespace nissl::nir
