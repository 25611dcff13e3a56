// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rules of one body: which names it may read and write, and how it ends.
#include "dialects/neuro/NeuroVerifier.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace nissl::neuro;

bool nissl::neuro::isQuantity(Operation* op) {
  return isa_and_present<ParameterOp, VariableOp, DerivedOp, PortOp, PulseOp>(op);
}

Scope nissl::neuro::scopeOf(Operation* op) {
  if (auto variable = dyn_cast<VariableOp>(op)) {
    return variable.getScope();
  }
  auto derived = dyn_cast<DerivedOp>(op);
  return derived ? derived.getScope() : Scope::Cell;
}

CellOp NetworkVerifier::cellOf(StringRef population) {
  auto op = dyn_cast_or_null<PopulationOp>(find(network, population));
  return op ? dyn_cast_or_null<CellOp>(find(network, op.getCell())) : CellOp();
}

std::optional<int64_t> NetworkVerifier::sizeOf(StringRef population) {
  Operation* op = find(network, population);
  if (isa_and_present<PopulationOp, PoissonOp, SpikesOp>(op)) {
    return op->getAttrOfType<IntegerAttr>("size").getInt();
  }
  return std::nullopt;
}

//===-- Bodies -----------------------------------------------------------------------------------===//

LogicalResult NetworkVerifier::verifyBody(const Body& body) {
  if (body.region.empty()) {
    return success();
  }
  if (!body.region.hasOneBlock()) {
    return body.owner->emitOpError("has a body of more than one block");
  }
  for (Operation& op : body.region.front().without_terminator()) {
    if (op.getNumRegions() != 0 || !isMemoryEffectFree(&op)) {
      return op.emitOpError("stands in a body, where only arithmetic without effects may be");
    }
    if (auto get = dyn_cast<GetOp>(op); get && failed(verifyRead(get, body))) {
      return failure();
    }
    if (auto reduce = dyn_cast<ReduceOp>(op); reduce && failed(verifyReduce(reduce, body))) {
      return failure();
    }
    if (auto lookup = dyn_cast<LookupOp>(op);
        lookup && failed(require<ArrayOp>(lookup, network, lookup.getArray(), "the array"))) {
      return failure();
    }
    if (auto fired = dyn_cast<FiredOp>(op);
        fired && (!isa_and_present<CellOp>(body.table) || body.reads != Body::Everything ||
                  !isa_and_present<EventOp>(find(body.table, fired.getEvent())))) {
      return fired.emitOpError("needs an event @")
             << fired.getEvent() << " of the cell, in an equation or event of it";
    }
    if (isa<TimeOp>(op) && !body.broadcasts) {
      return op.emitOpError("stands in a value that is computed once; mark it 'modulated' to read the time");
    }
    if (isa<NoiseOp>(op) && !isa<EquationOp, DerivedOp>(body.owner)) {
      return op.emitOpError("belongs in a rate; use neuro.random normal elsewhere");
    }
    if (auto index = dyn_cast<IndexOp>(op);
        index && (index.getKind() != IndexKind::Element) != body.perSynapse) {
      return index.emitOpError("gives ")
             << stringifyIndexKind(index.getKind()) << ", but the body belongs to "
             << (body.perSynapse ? "a synapse" : "a cell");
    }
  }
  Operation* last = body.region.front().getTerminator();
  if (auto write = dyn_cast<WriteOp>(last); write && !body.yields) {
    return verifyWrite(write, body);
  }
  if (auto yield = dyn_cast<YieldOp>(last); yield && yield.getValue().getType() == body.yields) {
    return success();
  }
  InFlightDiagnostic error = last->emitOpError("ends a body that must end in ");
  return body.yields ? error << "neuro.yield of " << body.yields : error << "neuro.write";
}

