// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/TeacherForced.h"

#include "runtime/support/Error.h"
#include "targets/reference/neuro/Integrator.h"

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
  op.walk([&](neuro::ReduceOp reduce) {
    std::string owner = reduce.getSource().getRootReference().getValue().str();
    std::string name = owner + "." + reduce.getSource().getLeafReference().getValue().str();
    bool known =
        llvm::any_of(program.states, [&](const program::State& s) { return s.ofTable && s.name == name; });
    if (known && !network.find(owner)) {
      network.synapses[name];
    }
  });
}

void TeacherForced::addProjection(neuro::ProjectionOp op) {
  std::string refusal = Deliveries::refusal(op);
  if (refusal.empty()) {
    deliveries.emplace_back(network, op, device, program);
    return;
  }
  if (op.getRulesAttr()) {
    result.skipped[op.getSymName().str()] = refusal;
  }
  Population* target = network.find(op.getTarget().getPopulation().getValue());
  for (neuro::PortOp port : target->cell.getBody().getOps<neuro::PortOp>()) {
    // Rules may deliver to any port.
    if (op.getRulesAttr() || op.getPort() == port.getSymName()) {
      target->unknownPorts[port.getSymName().str()] = refusal;
    }
  }
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

void TeacherForced::readStates(std::map<std::string, std::vector<double>> Population::* into) {
  for (Population& population : network.populations) {
    for (auto& [variable, state] : population.variables) {
      std::vector<double>& values = (population.*into)[variable.str()];
      values.resize(static_cast<size_t>(population.size));
      device.readState(state, 0, values);
    }
  }
}

void TeacherForced::onSample(int64_t now, bool before) {
  if (!before) {
    readStates(&Population::after);
    for (auto& [name, values] : network.synapses) {
      auto state = llvm::find_if(program.states, [&](const program::State& s) { return s.name == name; });
      values.resize(static_cast<size_t>(device.synapseCount(state->owner)));
      device.readState(static_cast<program::Index>(state - program.states.begin()), 0, values);
    }
    isUnderWay = true;
    return;
  }
  finishStep();
  step = now;
  network.hostInputs = std::exchange(nextInputs, {});
  if (isFirst) {
    compareStart();
    isFirst = false;
  }
}

/// Compares the step that has passed, now that all its events are known.
void TeacherForced::finishStep() {
  readStates(&Population::next);
  if (isUnderWay) {
    deliver(/*fromCells=*/false);
    compareArrival();
    compareStep();
    deliver(/*fromCells=*/true);
  }
  for (Population& population : network.populations) {
    population.before = population.next;
    std::erase_if(population.due, [&](const auto& due) { return due.first.second < step; });
  }
  fired.clear();
  isUnderWay = false;
}

void TeacherForced::deliver(bool fromCells) {
  for (Deliveries& projection : deliveries) {
    if (projection.fromCells == fromCells) {
      projection.emit(fromCells ? step + 1 : step, fired[projection.events]);
    }
  }
}

const Comparison& TeacherForced::finish() {
  finishStep();
  return result;
}

//===-- What is compared ---------------------------------------------------------------------------===//

void TeacherForced::compare(const std::string& name, int64_t cell, double found, const Quantity& expected) {
  if (expected.trust == Trust::Unknown) {
    result.skipped.try_emplace(name, *expected.reason);
    return;
  }
  result.variables.insert(name);
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
  Deviation deviation = {name, cell, step, found, expected.value, error};
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

/// Parameters and initial values. Those that are drawn are the target's; nobody compares them.
void TeacherForced::compareStart() {
  for (Population& population : network.populations) {
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
          compare(population.name + "." + variable.str(), cell, population.before[variable.str()][cell],
                  value);
        }
      }
    }
  }
}

void TeacherForced::compareArrival() {
  for (Population& population : network.populations) {
    for (int64_t cell = 0; cell < population.size; ++cell) {
      CellScope scope(network, population, cell, step, CellScope::Moment::Arrival, forms);
      for (neuro::OnInputOp input : population.cell.getBody().getOps<neuro::OnInputOp>()) {
        if (input.getApplies() == neuro::Applies::Start) {
          scope.run(input.getBody(), [&](StringRef name) { return population.isHeld(name, cell, step); });
        }
      }
      for (auto& [variable, state] : population.variables) {
        compare(population.name + "." + variable.str(), cell, population.after[variable.str()][cell],
                scope.variable(variable));
      }
    }
  }
}

