// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/RuleScope.h"

#include "runtime/support/Error.h"
#include "runtime/support/Random.h"
#include "targets/reference/neuro/Draw.h"

using namespace mlir;
using nissl::support::Error;

namespace nissl::reference {

RuleScope::RuleScope(Network& network, Projection& projection, neuro::Scope view, int64_t position,
                     int64_t step, Moment moment, Reductions& reductions, const Forms& forms)
    : ModelScope(forms), network(network), projection(projection), view(view),
      at(static_cast<size_t>(position)), step(step), moment(moment), reductions(reductions),
      drawer(projection.name) {
  element = position;
  dt = network.dt;
  time = static_cast<double>(step) * dt;
}

Number RuleScope::get(StringRef name) {
  Operation* op = rule ? network.lookup(rule, name) : nullptr;
  if (auto known = dyn_cast_or_null<neuro::ParameterOp>(op)) {
    return Number(parameter(known));
  }
  if (auto derived = dyn_cast_or_null<neuro::DerivedOp>(op)) {
    return evaluate(derived.getBody(), *this, forms).front();
  }
  if (!isa_and_present<neuro::VariableOp>(op)) {
    return ofCell(name);
  }
  if (moment == Moment::Setup) {
    return Number(initial(name));
  }
  RuleVariable& owner = projection.variables[name.str()];
  if (owner.scope == view) {
    return numberOf(name);
  }
  if (owner.scope == neuro::Scope::Projection) {
    return Number(moment == Moment::Equation ? Arithmetic::exact(owner.after[0]) : owner.now[0]);
  }
  if (!isSynapse()) {
    throw Error::input("NS0621", "'{}' is read in a body of rule '{}' that sees only one side of the synapse",
                       name.str(), rule.getSymName().str());
  }
  return Number(trace(owner, owner.scope == neuro::Scope::Pre));
}

Quantity RuleScope::initial(StringRef name) {
  auto variable = cast<neuro::VariableOp>(network.lookup(rule, name));
  bool isWeight = name == "w" && !projection.op.getWeight().empty();
  return drawnFor(name, isWeight ? projection.op.getWeight() : variable.getBody());
}

Quantity RuleScope::drawnFor(StringRef name, Region& body) {
  std::string outer = std::exchange(drawer, projection.name + "." + name.str());
  Quantity result = value(body);
  drawer = outer;
  return result;
}

Quantity RuleScope::parameter(neuro::ParameterOp op) {
  auto known = projection.parameters.find(rule.getSymName().str() + "." + op.getSymName().str());
  if (known != projection.parameters.end()) {
    return known->second;
  }
  if (!op.getModulated()) {
    return drawnFor(op.getSymName(), op.getBody());
  }
  Quantity result = value(op.getBody());
  result.origin = Origin::Moving;
  return result;
}

/// "In a synapse program pre.x is the source's x as it was `axonal` ago"; a post spike and the target's
/// traces need `back` to reach the synapse.
Quantity RuleScope::trace(RuleVariable& variable, bool isPre) {
  int64_t ago = isPre ? projection.delays[at] : projection.back;
  size_t cell = isPre ? projection.sources[at] : projection.targets[at];
  bool jumped = moment == Moment::Equation || (isPre ? preJumped : postJumped);
  if (ago == 0) {
    if (moment == Moment::Equation) {
      return Arithmetic::exact(variable.after[cell]);
    }
    return moment == Moment::Program || jumped ? variable.now[cell]
                                               : Arithmetic::exact(variable.before[cell]);
  }
  auto past = variable.past.find(step - ago);
  if (past == variable.past.end()) {
    return Arithmetic::exact(variable.initial[cell]);
  }
  if (moment == Moment::Program) {
    return past->second.late[cell];
  }
  return Arithmetic::exact((jumped ? past->second.after : past->second.before)[cell]);
}

/// What the projection's cells have. Only the way from the source delays what is seen.
Number RuleScope::ofCell(StringRef name) {
  auto [side, quantity] = name.split('.');
  bool isPre = side == "pre", isPost = side == "post";
  Population* population = isPre ? projection.source : isPost ? projection.target : nullptr;
  bool sees = isSynapse() || view == (isPre ? neuro::Scope::Pre : neuro::Scope::Post);
  if (!population || !sees || moment == Moment::Setup) {
    throw Error::input("NS0621", "'{}' is read for projection '{}', which does not see it", name.str(),
                       projection.name);
  }
  auto cell = static_cast<int64_t>(!isSynapse() ? at
                                   : isPre      ? projection.sources[at]
                                                : projection.targets[at]);
  int64_t ago = isSynapse() && isPre ? projection.delays[at] : 0;
  using Sight = CellScope::Sight;
  Sight sight = moment == Moment::Event      ? Sight::Before
                : moment == Moment::Equation ? Sight::After
                                             : Sight::Late;
  auto seen = [&](auto& values) -> const Values& {
    return sight == Sight::Before ? values.before : sight == Sight::After ? values.after : values.next;
  };
  if (ago > 0) {
    auto past = population->past.find(step - ago);
    const Values& values = past == population->past.end() ? population->initial : seen(past->second);
    CellScope scope(network, *population, cell, step, values, Sight::Past, forms);
    return Number(scope.get(quantity).value);
  }
  if (!isSynapse() && moment == Moment::Equation) {
    // The cell's own: also its ports and pulses.
    CellScope scope(network, *population, cell, step, CellScope::Moment::Step, forms);
    return Number(scope.get(quantity).value);
  }
  CellScope scope(network, *population, cell, step, seen(*population), sight, forms);
  return Number(scope.get(quantity).value);
}

Quantity RuleScope::broadcast(StringRef owner, StringRef name) {
  Population* other = network.find(owner);
  if (!other || moment == Moment::Setup) {
    throw Error::input("NS0621", "projection '{}' reads a broadcast of '{}', which it cannot",
                       projection.name, owner.str());
  }
  bool early = moment == Moment::Event; // nothing that arrives now has changed it yet
  CellScope scope(network, *other, 0, step, early ? other->before : other->after,
                  early ? CellScope::Sight::Before : CellScope::Sight::After, forms);
  Quantity result = scope.get(name).value;
  result.origin = Origin::Moving;
  return result;
}

Quantity RuleScope::fired(StringRef event) {
  throw Error::input("NS0621", "a rule asks whether '{}' happened; only a cell's own equations can",
                     event.str());
}

Quantity RuleScope::random(neuro::Distribution distribution, int64_t place, const std::string& stream,
                           const Quantity& mean) {
  uint64_t entity =
      isSynapse() ? support::synapseEntity(projection.sources[at], projection.ordinals[at]) : at;
  return draw(network, forms, distribution,
              {drawer, stream, entity, isSynapse(), place, step, moment == Moment::Setup}, mean);
}

Quantity RuleScope::reduce(neuro::ReduceOp op) {
  auto flat = dyn_cast<FlatSymbolRefAttr>(op.getSource());
  StringRef owner = op.getSource().getRootReference().getValue(),
            name = op.getSource().getLeafReference().getValue();
  Population* population = flat ? nullptr : network.find(owner);
  Projection* synapses = flat ? &projection : network.findProjection(owner);
  auto variable = synapses ? synapses->variables.find(name.str()) : projection.variables.end();
  if (!population && (!synapses || variable == synapses->variables.end())) {
    throw Error::input("NS0621", "the program has no state '{}.{}', which a reduction reads", owner.str(),
                       name.str());
  }
  std::vector<Quantity>& results = reductions[op];
  if (results.empty()) {
    std::vector<Quantity> values;
    if (population) {
      values = exactly((moment == Moment::Event      ? population->before
                        : moment == Moment::Equation ? population->after
                                                     : population->next)
                           .at(name.str()));
    } else {
      RuleVariable& reduced = variable->second;
      values = moment == Moment::Event      ? exactly(reduced.before)
               : moment == Moment::Equation ? exactly(reduced.after)
                                            : reduced.now;
    }
    results = reduceValues(op, values, population ? nullptr : synapses, forms);
  }
  if (op.getBy() == neuro::ReduceBy::All) {
    return results.front();
  }
  bool byPre = op.getBy() == neuro::ReduceBy::Pre;
  return results[!isSynapse() ? at : byPre ? projection.sources[at] : projection.targets[at]];
}

Quantity RuleScope::payload() {
  Population* population = projection.source;
  if (!population || !(isSynapse() || view == neuro::Scope::Pre)) {
    return Scope::payload();
  }
  // An event that bears the time t_k happened in step k - 1.
  int64_t ago = isSynapse() ? projection.delays[at] : 0;
  auto cell = static_cast<int64_t>(isSynapse() ? projection.sources[at] : at);
  const auto& payloads = population->event(projection.op.getEventName()).payloads;
  auto found = payloads.find({step - ago - 1, cell});
  return found == payloads.end() ? Scope::payload() : found->second;
}

double RuleScope::position(neuro::IndexKind kind) const {
  if (!isSynapse()) {
    return Scope::position(kind);
  }
  switch (kind) {
  case neuro::IndexKind::Pre:
    return projection.sources[at];
  case neuro::IndexKind::Post:
    return projection.targets[at];
  case neuro::IndexKind::Ordinal:
    return projection.ordinals[at];
  default:
    return static_cast<double>(at);
  }
}

ElementsAttr RuleScope::array(StringRef name) {
  return cast<neuro::ArrayOp>(network.lookup(network.op, name)).getValues();
}

Quantity RuleScope::variable(StringRef name) { return projection.variables[name.str()].now[at]; }

void RuleScope::assign(StringRef name, const Quantity& value) {
  projection.variables[name.str()].now[at] = value;
}

} // namespace nissl::reference
