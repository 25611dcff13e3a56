// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Before the first step: parameters, initial values, delays and weights.
#include "targets/reference/neuro/TeacherForced.h"

#include <cmath>

using namespace mlir;

namespace nissl::reference {

/// Parameters and initial values. Those whose draws are not known are the target's; nobody compares them.
void TeacherForced::compareStart() {
  for (Population& population : network.populations) {
    comparePopulation(population);
  }
  for (Projection& projection : network.projections) {
    compareProjection(projection);
  }
}

void TeacherForced::comparePopulation(Population& population) {
  population.initial = population.before;
  for (neuro::ParameterOp parameter : population.cell.getBody().getOps<neuro::ParameterOp>()) {
    std::string name = population.name + "." + parameter.getSymName().str();
    auto state = llvm::find_if(program.states, [&](const program::State& s) { return s.name == name; });
    std::vector<double> found;
    if (population.isModulated(parameter)) {
      continue;
    }
    if (state != program.states.end()) {
      found.resize(static_cast<size_t>(population.size));
      device.readState(static_cast<program::Index>(state - program.states.begin()), 0, found);
    }
    std::vector<Quantity> values;
    for (int64_t cell = 0; cell < population.size; ++cell) {
      CellScope scope(network, population, cell, step, CellScope::Moment::Setup, forms);
      Quantity value = scope.get(parameter.getSymName()).value;
      if (!found.empty()) {
        compare(name, cell, found[cell], value);
        value = {found[cell], 0.0, Trust::Sure, Origin::Parameter};
      }
      values.push_back(value);
    }
    population.parameters[parameter.getSymName().str()] = values;
  }
  for (auto& [variable, state] : population.variables) {
    for (int64_t cell = 0; cell < population.size; ++cell) {
      CellScope scope(network, population, cell, step, CellScope::Moment::Setup, forms);
      Quantity value = scope.get(variable).value;
      if (value.trust != Trust::Unknown) {
        compare(population.name + "." + variable.str(), cell, population.before[variable.str()][cell], value);
      }
    }
  }
}

void TeacherForced::compareParameter(Projection& projection, neuro::RuleOp rule,
                                     neuro::ParameterOp parameter) {
  std::string name = projection.name + "." + parameter.getSymName().str();
  RuleScope::Reductions none;
  RuleScope scope(network, projection, neuro::Scope::Projection, 0, step, RuleScope::Moment::Setup, none,
                  forms);
  scope.rule = rule;
  Quantity value = scope.get(parameter.getSymName()).value;
  auto state = llvm::find_if(program.states, [&](const program::State& s) { return s.name == name; });
  if (state != program.states.end()) {
    double found = 0;
    device.readState(static_cast<program::Index>(state - program.states.begin()), 0, {&found, 1});
    compare(name, 0, found, value, &projection);
    value = {found, 0.0, Trust::Sure, Origin::Parameter};
  }
  projection.parameters[rule.getSymName().str() + "." + parameter.getSymName().str()] = value;
}

void TeacherForced::compareProjection(Projection& projection) {
  for (neuro::RuleOp rule : projection.rules) {
    for (neuro::ParameterOp parameter : rule.getBody().getOps<neuro::ParameterOp>()) {
      if (!parameter.getModulated()) {
        compareParameter(projection, rule, parameter);
      }
    }
  }
  RuleScope::Reductions none;
  auto scopeAt = [&](neuro::Scope view, size_t i) {
    return RuleScope(network, projection, view, static_cast<int64_t>(i), step, RuleScope::Moment::Setup, none,
                     forms);
  };
  neuro::ProjectionOp op = projection.op;
  for (auto& [name, variable] : projection.variables) {
    variable.initial = variable.before;
    for (size_t i = 0; i < variable.before.size(); ++i) {
      RuleScope scope = scopeAt(variable.scope, i);
      scope.rule = variable.rule;
      Quantity value = variable.rule ? scope.initial(name) : scope.drawnFor("w", op.getWeight());
      if (value.trust != Trust::Unknown) {
        compare(projection.name + "." + name, static_cast<int64_t>(i), variable.before[i], value, &projection,
                variable.scope == neuro::Scope::Synapse);
      }
    }
  }
  projection.weights.assign(projection.size(), 1.0);
  bool weighs = !op.getWeight().empty() && !projection.variables.contains("w");
  bool sameWeight = weighs && neuro::constantOf(op.getWeight());
  for (size_t i = 0; weighs && i < projection.size(); ++i) {
    projection.weights[i] = sameWeight && i > 0
                                ? projection.weights.front()
                                : scopeAt(neuro::Scope::Synapse, i).drawnFor("w", op.getWeight()).value;
  }
  size_t delays = op.getDelay().empty() ? 0 : neuro::constantOf(op.getDelay()) ? 1 : projection.size();
  for (size_t i = 0; i < std::min(delays, projection.size()); ++i) {
    Quantity seconds = scopeAt(neuro::Scope::Synapse, i).drawnFor("delay", op.getDelay());
    Quantity steps = forms.divide(seconds, Arithmetic::constant(network.dt));
    if (steps.trust == Trust::Sure && isNearHalf(steps)) {
      steps.trust = Trust::Doubtful;
    }
    steps.value = std::max(0.0, std::floor(steps.value + 0.5) - static_cast<double>(projection.dendritic));
    steps.slack = 0.0;
    if (steps.trust != Trust::Unknown) {
      compare(projection.name + ".delay", static_cast<int64_t>(i), static_cast<double>(projection.delays[i]),
              steps, &projection, /*ofSynapse=*/true);
    }
  }
}

} // namespace nissl::reference