LogicalResult NetworkVerifier::verifyRead(GetOp get, const Body& body) {
  StringRef root = get.getName().getRootReference().getValue();
  StringRef leaf = get.getName().getLeafReference().getValue();
  if (get.isBroadcast()) {
    if (!body.broadcasts) {
      return get.emitOpError("reads a broadcast in a value that is computed once; mark it 'modulated'");
    }
    CellOp cell = cellOf(root);
    Operation* quantity = cell ? find(cell, leaf) : nullptr;
    if (!isa_and_present<VariableOp, DerivedOp>(quantity) || !quantity->hasAttr("broadcast")) {
      return get.emitOpError("reads ") << get.getName() << ", which is no broadcast quantity of a population";
    }
    if (sizeOf(root) != 1) {
      return get.emitOpError("reads a broadcast of @")
             << root << ", whose size is " << *sizeOf(root) << ", not 1";
    }
    return success();
  }
  Operation* quantity = body.table ? find(body.table, leaf) : nullptr;
  bool ofCells =
      isa_and_present<RuleOp>(body.table) && (leaf.starts_with("pre.") || leaf.starts_with("post."));
  if (!isQuantity(quantity) && !(ofCells && !quantity)) {
    InFlightDiagnostic error = get.emitOpError("reads @") << leaf << ", which is no quantity here";
    if (quantity) {
      error.attachNote(quantity->getLoc()) << "declared here";
    }
    return error;
  }
  if (body.reads == Body::Everything || (body.broadcasts && isa_and_present<ParameterOp>(quantity))) {
    return success();
  }
  auto parameter = dyn_cast_or_null<ParameterOp>(quantity);
  bool initial = body.reads == Body::Initials && isa_and_present<VariableOp>(quantity);
  if (!(parameter && !parameter.getModulated()) && !initial) {
    InFlightDiagnostic error = get.emitOpError("reads @")
                               << leaf << " in a value that is computed once, which may read "
                               << (body.reads == Body::Initials ? "parameters and initial values"
                                                                : "parameters");
    if (quantity) {
      error.attachNote(quantity->getLoc()) << "declared here";
    }
    return error;
  }
  return success();
}

LogicalResult NetworkVerifier::verifyReduce(ReduceOp reduce, const Body& body) {
  if (auto flat = dyn_cast<FlatSymbolRefAttr>(reduce.getSource())) {
    auto variable = isa_and_present<RuleOp>(body.table)
                        ? dyn_cast_or_null<VariableOp>(find(body.table, flat.getValue()))
                        : VariableOp();
    if (!variable || variable.getScope() != Scope::Synapse) {
      return reduce.emitOpError("reduces ") << flat << ", which is no synapse variable of the rule";
    }
    return success();
  }
  StringRef root = reduce.getSource().getRootReference().getValue();
  StringRef leaf = reduce.getSource().getLeafReference().getValue();
  if (CellOp cell = cellOf(root)) {
    return require<VariableOp>(reduce, cell, leaf, "the variable");
  }
  auto projection = dyn_cast_or_null<ProjectionOp>(find(network, root));
  if (!projection) {
    return reduce.emitOpError("reduces over @") << root << ", which is no population and no projection";
  }
  if (leaf == "w" && !projection.getWeight().empty()) {
    return success();
  }
  for (Attribute name :
       projection.getRulesAttr() ? projection.getRulesAttr().getValue() : ArrayRef<Attribute>()) {
    Operation* rule = find(network, cast<FlatSymbolRefAttr>(name).getValue());
    auto variable = rule ? dyn_cast_or_null<VariableOp>(find(rule, leaf)) : VariableOp();
    if (variable && variable.getScope() == Scope::Synapse) {
      return success();
    }
  }
  return reduce.emitOpError("reduces @") << leaf << ", which no synapse of @" << root << " has";
}

LogicalResult NetworkVerifier::verifyWrite(WriteOp write, const Body& body) {
  for (WriteAttr target : write.getWrites().getAsRange<WriteAttr>()) {
    StringRef name = target.getTarget().getValue();
    if (target.getKind() == WriteKind::Deliver) {
      if (!body.delivers) {
        return write.emitOpError("delivers to @") << name << "; only programs of synapses deliver";
      }
      continue;
    }
    auto variable = dyn_cast_or_null<VariableOp>(find(body.table, name));
    if (!variable) {
      return write.emitOpError("sets @")
             << name << ", which is no variable of @" << SymbolTable::getSymbolName(body.table).getValue();
    }
    if (variable.getScope() != body.sets) {
      InFlightDiagnostic error = write.emitOpError("sets @")
                                 << name << " of scope " << stringifyScope(variable.getScope())
                                 << ", but this body sets variables of scope " << stringifyScope(*body.sets);
      error.attachNote(variable.getLoc()) << "declared here";
      return error;
    }
  }
  return success();
}
