// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rules of cells, rules, populations and projections: what refers to what.
#include "dialects/neuro/NeuroVerifier.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <functional>

using namespace mlir;
using namespace nissl::neuro;

LogicalResult NetworkOp::verifyRegions() { return NetworkVerifier(*this).verify(); }

static ArrayRef<Attribute> listOf(ArrayAttr attribute) {
  return attribute ? attribute.getValue() : ArrayRef<Attribute>();
}

static StringRef nameOf(Attribute reference) { return cast<FlatSymbolRefAttr>(reference).getValue(); }

static StringRef nameOf(Operation* symbol) { return SymbolTable::getSymbolName(symbol).getValue(); }

LogicalResult NetworkVerifier::verify() {
  for (Operation& op : network.getBody().front()) {
    LogicalResult result = success();
    if (isa<CellOp, RuleOp>(op)) {
      result = verifyModel(&op);
    } else if (auto population = dyn_cast<PopulationOp>(op)) {
      result = verifyPopulation(population);
    } else if (auto projection = dyn_cast<ProjectionOp>(op)) {
      result = verifyProjection(projection);
    } else if (auto poisson = dyn_cast<PoissonOp>(op)) {
      result = verifyBody({.owner = poisson, .region = poisson.getRate(), .yields = f64});
    } else if (auto drive = dyn_cast<DriveOp>(op)) {
      result = failure(failed(verifyInput(drive, drive.getTarget(), drive.getPortAttr())) ||
                       failed(verifyBody({.owner = drive, .region = drive.getRate(), .yields = f64})) ||
                       failed(verifyBody({.owner = drive, .region = drive.getWeight(), .yields = f64})));
    } else if (auto input = dyn_cast<InputOp>(op)) {
      result = failure(failed(verifyInput(input, input.getTarget(), input.getPortAttr())) ||
                       failed(verifyBody({.owner = input, .region = input.getValue(), .yields = f64})));
    } else if (auto probe = dyn_cast<ProbeOp>(op)) {
      result = verifyProbe(probe);
    } else if (auto trigger = dyn_cast<TriggerOp>(op)) {
      if (trigger.getOf()) {
        result = verifyView(trigger, *trigger.getOf(), false);
      }
      if (trigger.getOf() && succeeded(result)) {
        CellOp cell = cellOf(trigger.getOf()->getPopulation().getValue());
        result = require<EventOp>(trigger, cell, trigger.getEvent().value_or(""), "the event");
      }
    } else if (!isa<ArrayOp, SpikesOp>(op)) {
      result = op.emitOpError("does not stand directly in a network");
    }
    if (failed(result)) {
      return failure();
    }
  }
  return success();
}

//===-- Cells and rules --------------------------------------------------------------------------===//

LogicalResult NetworkVerifier::verifyModel(Operation* model) {
  for (Operation& op : model->getRegion(0).front()) {
    if (failed(verifyPart(&op, model))) {
      return failure();
    }
  }
  return failure(failed(verifyGroups(model)) || failed(verifyAcyclic(model)));
}

