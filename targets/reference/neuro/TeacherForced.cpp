// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/TeacherForced.h"

#include "runtime/support/Error.h"

#include <cmath>

using namespace mlir;
using nissl::support::Error;

namespace nissl::reference {

TeacherForced::TeacherForced(neuro::NetworkOp op, runtime::Device& device, const program::Program& program,
                             double bound, uint64_t dynamicsSeed)
    : device(device), program(program), forms(bound) {
  result.bound = bound;
  network.op = op;
  network.dt = program.dt;
  network.isSingle = program.precision == program::Precision::F32;
  network.structureSeed = program.structureSeed;
  network.dynamicsSeed = dynamicsSeed;
  for (neuro::PopulationOp population : op.getBody().getOps<neuro::PopulationOp>()) {
    addPopulation(population);
  }
  for (neuro::ProjectionOp projection : op.getBody().getOps<neuro::ProjectionOp>()) {
    addProjection(projection);
  }
}

void TeacherForced::addProjection(neuro::ProjectionOp op) {
  Projection& projection = network.projections.emplace_back(network, op, device, program);
  if (projection.source && !projection.rules.empty()) {
    projection.source->reach = std::max(projection.source->reach, projection.reach);
  }
  projection.target->arrivesLate |= op.getSameStep();
}

void TeacherForced::addPopulation(neuro::PopulationOp op) {
  auto find = [&](const auto& list, const std::string& name) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (list[i].name == name) {
        return static_cast<program::Index>(i);
      }
    }
    return program::none;
  };
  Population& population = network.populations.emplace_back();
  population.name = op.getSymName().str();
  population.size = static_cast<int64_t>(op.getSize());
  population.cell = cast<neuro::CellOp>(SymbolTable::lookupSymbolIn(network.op, op.getCell()));
  for (neuro::OverrideOp override : op.getBody().getOps<neuro::OverrideOp>()) {
    population.overrides[override.getName()] = override;
  }
  auto missing = [&](const char* what, const std::string& name) {
    return Error::input("NS0621",
                        "program '{}' has no {} '{}', which the network has; expected a program "
                        "compiled from this network",
                        program.name, what, name);
  };
  for (neuro::VariableOp variable : population.cell.getBody().getOps<neuro::VariableOp>()) {
    std::string name = population.name + "." + variable.getSymName().str();
    program::Index state = find(program.states, name);
    if (state == program::none) {
      throw missing("state", name);
    }
    population.variables[variable.getSymName()] = state;
  }
  for (neuro::EventOp event : population.cell.getBody().getOps<neuro::EventOp>()) {
    std::string name = population.name + "." + event.getSymName().str();
    EventRecord& record = population.events.emplace_back();
    record.op = event;
    record.index = find(program.events, name);
    record.emittedIndex =
        event.getEmitAfter().empty() ? record.index : find(program.events, name + ".emitted");
    if (record.index == program::none || record.emittedIndex == program::none) {
      throw missing("events", name);
    }
    auto cells = static_cast<size_t>(population.size);
    record.happened.resize(cells);
    record.emitted.resize(cells);
    record.heldTo.assign(cells, -1);
    record.blockedTo.assign(cells, -1);
  }
}

void TeacherForced::setInput(const std::string& name, std::span<const double> values) {
  nextInputs[name].assign(values.begin(), values.end());
}

void TeacherForced::onEvents(program::Index events, int64_t, std::span<const uint32_t> cells) {
  fired[events].insert(cells.begin(), cells.end());
}

void TeacherForced::readStates(Values Population::* into, std::vector<double> RuleVariable::* intoRules) {
  for (Population& population : network.populations) {
    for (auto& [variable, state] : population.variables) {
      std::vector<double>& values = (population.*into)[variable.str()];
      values.resize(static_cast<size_t>(population.size));
      device.readState(state, 0, values);
    }
  }
  for (Projection& projection : network.projections) {
    for (auto& [name, variable] : projection.variables) {
      std::vector<double>& values = variable.*intoRules;
      if (!variable.rule && !values.empty()) {
        continue; // a weight that nothing changes
      }
      values.resize(projection.sizeOf(variable.scope));
      device.readState(variable.state, 0, values);
    }
  }
}

void TeacherForced::onSample(int64_t now, bool before) {
  if (!before) {
    readStates(&Population::after, &RuleVariable::after);
    return;
  }
  step = now;
  network.hostInputs = std::exchange(nextInputs, {});
  if (isFirst) {
    readStates(&Population::before, &RuleVariable::before);
    compareStart();
    isFirst = false;
  }
}

void TeacherForced::endStep() {
  readStates(&Population::next, &RuleVariable::next);
  deliver(/*fromCells=*/false);
  compareArrival();
  compareStep();
  deliver(/*fromCells=*/true);
  for (Population& population : network.populations) {
    if (population.reach > 0) {
      population.past[step] = {population.before, population.after, population.next};
      std::erase_if(population.past,
                    [&](const auto& entry) { return entry.first < step - population.reach; });
    }
    population.before = population.next;
    std::erase_if(population.due, [&](const auto& due) { return due.first.second < step; });
  }
  for (Projection& projection : network.projections) {
    projection.endStep(step);
  }
  fired.clear();
}

