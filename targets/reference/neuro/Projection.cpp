// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Projection.h"

#include "runtime/program/Connectivity.h"
#include "runtime/support/Error.h"
#include "targets/reference/neuro/RuleScope.h"

using namespace mlir;
using nissl::support::Error;

namespace nissl::reference {
namespace {

template <typename List>
program::Index find(const List& list, const std::string& name) {
  auto found = llvm::find_if(list, [&](const auto& entry) { return entry.name == name; });
  return found == list.end() ? program::none : static_cast<program::Index>(found - list.begin());
}

int64_t stepsOf(std::optional<llvm::APFloat> seconds, double dt) {
  return seconds ? reference::stepsOf(seconds->convertToDouble(), dt) : 0;
}

} // namespace

Projection::Projection(Network& network, neuro::ProjectionOp op, runtime::Device& device,
                       const program::Program& program)
    : name(op.getSymName().str()), port(op.getPort().value_or("").str()), op(op) {
  std::string from = op.getSource().getPopulation().getValue().str(),
              to = op.getTarget().getPopulation().getValue().str();
  source = network.find(from);
  target = network.find(to);
  auto missing = [&](const char* what, const std::string& which) {
    return Error::input("NS0621", "program '{}' has no {} '{}', which projection '{}' of the network needs",
                        program.name, what, which, name);
  };
  program::Index index = find(program.tables, name);
  if (index == program::none) {
    throw missing("table", name);
  }
  std::string sent = from + "." + op.getEventName().str();
  events = find(program.events, sent + ".emitted");
  events = events == program::none ? find(program.events, sent) : events;
  if (events == program::none) {
    throw missing("events", sent);
  }
  postEvents = find(program.events, to + ".spike.emitted");
  postEvents = postEvents == program::none ? find(program.events, to + ".spike") : postEvents;

  const program::Table& table = program.tables[index];
  sourceSize = program.extents[table.source].size;
  sourceView = {table.sourceBegin, table.sourceEnd};
  targetView = {table.targetBegin, table.targetEnd};
  program::Rows rows =
      program::expandRows(table.connect, program::shapeOf(table), program.structureSeed, name, 1);
  rowStart = std::move(rows.rowStart);
  targets.assign(rows.target.begin(), rows.target.end());
  ofTarget.resize(static_cast<size_t>(target->size));
  for (size_t row = 0; row + 1 < rowStart.size(); ++row) {
    for (uint64_t synapse = rowStart[row]; synapse < rowStart[row + 1]; ++synapse) {
      sources.push_back(static_cast<uint32_t>(table.sourceBegin + static_cast<int64_t>(row)));
      ordinals.push_back(static_cast<uint32_t>(synapse - rowStart[row]));
      ofTarget[targets[synapse]].push_back(static_cast<uint32_t>(synapse));
    }
  }

  deliversWeight = true;
  for (Attribute rule : op.getRulesAttr() ? op.getRulesAttr().getValue() : ArrayRef<Attribute>()) {
    rules.push_back(cast<neuro::RuleOp>(
        SymbolTable::lookupSymbolIn(network.op, cast<FlatSymbolRefAttr>(rule).getValue())));
    rules.back().walk([&](neuro::WriteOp write) {
      for (auto goal : write.getWrites().getAsRange<neuro::WriteAttr>()) {
        deliversWeight &= goal.getKind() != neuro::WriteKind::Deliver;
      }
    });
  }
  // Without programs at the synapses it does not matter where on the way it lies.
  dendritic = rules.empty() ? 0 : stepsOf(op.getDendritic(), network.dt);
  back = stepsOf(op.getBack(), network.dt);
  delayState = table.delayField;
  delays.assign(targets.size(), table.minDelay);
  if (delayState != program::none) {
    std::vector<double> steps(targets.size());
    device.readState(delayState, 0, steps);
    delays.assign(steps.begin(), steps.end());
  }
  reach = std::max(table.maxDelay, back) + 1;

  for (neuro::RuleOp rule : rules) {
    for (neuro::VariableOp variable : rule.getBody().getOps<neuro::VariableOp>()) {
      std::string which = variable.getSymName().str();
      auto [entry, isNew] = variables.try_emplace(which);
      if (!isNew) {
        continue; // two rules share the weight
      }
      entry->second.scope = variable.getScope();
      entry->second.rule = rule;
      entry->second.state = find(program.states, name + "." + which);
      if (entry->second.state == program::none) {
        throw missing("state", name + "." + which);
      }
    }
  }
  if (program::Index weight = find(program.states, name + ".w");
      weight != program::none && !variables.contains("w")) {
    variables["w"].state = weight;
  }
}

size_t Projection::sizeOf(neuro::Scope scope) const {
  switch (scope) {
  case neuro::Scope::Synapse:
    return size();
  case neuro::Scope::Pre:
    return static_cast<size_t>(sourceSize);
  case neuro::Scope::Post:
    return static_cast<size_t>(target->size);
  default:
    return 1;
  }
}

void Projection::emit(int64_t stamp, const std::set<int64_t>& cells) {
  std::set<int64_t>& list = spikes[stamp];
  for (int64_t cell : cells) {
    int64_t row = cell - sourceView.first;
    if (row < 0 || cell >= sourceView.second) {
      continue;
    }
    list.insert(cell);
    for (uint64_t synapse = rowStart[row]; synapse < rowStart[row + 1]; ++synapse) {
      arriving[stamp + delays[synapse]].push_back(static_cast<uint32_t>(synapse));
    }
  }
}

void Projection::deliver(StringRef toPort, uint32_t cell, int64_t step, const Quantity& value,
                         const Forms& forms) {
  std::vector<Quantity>& due = target->due[{toPort.str(), step}];
  due.resize(static_cast<size_t>(target->size), {0.0, 0.0, Trust::Sure, Origin::Moving});
  due[cell] = forms.add(due[cell], value);
}

void Projection::endStep(int64_t step) {
  for (auto& [which, variable] : variables) {
    bool isTrace = variable.scope == neuro::Scope::Pre || variable.scope == neuro::Scope::Post;
    if (isTrace) {
      RuleVariable::Past& past = variable.past[step];
      past.before = variable.before;
      past.after = variable.after;
      std::erase_if(variable.past, [&](const auto& entry) { return entry.first < step - reach; });
    }
  }
  for (auto& [which, variable] : variables) {
    variable.before = variable.next;
  }
  auto isOver = [&](const auto& entry) { return entry.first < step - reach; };
  std::erase_if(spikes, isOver);
  std::erase_if(postSpikes, isOver);
  std::erase_if(arriving, [&](const auto& entry) { return entry.first <= step; });
}

std::vector<Quantity> exactly(const std::vector<double>& values) {
  std::vector<Quantity> result;
  result.reserve(values.size());
  for (double value : values) {
    result.push_back(Arithmetic::exact(value));
  }
  return result;
}

std::vector<Quantity> reduceValues(neuro::ReduceOp op, const std::vector<Quantity>& values,
                                   const Projection* projection, const Forms& forms) {
  bool all = op.getBy() == neuro::ReduceBy::All, byPre = op.getBy() == neuro::ReduceBy::Pre;
  double least = op.getKind() == neuro::ReduceKind::Min   ? HUGE_VAL
                 : op.getKind() == neuro::ReduceKind::Max ? -HUGE_VAL
                                                          : 0.0;
  size_t size = all ? 1 : projection->sizeOf(byPre ? neuro::Scope::Pre : neuro::Scope::Post);
  std::vector<Quantity> results(size, {least, 0.0, Trust::Sure, Origin::Moving});
  for (auto [i, value] : llvm::enumerate(values)) {
    Quantity& result = results[all ? 0 : byPre ? projection->sources[i] : projection->targets[i]];
    if (op.getKind() == neuro::ReduceKind::Sum) {
      result = forms.add(result, value);
      continue;
    }
    bool smaller =
        op.getKind() == neuro::ReduceKind::Min ? value.value < result.value : value.value > result.value;
    Quantity chosen = smaller ? value : result;
    chosen.slack = std::max(value.slack, result.slack);
    result = Arithmetic::inherit(chosen, value, result);
  }
  return results;
}

} // namespace nissl::reference