LogicalResult NetworkVerifier::verifyPart(Operation* op, Operation* model) {
  if (bool inRule = isa<RuleOp>(model);
      isa<VariableOp, DerivedOp>(op) && inRule != (scopeOf(op) != Scope::Cell)) {
    return op->emitOpError("has scope ")
           << stringifyScope(scopeOf(op)) << " in a " << (inRule ? "rule" : "cell");
  }
  if (auto parameter = dyn_cast<ParameterOp>(op)) {
    return verifyBody({.owner = op,
                       .region = parameter.getBody(),
                       .table = model,
                       .reads = Body::Parameters,
                       .broadcasts = parameter.getModulated(),
                       .yields = f64});
  }
  if (auto variable = dyn_cast<VariableOp>(op)) {
    bool perSynapse = variable.getScope() == Scope::Synapse;
    return verifyBody({.owner = op,
                       .region = variable.getBody(),
                       .table = model,
                       .reads = Body::Initials,
                       .broadcasts = false,
                       .perSynapse = perSynapse,
                       .yields = f64});
  }
  if (auto derived = dyn_cast<DerivedOp>(op)) {
    bool perSynapse = derived.getScope() == Scope::Synapse;
    return verifyBody(
        {.owner = op, .region = derived.getBody(), .table = model, .perSynapse = perSynapse, .yields = f64});
  }
  if (auto equation = dyn_cast<EquationOp>(op)) {
    if (failed(require<VariableOp>(op, model, equation.getVariable(), "the variable"))) {
      return failure();
    }
    bool perSynapse = scopeOf(find(model, equation.getVariable())) == Scope::Synapse;
    return verifyBody(
        {.owner = op, .region = equation.getBody(), .table = model, .perSynapse = perSynapse, .yields = f64});
  }
  if (auto input = dyn_cast<OnInputOp>(op)) {
    if (failed(require<PortOp>(op, model, input.getPort(), "the port"))) {
      return failure();
    }
    return verifyBody({.owner = op, .region = input.getBody(), .table = model, .sets = Scope::Cell});
  }
  if (auto pulse = dyn_cast<PulseOp>(op)) {
    return require<EventOp>(op, model, pulse.getEvent(), "the event");
  }
  if (auto compartment = dyn_cast<CompartmentOp>(op); compartment && compartment.getVoltage()) {
    return require<VariableOp>(op, model, *compartment.getVoltage(), "the voltage");
  }
  if (auto couple = dyn_cast<CoupleOp>(op)) {
    if (failed(require<CompartmentOp>(op, model, couple.getFirst(), "the compartment")) ||
        failed(require<CompartmentOp>(op, model, couple.getSecond(), "the compartment"))) {
      return failure();
    }
    Operation* conductance = find(model, couple.getConductance());
    return isQuantity(conductance) ? success() : op->emitOpError("needs a quantity as its conductance");
  }
  if (auto group = dyn_cast<GroupOp>(op); group && group.getMethod() == Method::Implicit) {
    llvm::StringSet<> coupled = coupledVoltages(model);
    for (Attribute name : group.getVariables()) {
      if (coupled.contains(nameOf(name))) {
        return success();
      }
    }
    return op->emitOpError("is implicit, but none of its variables is the voltage of a coupled compartment; "
                           "choose semi_implicit, or couple the compartments");
  }
  if (auto event = dyn_cast<EventOp>(op)) {
    return verifyEvent(event, cast<CellOp>(model));
  }
  if (auto program = dyn_cast<ProgramOp>(op)) {
    return verifyProgram(program, cast<RuleOp>(model));
  }
  return success();
}

LogicalResult NetworkVerifier::verifyEvent(EventOp event, CellOp cell) {
  if (event.getAfter() && !event.getFrom()) {
    return event.emitOpError("waits 'after' an event, but says not which: 'from' is missing");
  }
  if (!event.getThen().empty() && event.getHoldTime().empty()) {
    return event.emitOpError("has 'then', which runs when a hold ends, but holds nothing");
  }
  // A chain of events must begin with one that has a condition of its own.
  llvm::SmallSetVector<Operation*, 4> chain;
  for (EventOp at = event; at.getFrom();) {
    if (failed(require<EventOp>(at, cell, *at.getFrom(), "the event"))) {
      return failure();
    }
    if (!chain.insert(at)) {
      return event.emitOpError("follows from itself through 'from'");
    }
    at = cast<EventOp>(find(cell, *at.getFrom()));
  }
  for (Attribute name : listOf(event.getHeldAttr())) {
    if (failed(require<VariableOp>(event, cell, nameOf(name), "the variable"))) {
      return failure();
    }
  }
  for (Attribute name : listOf(event.getRestoresAttr())) {
    if (failed(require<VariableOp>(event, cell, nameOf(name), "the variable"))) {
      return failure();
    }
  }
  auto value = [&](Region& region, Type type) {
    return verifyBody({.owner = event, .region = region, .table = cell, .yields = type});
  };
  auto action = [&](Region& region) {
    return verifyBody({.owner = event, .region = region, .table = cell, .sets = Scope::Cell});
  };
  return failure(failed(value(event.getHoldTime(), f64)) || failed(value(event.getBlock(), f64)) ||
                 failed(value(event.getCondition(), i1)) || failed(value(event.getPayload(), f64)) ||
                 failed(value(event.getEmitAfter(), f64)) || failed(action(event.getActions())) ||
                 failed(action(event.getThen())));
}

