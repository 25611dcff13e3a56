// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which edges act in the same step: those between different loops (strongly connected parts), and, inside
// one, those that lead away from the inputs, counted in nodes. All others read the step before. The rule does
// not depend on the order of nodes or edges in the file.
#include "compiler/import/nir/NirPlan.h"
#include "compiler/import/nir/NirNodeCheck.h"
#include "compiler/import/nir/NirOrder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace nissl::nir {
namespace {

bool isAffine(const NetworkNode& node) {
  return node.rule->type == NirType::affine || node.rule->type == NirType::linear;
}
bool isOutput(const NetworkNode& node) { return node.rule->type == NirType::output; }

class Planner {
public:
  Planner(const NirNetwork& network, NirProblems& problems) : network(network), problems(problems) {
    successors.resize(network.nodes.size());
    predecessors.resize(network.nodes.size());
    for (const NetworkEdge& edge : network.edges) {
      successors[edge.from].push_back(edge.to);
      predecessors[edge.to].push_back(edge.from);
    }
    for (std::vector<size_t>& sources : predecessors) {
      std::sort(sources.begin(), sources.end()); // so that sums of biases do not depend on the order of edges
    }
  }

  NirPlan plan(const NirOptions& options);

private:
  void warnUnconnected();
  std::vector<bool> reach(bool forward) const;
  void makeSignals();
  void makeWires();
  void addBias(PlanSignal& signal, const NetworkNode& affine);
  void schedule(const NirOptions& options);
  void noteLoops();

