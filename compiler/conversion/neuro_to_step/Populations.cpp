// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/Populations.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

/// The variables that some event or program restores.
llvm::StringSet<> restoredOf(neuro::CellOp cell) {
  llvm::StringSet<> names;
  for (neuro::EventOp event : cell.getBody().getOps<neuro::EventOp>()) {
    for (Attribute name :
         event.getRestoresAttr() ? event.getRestoresAttr().getValue() : ArrayRef<Attribute>()) {
      names.insert(cast<FlatSymbolRefAttr>(name).getValue());
    }
  }
  return names;
}

LogicalResult setUp(Lowering& lowering, Population& population) {
  ProgramWriter& writer = lowering.writer;
  llvm::StringSet<> restored = restoredOf(population.cell);
  BodyWriter body = writer.map(Phase::Setup, population.name);
  SetupNames names(lowering, body, population);
  for (Operation& op : population.cell.getBody().front()) {
    if (auto parameter = dyn_cast<neuro::ParameterOp>(op)) {
      Parameter form;
      if (!population.isModulated(parameter)) {
        Value value = names.get(parameter.getSymName(), parameter);
        FloatAttr constant;
        if (!value) {
          return failure();
        }
        if (matchPattern(value, m_Constant(&constant))) {
          form.constant = constant.getValueAsDouble();
        } else {
          form.state =
              writer.parameter(population.name + "." + parameter.getSymName().str(), population.name);
          body.writeState(form.state, value);
        }
      }
      population.parameters[parameter.getSymName()] = form;
    } else if (auto variable = dyn_cast<neuro::VariableOp>(op)) {
      StringRef name = variable.getSymName();
      std::string state = writer.state(population.name + "." + name.str(), population.name);
      population.variables[name] = state;
      if (variable.getBoundsAttr()) {
        writer.setBounds(state, variable.getBoundsAttr());
      }
      Value value = names.get(name, variable);
      if (!value) {
        return failure();
      }
      body.writeState(state, value);
      if (restored.contains(name)) {
        population.initials[name] = writer.parameter(state + ".initial", population.name);
        body.writeState(population.initials[name], value);
      }
    } else if (auto event = dyn_cast<neuro::EventOp>(op)) {
      writer.events(population.name + "." + event.getSymName().str(), population.name);
      if (!event.getEmitAfter().empty()) {
        writer.events(lowering.emittedEvents(population, event.getSymName()), population.name);
      }
    }
  }
  bool empty = body.writesNothing();
  body.finish();
  if (empty) {
    body.operation()->erase();
  }
  return success();
}

} // namespace

LogicalResult setUpPopulations(Lowering& lowering) {
  for (Operation& op : lowering.network.getBody().front()) {
    if (!isa<neuro::PopulationOp, neuro::PoissonOp, neuro::SpikesOp>(op)) {
      continue;
    }
    Population& population = lowering.populations.emplace_back();
    population.op = &op;
    population.name = SymbolTable::getSymbolName(&op).getValue().str();
    population.size = op.getAttrOfType<IntegerAttr>("size").getInt();
    if (auto cells = dyn_cast<neuro::PopulationOp>(op)) {
      population.cell = cast<neuro::CellOp>(lowering.find(cells.getCell()));
      for (neuro::OverrideOp override : cells.getBody().getOps<neuro::OverrideOp>()) {
        population.overrides[override.getName()] = override;
      }
    }
    lowering.writer.setLocation(op.getLoc());
    lowering.writer.extent(population.name, population.size);
    if (!population.cell) {
      lowering.writer.events(population.name + ".spike", population.name);
    } else if (failed(setUp(lowering, population))) {
      return failure();
    }
  }
  return success();
}

LogicalResult applyInputs(CellNames& names, neuro::Applies applies) {
  for (neuro::OnInputOp input : names.population.cell.getBody().getOps<neuro::OnInputOp>()) {
    if (input.getApplies() != applies) {
      continue;
    }
    auto write = cast<neuro::WriteOp>(input.getBody().front().getTerminator());
    SmallVector<Value> values = names.write(input.getBody());
    if (values.empty() && !write.getValues().empty()) {
      return failure();
    }
    for (auto [target, value] : llvm::zip_equal(write.getWrites().getAsRange<neuro::WriteAttr>(), values)) {
      StringRef variable = target.getTarget().getValue();
      Value held = heldNow(names, variable);
      names.assign(variable, held ? names.body.select(held, names.variable(variable), value) : value);
    }
  }
  return success();
}

LogicalResult lowerArrival(Lowering& lowering, Population& population, Phase phase) {
  lowering.writer.setLocation(population.op->getLoc());
  BodyWriter body = lowering.writer.map(phase, population.name);
  CellNames names(lowering, body, phase, population);
  if (failed(applyInputs(names, neuro::Applies::Start))) {
    return failure();
  }
  for (auto& [variable, value] : names.assigned()) {
    body.writeState(population.variables[variable], value);
  }
  for (auto& [quantity, state] : population.recordedOrder) {
    Value value = names.get(quantity, population.op);
    if (!value) {
      return failure();
    }
    body.writeState(state, value);
  }
  bool empty = body.writesNothing();
  body.finish();
  if (empty) {
    body.operation()->erase();
  }
  return success();
}

LogicalResult lowerPopulation(Lowering& lowering, Population& population) {
  lowering.writer.setLocation(population.op->getLoc());
  BodyWriter body = lowering.writer.map(Phase::Populations, population.name);
  CellNames names(lowering, body, Phase::Populations, population);
  auto held = [&](StringRef variable) { return heldNow(names, variable); };
  advancePulses(names);
  if (failed(integrateModel(
          names, population.cell, [](StringRef) { return true; }, held, population.op)) ||
      failed(applyInputs(names, neuro::Applies::End)) || failed(detectEvents(names))) {
    return failure();
  }
  for (auto& [variable, value] : names.assigned()) {
    body.writeState(population.variables[variable], value);
  }
  bool empty = body.writesNothing();
  body.finish();
  if (empty) {
    body.operation()->erase();
  }
  return success();
}

} // namespace nissl::conversion