LogicalResult NetworkVerifier::verifyProgram(ProgramOp program, RuleOp rule) {
  if (program.getTrigger() &&
      failed(require<TriggerOp>(program, network, *program.getTrigger(), "the trigger"))) {
    return failure();
  }
  for (Attribute name : listOf(program.getRestoresAttr())) {
    if (failed(require<VariableOp>(program, rule, nameOf(name), "the variable"))) {
      return failure();
    }
  }
  bool perCell = program.getKind() == ProgramKind::PreSpike || program.getKind() == ProgramKind::PostSpike;
  Scope sets = program.getKind() == ProgramKind::PreSpike    ? Scope::Pre
               : program.getKind() == ProgramKind::PostSpike ? Scope::Post
                                                             : Scope::Synapse;
  return verifyBody({.owner = program,
                     .region = program.getBody(),
                     .table = rule,
                     .perSynapse = !perCell,
                     .sets = sets,
                     .delivers = !perCell});
}

LogicalResult NetworkVerifier::verifyGroups(Operation* model) {
  llvm::StringMap<Operation*> equations, groups;
  for (Operation& op : model->getRegion(0).front()) {
    if (auto equation = dyn_cast<EquationOp>(op)) {
      auto [previous, isNew] = equations.try_emplace(equation.getVariable(), &op);
      if (!isNew) {
        InFlightDiagnostic error = op.emitOpError("is the second equation of @") << equation.getVariable();
        error.attachNote(previous->second->getLoc()) << "the first one is here";
        return error;
      }
    }
  }
  for (Operation& op : model->getRegion(0).front()) {
    auto group = dyn_cast<GroupOp>(op);
    for (Attribute name : group ? group.getVariables().getValue() : ArrayRef<Attribute>()) {
      if (!equations.contains(nameOf(name))) {
        return op.emitOpError("names @") << nameOf(name) << ", which has no equation";
      }
      if (!groups.try_emplace(nameOf(name), &op).second) {
        return op.emitOpError("names @") << nameOf(name) << ", which an earlier group already has";
      }
    }
  }
  return success();
}

LogicalResult NetworkVerifier::verifyAcyclic(Operation* model) {
  // Parameters, derived quantities and initial values are functions of each other.
  llvm::DenseMap<Operation*, int> state; // 1: on the present path, 2: done
  std::function<LogicalResult(Operation*)> visit = [&](Operation* op) -> LogicalResult {
    int& mark = state[op];
    if (mark != 0) {
      return mark == 2 ? success() : op->emitOpError("depends on itself");
    }
    mark = 1;
    WalkResult walked = op->walk([&](GetOp get) {
      Operation* read =
          get.isBroadcast() ? nullptr : find(model, get.getName().getLeafReference().getValue());
      bool follows = isa_and_present<ParameterOp, DerivedOp>(read) ||
                     (isa<VariableOp>(op) && isa_and_present<VariableOp>(read));
      return follows && failed(visit(read)) ? WalkResult::interrupt() : WalkResult::advance();
    });
    state[op] = 2;
    return failure(walked.wasInterrupted());
  };
  for (Operation& op : model->getRegion(0).front()) {
    if (isa<ParameterOp, DerivedOp, VariableOp>(op) && failed(visit(&op))) {
      return failure();
    }
  }
  return success();
}