void TeacherForced::compareStep() {
  for (Population& population : network.populations) {
    for (int64_t cell = 0; cell < population.size; ++cell) {
      CellScope scope(network, population, cell, step, CellScope::Moment::Step, forms);
      integrate(scope);
      for (neuro::OnInputOp input : population.cell.getBody().getOps<neuro::OnInputOp>()) {
        if (input.getApplies() == neuro::Applies::End) {
          scope.run(input.getBody(), [&](StringRef name) { return population.isHeld(name, cell, step); });
        }
      }
      detect(scope);
      for (auto& [variable, state] : population.variables) {
        compare(population.name + "." + variable.str(), cell, population.next[variable.str()][cell],
                scope.variable(variable));
      }
    }
  }
  ++result.steps;
}

bool TeacherForced::isTrueOnTarget(program::Index events, int64_t cell) const {
  auto found = fired.find(events);
  return found != fired.end() && found->second.contains(cell);
}

/// Whether the event happened on the target; it is noted if it should not have, or should.
bool TeacherForced::judge(CellScope& scope, EventRecord& event) {
  int64_t cell = scope.element;
  bool found = isTrueOnTarget(event.index, cell);
  std::string name = scope.population.name + "." + event.op.getSymName().str();
  Quantity expected = {event.op.getFrom() || !event.op.getCondition().empty() ? 1.0 : 0.0};
  if (event.op.getFrom()) {
    int64_t after = event.op.getAfter() ? stepsOf(event.op.getAfter()->convertToDouble(), scope.dt) : 0;
    EventRecord& from = scope.population.event(*event.op.getFrom());
    bool came = llvm::is_contained(from.emitted[cell], step - after);
    expected = Arithmetic::both(expected, {came ? 1.0 : 0.0});
  }
  if (!event.op.getCondition().empty()) {
    expected = Arithmetic::both(expected, scope.value(event.op.getCondition()));
  }
  // Without a block of its own, the hold blocks.
  const std::vector<int64_t>& busyTo = event.op.getBlock().empty() ? event.heldTo : event.blockedTo;
  expected = Arithmetic::both(expected, {busyTo[cell] >= step ? 0.0 : 1.0});
  if (expected.trust == Trust::Unknown) {
    result.skipped.try_emplace(name, *expected.reason);
    return found;
  }
  result.events.insert(name);
  result.spikes += found ? 1 : 0;
  if (found != expected.isTrue() && expected.trust == Trust::Doubtful) {
    ++result.excused;
  } else if (found != expected.isTrue()) {
    ++result.disagreements;
    if (!result.firstDisagreement) {
      result.firstDisagreement = {name, cell, step, found};
    }
  }
  return found;
}

/// Phase 5 with the target's events.
void TeacherForced::detect(CellScope& scope) {
  int64_t cell = scope.element;
  auto nothing = [](StringRef) { return false; };
  for (EventRecord& event : scope.population.events) {
    bool happens = judge(scope, event);
    if (happens) {
      event.happened[cell].push_back(step);
      scope.run(event.op.getActions(), nothing);
      for (Attribute name :
           event.op.getRestoresAttr() ? event.op.getRestoresAttr().getValue() : ArrayRef<Attribute>()) {
        StringRef variable = cast<FlatSymbolRefAttr>(name).getValue();
        scope.assign(variable, Arithmetic::exact(scope.population.initial[variable.str()][cell]));
      }
      if (!event.op.getBlock().empty()) {
        event.blockedTo[cell] = step + stepsOf(scope.value(event.op.getBlock()).value, scope.dt);
      }
      if (!event.op.getHoldTime().empty()) {
        event.heldTo[cell] = step + stepsOf(scope.value(event.op.getHoldTime()).value, scope.dt);
      }
    }
    if (isTrueOnTarget(event.emittedIndex, cell)) {
      event.emitted[cell].push_back(step);
    }
    if (event.heldTo[cell] == step) {
      scope.run(event.op.getThen(), nothing);
    }
  }
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
  }
  return teacher.finish();
}

} // namespace nissl::reference
