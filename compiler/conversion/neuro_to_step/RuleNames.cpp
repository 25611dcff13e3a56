// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/RuleNames.h"

using namespace mlir;

namespace nissl::conversion {

using neuro::Scope;

std::string RuleNames::stateOf(StringRef variable) {
  switch (view) {
  case Scope::Pre:
    return projection.preStates.lookup(variable);
  case Scope::Post:
    return projection.postStates.lookup(variable);
  case Scope::Projection:
    return projection.ownStates.lookup(variable);
  default:
    return projection.fields.lookup(variable);
  }
}

Value RuleNames::get(StringRef name, Operation* at) {
  Operation* op = SymbolTable::lookupSymbolIn(rule, name);
  if (!op) {
    return ofCell(name, at);
  }
  std::string key = rule.getSymName().str() + "." + name.str();
  if (auto parameter = dyn_cast<neuro::ParameterOp>(op)) {
    const Parameter& form = projection.parameters[key];
    if (form.constant) {
      return body.constant(*form.constant);
    }
    if (!form.state.empty()) {
      return body.real(form.state,
                       view == Scope::Projection ? step::ReadRole::Own : step::ReadRole::Broadcast);
    }
    return remembered(key, [&] { return value(parameter.getBody()); });
  }
  if (auto derived = dyn_cast<neuro::DerivedOp>(op)) {
    return remembered(key, [&] { return value(derived.getBody()); });
  }
  auto variable = cast<neuro::VariableOp>(op);
  if (variable.getScope() == view) {
    return this->variable(name);
  }
  if (variable.getScope() == Scope::Projection) {
    return body.real(projection.ownStates[name], step::ReadRole::Broadcast);
  }
  if (view != Scope::Synapse) {
    at->emitError("reads @") << name << " of scope " << neuro::stringifyScope(variable.getScope())
                             << " in a body of scope " << neuro::stringifyScope(view)
                             << "; only programs of synapses see both sides";
    return {};
  }
  bool isPre = variable.getScope() == Scope::Pre;
  return ofSide(isPre ? projection.preStates[name] : projection.postStates[name], variable.getScope());
}

/// A trace as it is seen at the synapse: the source's as it was `axonal` ago, the target's `back` ago.
Value RuleNames::ofSide(StringRef state, Scope side) {
  bool isPre = side == Scope::Pre;
  int64_t reach = isPre ? projection.axonal : projection.back;
  step::ReadRole role = isPre ? step::ReadRole::Pre : step::ReadRole::Post;
  Moment moment = isPre ? pre : post;
  if (reach == 0) {
    return body.real(state, role);
  }
  std::string past = recordedAt(state, side, moment);
  lowering.writer.needHistory(past, reach + 1);
  return body.real(past, role, isPre ? step::ReadAttr::delayLag : reach);
}

std::string RuleNames::recordedAt(StringRef state, Scope side, Moment moment) {
  StringRef owner = side == Scope::Pre ? projection.source->name : projection.target->name;
  if (moment == Moment::Late) {
    return lowering.pushed(state, owner, Phase::Programs);
  }
  std::string& known = points.recorded[(state + (moment == Moment::Before ? "|before" : "|after")).str()];
  if (!known.empty()) {
    return known;
  }
  Operation* point = moment == Moment::Before ? points.before
                     : side == Scope::Pre     ? points.afterPre
                                              : points.afterPost;
  // The state keeps one history itself; another moment needs a copy.
  std::string other =
      points.recorded.lookup((state + (moment == Moment::Before ? "|after" : "|before")).str());
  known = state.str();
  if (!other.empty()) {
    known = lowering.copyOf(state, moment == Moment::Before ? ".before" : ".after", owner);
    BodyWriter copy = lowering.writer.mapBefore(point, owner);
    copy.writeState(known, copy.real(state));
    copy.finish();
  }
  lowering.writer.pushBefore(point, known);
  return known;
}

Value RuleNames::ofCell(StringRef name, Operation* at) {
  auto [side, quantity] = name.split('.');
  bool isPre = side == "pre";
  Population& population = isPre ? *projection.source : *projection.target;
  step::ReadRole role =
      view == Scope::Synapse ? (isPre ? step::ReadRole::Pre : step::ReadRole::Post) : step::ReadRole::Own;
  if (view != Scope::Synapse && view != (isPre ? Scope::Pre : Scope::Post)) {
    at->emitError("reads @") << name << " in a body of scope " << neuro::stringifyScope(view)
                             << "; only programs of synapses see both sides";
    return {};
  }
  CellNames names(lowering, body, phase, population, role);
  if (view == Scope::Synapse && isPre && projection.axonal > 0) {
    names.lag = step::ReadAttr::delayLag;
    names.depth = projection.axonal + 1;
  }
  return names.get(quantity, at);
}

Value RuleNames::reduce(neuro::ReduceOp op) {
  auto flat = dyn_cast<FlatSymbolRefAttr>(op.getSource());
  if (!flat) {
    return Names::reduce(op);
  }
  bool all = op.getBy() == neuro::ReduceBy::All, byPre = op.getBy() == neuro::ReduceBy::Pre;
  std::string owner = all     ? lowering.writer.networkExtent().str()
                      : byPre ? projection.source->name
                              : projection.target->name;
  if (view != Scope::Synapse && !all && view != (byPre ? Scope::Pre : Scope::Post)) {
    op.emitError("reduces by ") << neuro::stringifyReduceBy(op.getBy()) << " in a body of scope "
                                << neuro::stringifyScope(view);
    return {};
  }
  Phase when = phase <= Phase::Arrive        ? Phase::Begin
               : phase <= Phase::Populations ? Phase::Parameters
                                             : phase;
  std::string into =
      lowering.reduction(op, projection.fields[flat.getValue()], owner, when, body.operation());
  step::ReadRole role = all                      ? step::ReadRole::Broadcast
                        : view == Scope::Synapse ? sideOf(static_cast<step::ReduceBy>(op.getBy()))
                                                 : step::ReadRole::Own;
  return body.real(into, role);
}

LogicalResult RuleNames::run(neuro::ProgramOp program, Value when, int64_t wait) {
  auto write = cast<neuro::WriteOp>(program.getBody().front().getTerminator());
  SmallVector<Value> values = this->write(program.getBody());
  if (values.empty() && !write.getValues().empty()) {
    return failure();
  }
  for (auto [target, value] : llvm::zip_equal(write.getWrites().getAsRange<neuro::WriteAttr>(), values)) {
    StringRef name = target.getTarget().getValue();
    if (target.getKind() == neuro::WriteKind::Set) {
      assign(name, when ? body.select(when, value, variable(name)) : value);
      continue;
    }
    StringRef port = name == "port" && projection.op.getPort() ? *projection.op.getPort() : name;
    int64_t delay = wait + projection.dendritic;
    std::string symbol = lowering.arrivePort(*projection.target, port, delay + 1);
    body.writePort(symbol, value, delay > 0 ? body.constant(static_cast<int32_t>(delay)) : Value());
  }
  return success();
}

void RuleNames::writeStates() {
  for (auto& [variable, value] : assigned()) {
    body.writeState(stateOf(variable), value);
  }
}

} // namespace nissl::conversion