//===-- Populations, projections, inputs, probes --------------------------------------------------===//

LogicalResult NetworkVerifier::verifyPopulation(PopulationOp population) {
  if (failed(require<CellOp>(population, network, population.getCell(), "the cell"))) {
    return failure();
  }
  CellOp cell = cellOf(population.getSymName());
  llvm::StringSet<> seen;
  for (OverrideOp override : population.getBody().getOps<OverrideOp>()) {
    Operation* quantity = find(cell, override.getName());
    if (!isa_and_present<ParameterOp, VariableOp>(quantity)) {
      return override.emitOpError("overrides @")
             << override.getName() << ", which is no parameter or variable of @" << population.getCell();
    }
    if (!seen.insert(override.getName()).second) {
      return override.emitOpError("is the second one of @") << override.getName();
    }
    bool initial = isa<VariableOp>(quantity);
    if (initial && override.getModulated()) {
      return override.emitOpError("gives the initial value of @")
             << override.getName() << ", which cannot be modulated";
    }
    if (failed(verifyBody({.owner = override,
                           .region = override.getBody(),
                           .table = cell,
                           .reads = initial ? Body::Initials : Body::Parameters,
                           .broadcasts = override.getModulated(),
                           .yields = f64}))) {
      return failure();
    }
  }
  return success();
}

LogicalResult NetworkVerifier::verifyView(Operation* op, ViewAttr view, bool mayBeSource) {
  StringRef name = view.getPopulation().getValue();
  std::optional<int64_t> size = mayBeSource || cellOf(name) ? sizeOf(name) : std::nullopt;
  if (!size) {
    return op->emitOpError("needs the population @") << name << ", which the network does not have";
  }
  if (view.getEnd() > *size) {
    return op->emitOpError("takes cells [")
           << view.getBegin() << ", " << view.getEnd() << ") of @" << name << ", which has " << *size;
  }
  return success();
}

LogicalResult NetworkVerifier::verifyInput(Operation* input, ViewAttr view, FlatSymbolRefAttr port) {
  return failure(
      failed(verifyView(input, view, false)) ||
      failed(require<PortOp>(input, cellOf(view.getPopulation().getValue()), port.getValue(), "the port")));
}

LogicalResult NetworkVerifier::verifyProjection(ProjectionOp projection) {
  if (failed(verifyView(projection, projection.getSource(), true)) ||
      failed(verifyView(projection, projection.getTarget(), false))) {
    return failure();
  }
  CellOp source = cellOf(projection.getSource().getPopulation().getValue());
  CellOp target = cellOf(projection.getTarget().getPopulation().getValue());
  if (!source && projection.getEventName() != "spike") {
    return projection.emitOpError("takes the event @")
           << projection.getEventName() << " of a source, which has only @spike";
  }
  if (projection.getPort() &&
      failed(require<PortOp>(projection, target, *projection.getPort(), "the port"))) {
    return failure();
  }
  if ((projection.getConnect().getKind() == ConnectKind::Probability) ==
      projection.getProbability().empty()) {
    return projection.emitOpError("'probability' belongs to that kind of connection, which needs it");
  }
  bool delivers = false, hasWeight = !projection.getWeight().empty(),
       hasEvents = !source || isa_and_present<EventOp>(find(source, projection.getEventName()));
  for (Attribute name : listOf(projection.getRulesAttr())) {
    if (failed(require<RuleOp>(projection, network, nameOf(name), "the rule"))) {
      return failure();
    }
    auto rule = cast<RuleOp>(find(network, nameOf(name)));
    if (failed(verifyRuleUse(projection, rule, source, target))) {
      return failure();
    }
    auto weight = dyn_cast_or_null<VariableOp>(find(rule, "w"));
    hasWeight |= weight && weight.getScope() == Scope::Synapse;
    rule.walk([&](WriteOp write) {
      delivers |= llvm::any_of(write.getWrites().getAsRange<WriteAttr>(),
                               [](WriteAttr target) { return target.getKind() == WriteKind::Deliver; });
    });
  }
  if (!delivers && (!projection.getPort() || !hasWeight)) {
    return projection.emitOpError("has no rule that delivers, and so needs a port and a weight");
  }
  if (!hasEvents && !delivers) {
    return projection.emitOpError("needs the event @")
           << projection.getEventName() << ", which @" << nameOf(source) << " lacks";
  }
  for (Region* region : {&projection.getWeight(), &projection.getDelay(), &projection.getProbability()}) {
    if (failed(verifyBody({.owner = projection,
                           .region = *region,
                           .broadcasts = false,
                           .perSynapse = true,
                           .yields = f64}))) {
      return failure();
    }
  }
  return success();
}

