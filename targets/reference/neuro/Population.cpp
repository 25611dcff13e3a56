// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Population.h"

#include "runtime/support/Error.h"
#include "targets/reference/neuro/Draw.h"
#include "targets/reference/neuro/Projection.h"

#include <cmath>

using namespace mlir;
using nissl::support::Error;

namespace nissl::reference {

int64_t stepsOf(double seconds, double dt) {
  return std::max<int64_t>(0, static_cast<int64_t>(std::floor(seconds / dt + 0.5)));
}

Region& Population::valueOf(Operation* quantity) {
  auto found = overrides.find(SymbolTable::getSymbolName(quantity).getValue());
  return found == overrides.end() ? quantity->getRegion(0) : found->second.getBody();
}

bool Population::isModulated(neuro::ParameterOp parameter) {
  auto found = overrides.find(parameter.getSymName());
  return found == overrides.end() ? parameter.getModulated() : found->second.getModulated();
}

EventRecord& Population::event(StringRef wanted) {
  for (EventRecord& event : events) {
    if (event.op.getSymName() == wanted) {
      return event;
    }
  }
  throw Error::input("NS0621", "cell '{}' has no event '{}'", cell.getSymName().str(), wanted.str());
}

static bool holds(EventRecord& event, StringRef variable) {
  ArrayAttr held = event.op.getHeldAttr();
  return held && llvm::any_of(held.getAsRange<FlatSymbolRefAttr>(),
                              [&](FlatSymbolRefAttr name) { return name.getValue() == variable; });
}

bool Population::canBeHeld(StringRef variable) {
  return llvm::any_of(events, [&](EventRecord& event) { return holds(event, variable); });
}

bool Population::isHeld(StringRef variable, int64_t element, int64_t step) {
  // heldTo is set at the end of a step, so the step of the event itself is never meant.
  return llvm::any_of(
      events, [&](EventRecord& event) { return event.heldTo[element] >= step && holds(event, variable); });
}

Network::Network() = default;
Network::~Network() = default;

Operation* Network::lookup(Operation* table, StringRef name) {
  auto [known, isNew] = symbols.try_emplace(table);
  if (isNew) {
    for (Operation& op : table->getRegion(0).front()) {
      if (auto symbol = op.getAttrOfType<StringAttr>(SymbolTable::getSymbolAttrName())) {
        known->second[symbol.getValue()] = &op;
      }
    }
  }
  return known->second.lookup(name);
}

Projection* Network::findProjection(StringRef name) {
  auto found = llvm::find_if(projections, [&](const Projection& p) { return p.name == name; });
  return found == projections.end() ? nullptr : &*found;
}

Population* Network::find(StringRef name) {
  for (Population& population : populations) {
    if (population.name == name) {
      return &population;
    }
  }
  return nullptr;
}

CellScope::CellScope(Network& network, Population& population, int64_t cell, int64_t step, Moment moment,
                     const Forms& forms)
    : ModelScope(forms), network(network), population(population), step(step), moment(moment) {
  element = cell;
  drawer = population.name;
  dt = network.dt;
  time = static_cast<double>(step) * dt;
  if (moment == Moment::Arrival || moment == Moment::Step) {
    load(moment == Moment::Arrival ? population.before : population.after);
  }
}

CellScope::CellScope(Network& network, Population& population, int64_t cell, int64_t step, const Values& seen,
                     Sight when, const Forms& forms)
    : CellScope(network, population, cell, step, Moment::Glimpse, forms) {
  sight = when;
  load(seen);
}

void CellScope::load(const Values& from) {
  for (auto& [name, state] : population.variables) {
    values[name] = Arithmetic::exact(from.at(name.str())[element]);
  }
}

Number CellScope::get(StringRef name) {
  Operation* op = network.lookup(population.cell, name);
  if (auto derived = dyn_cast_or_null<neuro::DerivedOp>(op)) {
    return evaluate(derived.getBody(), *this, forms).front();
  }
  if (isa_and_present<neuro::VariableOp>(op) && moment != Moment::Setup) {
    return numberOf(name);
  }
  static const std::string own = "only the cell itself reads its ports and pulses";
  if (isa_and_present<neuro::PortOp, neuro::PulseOp>(op) && moment == Moment::Glimpse) {
    return Number(unknown(own));
  }
  auto [known, isNew] = steady.try_emplace(name);
  if (isNew) {
    Quantity result = TypeSwitch<Operation*, Quantity>(op)
                          .Case<neuro::VariableOp>([&](auto v) {
                            return evaluateFor(population.name + "." + name.str(), population.valueOf(v));
                          })
                          .Case<neuro::ParameterOp>([&](auto p) { return parameter(p); })
                          .Case<neuro::PortOp>([&](auto p) { return port(p); })
                          .Case<neuro::PulseOp>([&](auto p) { return pulse(p); })
                          .Default([&](Operation*) -> Quantity {
                            throw Error::input("NS0621", "population '{}' has no quantity '{}'",
                                               population.name, name.str());
                          });
    steady[name] = result; // the evaluation may have moved the table
  }
  return Number(steady[name]);
}

Quantity CellScope::parameter(neuro::ParameterOp op) {
  auto known = population.parameters.find(op.getSymName().str());
  if (known != population.parameters.end()) {
    return known->second[element];
  }
  // A modulated one is evaluated in each step, from the cell's own stream.
  Quantity result = moment == Moment::Setup
                        ? evaluateFor(population.name + "." + op.getSymName().str(), population.valueOf(op))
                        : value(population.valueOf(op));
  if (population.isModulated(op)) {
    result.origin = Origin::Moving;
  }
  return result;
}

Quantity CellScope::broadcast(StringRef owner, StringRef name) {
  Population* other = network.find(owner);
  if (!other) {
    throw Error::input("NS0621", "the network has no population '{}'", owner.str());
  }
  static const std::string reason = "it reads what a broadcast was some time before";
  if (sight == Sight::Past) {
    return unknown(reason);
  }
  bool early = sight == Sight::Before;
  CellScope scope(network, *other, 0, step, early ? other->before : other->after,
                  early ? Sight::Before : Sight::After, forms);
  Quantity result = scope.get(name).value;
  result.origin = Origin::Moving;
  return result;
}

Quantity CellScope::fired(StringRef name) {
  const std::vector<int64_t>& steps = population.event(name).emitted[element];
  bool now = std::binary_search(steps.begin(), steps.end(), step - 1);
  return {now ? 1.0 : 0.0, 0.0, Trust::Sure, Origin::Moving};
}

Quantity CellScope::evaluateFor(const std::string& name, Region& body) {
  std::string outer = std::exchange(drawer, name);
  Quantity result = value(body);
  drawer = outer;
  return result;
}

Quantity CellScope::random(neuro::Distribution distribution, int64_t place, const std::string& stream,
                           const Quantity& mean) {
  return draw(network, forms, distribution,
              {drawer, stream, static_cast<uint64_t>(element), false, place, step, moment == Moment::Setup},
              mean);
}

Quantity CellScope::reduce(neuro::ReduceOp op) {
  static const std::string early = "it reads a reduction before or after the middle of a step";
  if ((moment != Moment::Step && moment != Moment::Glimpse) || sight != Sight::After) {
    return unknown(early);
  }
  StringRef owner = op.getSource().getRootReference().getValue();
  std::string name = op.getSource().getLeafReference().getValue().str();
  Population* other = network.find(owner);
  Projection* projection = network.findProjection(owner);
  if (!other && !(projection && projection->variables.contains(name))) {
    throw Error::input("NS0621", "the program has no state '{}.{}', which a reduction reads", owner.str(),
                       name);
  }
  std::vector<Quantity>& results = network.reductions[op];
  if (results.empty()) {
    const std::vector<double>& values = other ? other->after.at(name) : projection->variables[name].after;
    results = reduceValues(op, exactly(values), other ? nullptr : projection, forms);
  }
  return results[op.getBy() == neuro::ReduceBy::All ? 0 : element];
}

ElementsAttr CellScope::array(StringRef name) {
  return cast<neuro::ArrayOp>(network.lookup(network.op, name)).getValues();
}

Quantity CellScope::pulse(neuro::PulseOp op) {
  int64_t after = stepsOf(op.getAfter().convertToDouble(), dt);
  int64_t length = stepsOf(op.getDuration().convertToDouble(), dt);
  double count = 0;
  // What happened in step j bears the time of step j + 1.
  for (int64_t at : population.event(op.getEvent()).happened[element]) {
    count += step >= at + 1 + after && step < at + 1 + after + length ? 1.0 : 0.0;
  }
  bool sums = op.getOverlap() == neuro::Overlap::Sum;
  return {sums ? count : std::min(count, 1.0), 0.0, Trust::Sure, Origin::Moving};
}

Quantity CellScope::port(neuro::PortOp op) {
  Quantity sum = {0.0, 0.0, Trust::Sure, Origin::Moving};
  if (auto arrived = population.due.find({op.getSymName().str(), step}); arrived != population.due.end()) {
    sum = arrived->second[element];
  }
  for (Operation& other : network.op.getBody().front()) {
    auto input = dyn_cast<neuro::InputOp>(other);
    auto drive = dyn_cast<neuro::DriveOp>(other);
    neuro::ViewAttr view = input ? input.getTarget() : drive ? drive.getTarget() : neuro::ViewAttr();
    StringRef target = input ? input.getPort() : drive ? drive.getPort() : StringRef();
    if (!view || view.getPopulation().getValue() != population.name || target != op.getSymName() ||
        element < view.getBegin() || (view.getEnd() >= 0 && element >= view.getEnd())) {
      continue;
    }
    Quantity value;
    if (drive) {
      Quantity count = Arithmetic::constant(static_cast<double>(drive.getCount()) * dt);
      Quantity mean = forms.multiply(evaluateFor(drive.getSymName().str(), drive.getRate()), count);
      std::string outer = std::exchange(drawer, drive.getSymName().str());
      value = random(neuro::Distribution::Poisson, 0, "", mean);
      drawer = outer;
      value = forms.multiply(value, evaluateFor(drive.getSymName().str(), drive.getWeight()));
    } else if (input.getHost()) {
      auto fed = network.hostInputs.find(input.getSymName().str());
      // What the host gives is rounded to the target's precision.
      value = Arithmetic::constant(fed == network.hostInputs.end() ? 0.0 : fed->second[element]);
    } else {
      value = evaluateFor(input.getSymName().str(), input.getValue());
    }
    sum = forms.add(sum, value);
  }
  return sum;
}

void CellScope::run(Region& body, llvm::function_ref<bool(StringRef)> skipped) {
  if (body.empty()) {
    return;
  }
  auto write = cast<neuro::WriteOp>(body.front().getTerminator());
  std::vector<Number> results = evaluate(body, *this, forms);
  for (auto [target, result] : llvm::zip_equal(write.getWrites().getAsRange<neuro::WriteAttr>(), results)) {
    if (!skipped(target.getTarget().getValue())) {
      assign(target.getTarget().getValue(), result.value);
    }
  }
}

} // namespace nissl::reference