  const NirNetwork& network;
  NirProblems& problems;
  std::vector<std::vector<size_t>> successors, predecessors;
  std::map<size_t, size_t> signalOf; ///< node → signal
  NirPlan result;
};

std::vector<bool> Planner::reach(bool forward) const {
  std::vector<bool> reached(network.nodes.size());
  std::vector<size_t> ready;
  for (size_t i = 0; i < network.nodes.size(); ++i) {
    if (network.nodes[i].rule->type == (forward ? NirType::input : NirType::output)) {
      reached[i] = true;
      ready.push_back(i);
    }
  }
  while (!ready.empty()) {
    size_t at = ready.back();
    ready.pop_back();
    for (size_t next : (forward ? successors : predecessors)[at]) {
      if (!reached[next]) {
        reached[next] = true;
        ready.push_back(next);
      }
    }
  }
  return reached;
}

void Planner::warnUnconnected() {
  std::vector<bool> fed = reach(true), read = reach(false);
  for (size_t i = 0; i < network.nodes.size(); ++i) {
    const NetworkNode& node = network.nodes[i];
    if (node.passes || (fed[i] && read[i])) {
      continue;
    }
    std::string found = successors[i].empty() && predecessors[i].empty() ? "is connected to nothing"
                        : !fed[i] && !read[i] ? "no Input leads to it, and it leads to no Output"
                        : !fed[i]             ? "no Input leads to it"
                                              : "it leads to no Output";
    problems.warning(NirCode::notConnected, whereNode(*node.node), found, {},
                     "it is computed all the same; add the missing edge if there should be one");
  }
}

void Planner::makeSignals() {
  for (size_t i = 0; i < network.nodes.size(); ++i) {
    const NetworkNode& node = network.nodes[i];
    if (node.passes) {
      continue;
    }
    PlanSignal::Kind kind = PlanSignal::Kind::sum;
    if (node.rule->type == NirType::input) {
      kind = PlanSignal::Kind::input;
    } else if (node.rule->neuron) {
      kind = PlanSignal::Kind::neuron;
    } else if (isAffine(node)) {
      bool allNeurons = std::all_of(successors[i].begin(), successors[i].end(),
                                    [&](size_t next) { return network.nodes[next].rule->neuron; });
      if (allNeurons && !successors[i].empty()) {
        continue; // lives in the wires of the neurons that it feeds
      }
    } else if (predecessors[i].size() == 1) {
      continue; // an Output is a name for the node that feeds it
    }
    signalOf[i] = result.signals.size();
    result.signals.push_back({kind, &node, *node.outSize, node.rule->spikes, {}, 0});
  }
}

void Planner::addBias(PlanSignal& signal, const NetworkNode& affine) {
  auto found = affine.node->fields.arrays.find("bias");
  if (found == affine.node->fields.arrays.end()) {
    return;
  }
  const std::vector<double>& bias = found->second.values;
  signal.bias.resize(signal.size, 0.0);
  for (size_t i = 0; i < signal.size; ++i) {
    signal.bias[i] += bias[bias.size() == 1 ? 0 : i];
  }
}

void Planner::makeWires() {
  auto wire = [&](size_t from, size_t to, const NetworkNode* weights) {
    result.wires.push_back({signalOf.at(from), signalOf.at(to), weights, false, 0});
  };
  for (const auto& [target, signal] : signalOf) {
    if (isAffine(network.nodes[target])) {
      addBias(result.signals[signal], network.nodes[target]);
      for (size_t source : predecessors[target]) {
        wire(source, target, &network.nodes[target]);
      }
      continue;
    }
    for (size_t source : predecessors[target]) {
      if (!isAffine(network.nodes[source]) || isOutput(network.nodes[target])) {
        wire(source, target, nullptr);
        continue;
      }
      addBias(result.signals[signal], network.nodes[source]);
      for (size_t origin : predecessors[source]) {
        wire(origin, target, &network.nodes[source]);
      }
    }
  }
  for (size_t i = 0; i < network.nodes.size(); ++i) {
    if (network.nodes[i].passes || !isOutput(network.nodes[i])) {
      continue;
    }
    auto own = signalOf.find(i);
    result.outputs.push_back(
        {&network.nodes[i], own != signalOf.end() ? own->second : signalOf.at(predecessors[i][0])});
  }
}

void Planner::noteLoops() {
  for (const PlanWire& wire : result.wires) {
    if (wire.previousStep && wire.from != wire.to) {
      problems.note(
          NirCode::loopOrder,
          fmt::format("'{}' to '{}'", result.signals[wire.from].node->node->path,
                      result.signals[wire.to].node->node->path),
          "lies on a loop and does not lead away from the inputs: it carries the values of the step before");
    }
  }
}

void Planner::schedule(const NirOptions& options) {
  std::vector<NetworkEdge> edges;
  std::vector<bool> isInput;
  for (const PlanSignal& signal : result.signals) {
    isInput.push_back(signal.kind == PlanSignal::Kind::input);
  }
  for (const PlanWire& wire : result.wires) {
    edges.push_back({wire.from, wire.to});
  }
  std::vector<bool> previous = previousStepEdges(isInput, edges);
  for (size_t i = 0; i < edges.size(); ++i) {
    result.wires[i].previousStep = previous[i];
    result.wires[i].lag = previous[i] ? 1 : 0;
  }
  noteLoops();
  if (options.alignment == NirAlignment::pipelined) {
    std::vector<size_t> cycle;
    std::vector<int64_t> depths = pipelineDepths(isInput, edges, previous, cycle);
    if (!cycle.empty()) {
      std::string names;
      for (size_t signal : cycle) {
        names += fmt::format("{}'{}'", names.empty() ? "" : " -> ", result.signals[signal].node->node->path);
      }
      problems.error(NirCode::cannotPipeline, {},
                     fmt::format("the loop {} has fewer steps of delay than layers", names),
                     "alignment 'pipelined' needs a step for each layer of a loop",
                     "use alignment 'same_step' on a target that has same-step edges");
      return;
    }
    for (size_t i = 0; i < depths.size(); ++i) {
      result.signals[i].depth = depths[i];
    }
    for (PlanWire& wire : result.wires) {
      wire.lag += depths[wire.to] - depths[wire.from];
    }
    for (const PlanOutput& output : result.outputs) {
      if (int64_t depth = result.signals[output.signal].depth) {
        problems.note(NirCode::latency, whereNode(*output.node->node),
                      fmt::format("shows each result {} step{} late", depth, depth == 1 ? "" : "s"));
      }
    }
  }
  // Same-step edges alone decide the order of work.
  std::vector<NetworkEdge> sameStep;
  for (size_t i = 0; i < edges.size(); ++i) {
    if (!previous[i]) {
      sameStep.push_back(edges[i]);
    }
  }
  std::vector<std::string> names;
  for (const PlanSignal& signal : result.signals) {
    names.push_back(signal.node->node->path);
  }
  std::vector<size_t> order = workOrder(names, sameStep), rank(order.size());
  std::vector<PlanSignal> sorted;
  for (size_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = i;
    sorted.push_back(std::move(result.signals[order[i]]));
  }
  result.signals = std::move(sorted);
  for (PlanWire& wire : result.wires) {
    wire = {rank[wire.from], rank[wire.to], wire.weights, wire.previousStep, wire.lag};
  }
  for (PlanOutput& output : result.outputs) {
    output.signal = rank[output.signal];
  }
  // By name of source and weights, so that sums do not depend on the order of edges in the file.
  std::sort(result.wires.begin(), result.wires.end(), [](const PlanWire& a, const PlanWire& b) {
    auto name = [](const PlanWire& wire) { return wire.weights ? wire.weights->node->path : std::string(); };
    return std::make_tuple(a.to, a.from, name(a)) < std::make_tuple(b.to, b.from, name(b));
  });
}

NirPlan Planner::plan(const NirOptions& options) {
  warnUnconnected();
  makeSignals();
  makeWires();
  schedule(options);
  return std::move(result);
}

/// The step's length: the option, or 'dt' of the root's metadata in the file's time unit; 0 after an error.
double timeStep(const NirFile& file, const NirOptions& options, NirProblems& problems) {
  if (options.dt) {
    if (*options.dt > 0 && *options.dt < 1e9) {
      return *options.dt;
    }
    problems.error(NirCode::noTimeStep, {}, fmt::format("dt is {} s", *options.dt), "a time above 0", {});
    return 0;
  }
  auto found = file.root.metadata.arrays.find("dt");
  if (found != file.root.metadata.arrays.end() && found->second.values.size() == 1 &&
      found->second.values[0] > 0 && found->second.values[0] < 1e9) {
    double dt = found->second.values[0] * options.secondsPerUnit();
    problems.note(NirCode::timeStepFromFile, {},
                  fmt::format("dt = {} s is taken from the file's metadata", dt));
    return dt;
  }
  problems.error(NirCode::noTimeStep, {}, "no time step is given, and the file's metadata holds no 'dt'",
                 "the step that the network was trained with", "give --dt, for instance --dt 0.1ms");
  return 0;
}

void warnCoarse(const NirNetwork& network, const NirOptions& options, double dt, NirProblems& problems) {
  double steps = dt / options.secondsPerUnit();
  for (const NetworkNode& node : network.nodes) {
    for (const NirFieldRule& field : node.rule->fields) {
      if (field.kind != NirFieldKind::time) {
        continue;
      }
      const std::vector<double>& tau = node.node->fields.arrays.at(std::string(field.name)).values;
      double smallest = *std::min_element(tau.begin(), tau.end());
      if (smallest < steps * (1 - 1e-9)) {
        problems.warning(
            NirCode::coarseTimeStep, whereNode(*node.node),
            fmt::format("'{}' is {}, below dt = {}: forward Euler overshoots", field.name, smallest, steps),
            "time constants of at least one step", "check --dt and --nir-time-unit");
      }
    }
  }
}

} // namespace

NirPlan planStep(const NirFile& file, const NirNetwork& network, const NirOptions& options,
                 NirProblems& problems) {
  double dt = timeStep(file, options, problems);
  if (dt > 0) {
    warnCoarse(network, options, dt, problems);
  }
  if (options.inputs == NirInputs::spikes) {
    problems.note(NirCode::spikeInputs, {}, "inputs are taken as spikes: whatever is not 0 counts as 1");
  }
  NirPlan plan = Planner(network, problems).plan(options);
  plan.dt = dt;
  return plan;
}

} // namespace nissl::nir