LogicalResult NetworkVerifier::verifyRuleUse(ProjectionOp projection, RuleOp rule, CellOp source,
                                             CellOp target) {
  WalkResult walked = rule.walk([&](Operation* op) {
    auto missing = [&](StringRef what, StringRef name, StringRef of) {
      InFlightDiagnostic error = projection.emitOpError("uses @") << rule.getSymName() << ", which needs "
                                                                  << what << " @" << name << " of @" << of;
      error.attachNote(op->getLoc()) << "needed here";
      return WalkResult::interrupt();
    };
    if (auto get = dyn_cast<GetOp>(op); get && !get.isBroadcast()) {
      auto [side, name] = get.getName().getLeafReference().getValue().split('.');
      if (find(rule, get.getName().getLeafReference().getValue())) {
        return WalkResult::advance();
      }
      CellOp cell = side == "pre" ? source : target;
      if (!cell || !isQuantity(find(cell, name))) {
        StringRef population =
            (side == "pre" ? projection.getSource() : projection.getTarget()).getPopulation().getValue();
        return missing("the quantity", name, population);
      }
    }
    if (auto write = dyn_cast<WriteOp>(op)) {
      for (WriteAttr to : write.getWrites().getAsRange<WriteAttr>()) {
        StringRef port = to.getTarget().getValue();
        bool isDefault = port == "port" && projection.getPort();
        if (to.getKind() == WriteKind::Deliver && !isDefault &&
            !isa_and_present<PortOp>(find(target, port))) {
          return missing("the port", port, projection.getTarget().getPopulation().getValue());
        }
      }
    }
    return WalkResult::advance();
  });
  return failure(walked.wasInterrupted());
}

LogicalResult NetworkVerifier::verifyProbe(ProbeOp probe) {
  if (probe.getTrigger() && failed(require<TriggerOp>(probe, network, *probe.getTrigger(), "the trigger"))) {
    return failure();
  }
  StringRef name = probe.getOf().getPopulation().getValue();
  StringRef quantity = probe.getQuantity();
  if (auto projection = dyn_cast_or_null<ProjectionOp>(find(network, name))) {
    bool known = quantity == "w" && !projection.getWeight().empty();
    for (Attribute rule : listOf(projection.getRulesAttr())) {
      known |= isa_and_present<VariableOp>(find(find(network, nameOf(rule)), quantity));
    }
    return known ? success()
                 : probe.emitOpError("records @") << quantity << ", which @" << name << " does not have";
  }
  if (failed(verifyView(probe, probe.getOf(), true))) {
    return failure();
  }
  CellOp cell = cellOf(name);
  Operation* recorded = cell ? find(cell, quantity) : nullptr;
  if (isQuantity(recorded) || isa_and_present<EventOp>(recorded) || (!cell && quantity == "spike")) {
    return success();
  }
  return probe.emitOpError("records @") << quantity << ", which @" << name << " does not have";
}