/// The events of sources bear the beginning of their step, those of cells its end; but over a projection of
/// the same step they arrive in it.
void TeacherForced::deliver(bool fromCells) {
  for (Projection& projection : network.projections) {
    bool bearsEnd = projection.source != nullptr && !projection.op.getSameStep();
    if (fromCells == bearsEnd) {
      projection.emit(fromCells ? step + 1 : step, fired[projection.events]);
    }
    if (fromCells && projection.postEvents != program::none) {
      projection.postSpikes[step + 1] = fired[projection.postEvents];
    }
  }
}

//===-- What is compared ---------------------------------------------------------------------------===//

void TeacherForced::compare(const std::string& name, int64_t cell, double found, const Quantity& expected,
                            const Projection* projection, bool ofSynapse) {
  if (expected.trust == Trust::Unknown) {
    result.skipped.try_emplace(name, *expected.reason);
    return;
  }
  if (name != lastCompared) {
    result.variables.insert(name);
    lastCompared = name;
  }
  ++result.values;
  double difference = std::abs(found - expected.value);
  if (found == expected.value || (std::isnan(found) && std::isnan(expected.value))) {
    return;
  }
  if (expected.trust == Trust::Doubtful) {
    ++result.excused;
    return;
  }
  double scale = expected.slack + std::abs(expected.value);
  double error = scale > 0 ? difference / scale : HUGE_VAL;
  Deviation deviation = {name, cell, step, found, expected.value, error, projection != nullptr};
  if (ofSynapse) {
    deviation.source = projection->sources[cell];
    deviation.target = projection->targets[cell];
  }
  if (!(error <= result.worst.error)) {
    result.worst = deviation;
  }
  if (!(error <= result.bound)) {
    ++result.deviations;
    if (!result.firstDeviation) {
      result.firstDeviation = deviation;
    }
  }
}

//===-- Each step ----------------------------------------------------------------------------------===//

void TeacherForced::compareRules(Projection& projection, std::vector<double> RuleVariable::* found) {
  for (auto& [name, variable] : projection.variables) {
    // Cells outside the projection's views have no traces.
    auto [begin, end] = variable.scope == neuro::Scope::Pre    ? projection.sourceView
                        : variable.scope == neuro::Scope::Post ? projection.targetView
                                                               : std::pair<int64_t, int64_t>(0, INT64_MAX);
    const std::vector<double>& values = variable.*found;
    std::string fullName = projection.name + "." + name;
    for (int64_t i = begin; i < std::min<int64_t>(end, static_cast<int64_t>(values.size())); ++i) {
      compare(fullName, i, values[i], variable.now[i], &projection, variable.scope == neuro::Scope::Synapse);
    }
  }
}

void TeacherForced::takeInput(CellScope& scope, neuro::Applies when) {
  for (neuro::OnInputOp input : scope.population.cell.getBody().getOps<neuro::OnInputOp>()) {
    if (input.getApplies() == when) {
      scope.run(input.getBody(), [&](StringRef name) { return scope.isHeld(name); });
    }
  }
}

void TeacherForced::compareArrival() {
  for (Projection& projection : network.projections) {
    Rules(network, projection, step, forms).arrive();
    if (!projection.rules.empty()) {
      compareRules(projection, &RuleVariable::after);
    }
  }
  for (Population& population : network.populations) {
    for (int64_t cell = 0; cell < population.size; ++cell) {
      CellScope scope(network, population, cell, step, CellScope::Moment::Arrival, forms);
      if (!population.arrivesLate) {
        takeInput(scope, neuro::Applies::Start);
      }
      for (auto& [variable, state] : population.variables) {
        compare(population.name + "." + variable.str(), cell, population.after[variable.str()][cell],
                scope.variable(variable));
      }
    }
  }
}

void TeacherForced::compareStep() {
  network.reductions.clear();
  for (Projection& projection : network.projections) {
    Rules(network, projection, step, forms).integrate();
  }
  for (Population& population : network.populations) {
    for (int64_t cell = 0; cell < population.size; ++cell) {
      CellScope scope(network, population, cell, step, CellScope::Moment::Step, forms);
      if (population.arrivesLate) {
        takeInput(scope, neuro::Applies::Start);
      }
      integrate(scope, population.cell, [](StringRef) { return true; });
      takeInput(scope, neuro::Applies::End);
      detect(scope);
      for (auto& [variable, state] : population.variables) {
        compare(population.name + "." + variable.str(), cell, population.next[variable.str()][cell],
                scope.variable(variable));
      }
    }
  }
  for (Projection& projection : network.projections) {
    if (!projection.rules.empty()) {
      Rules(network, projection, step, forms).runPrograms();
      compareRules(projection, &RuleVariable::next);
    }
  }
  ++result.steps;
}

Comparison compare(neuro::NetworkOp network, runtime::Device& device, const program::Program& program,
                   const ComparisonOptions& options) {
  device.load(program, {options.seed});
  TeacherForced teacher(network, device, program,
                        options.bound > 0 ? options.bound : boundOf(program.precision), options.seed);
  for (int64_t step = 0; step < options.steps; ++step) {
    for (size_t i = 0; options.input && i < program.inputs.size(); ++i) {
      const program::Input& input = program.inputs[i];
      std::vector<double> values(static_cast<size_t>(program.extents[input.extent].size));
      for (size_t cell = 0; cell < values.size(); ++cell) {
        values[cell] = options.input(input.name, step, static_cast<int64_t>(cell));
      }
      device.setInput(static_cast<program::Index>(i), values);
      teacher.setInput(input.name, values);
    }
    device.step(&teacher);
    teacher.endStep();
  }
  return teacher.comparison();
}

} // namespace nissl::reference
