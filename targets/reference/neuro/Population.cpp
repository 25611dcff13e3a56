// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Population.h"

#include "runtime/support/Error.h"
#include "runtime/support/Random.h"

#include <cmath>
#include <numbers>
#include <numeric>

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
    : network(network), population(population), forms(forms), step(step), moment(moment) {
  element = cell;
  drawer = population.name;
  dt = network.dt;
  time = static_cast<double>(step) * dt;
  if (moment != Moment::Setup) {
    for (auto& [name, state] : population.variables) {
      const auto& from = moment == Moment::Arrival ? population.before : population.after;
      values[name] = Arithmetic::exact(from.at(name.str())[cell]);
    }
  }
}

Number CellScope::get(StringRef name) {
  for (auto [i, unknown] : llvm::enumerate(unknowns)) {
    if (unknown == name) {
      return Number::unknown(values[name], i, unknowns.size());
    }
  }
  Operation* op = SymbolTable::lookupSymbolIn(population.cell, name);
  if (auto derived = dyn_cast_or_null<neuro::DerivedOp>(op)) {
    return evaluate(derived.getBody(), *this, forms).front();
  }
  if (isa_and_present<neuro::VariableOp>(op) && moment != Moment::Setup) {
    return Number(values[name]);
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
  CellScope scope(network, *other, 0, step, Moment::Step, forms);
  Quantity result = scope.get(name).value;
  result.origin = Origin::Moving;
  return result;
}

Quantity CellScope::fired(StringRef name) {
  bool now = llvm::is_contained(population.event(name).emitted[element], step - 1);
  return {now ? 1.0 : 0.0, 0.0, Trust::Sure, Origin::Moving};
}

Quantity CellScope::evaluateFor(const std::string& name, Region& body) {
  std::string outer = std::exchange(drawer, name);
  Quantity result = value(body);
  drawer = outer;
  return result;
}

/// The z >= 0 whose upper tail has probability p in (0, 1/2], by bisection of libm's erfc: another way than
/// the compiler's.
static double upperNormalQuantile(double p) {
  double low = 0.0, high = 40.0;
  for (int i = 0; i < 64; ++i) {
    double middle = 0.5 * (low + high);
    (0.5 * std::erfc(middle * std::numbers::sqrt2 / 2) > p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

/// P(N <= k) or P(N > k) of Poisson numbers for k = 0, 1, ..., each summed from its small end.
static std::vector<double> poissonTails(double mean, bool upper) {
  std::vector<double> tails(200);
  double probability = std::exp(-mean);
  for (size_t k = 0; k < tails.size(); ++k) {
    tails[k] = probability;
    probability *= mean / static_cast<double>(k + 1);
  }
  if (!upper) {
    std::partial_sum(tails.begin(), tails.end(), tails.begin());
    return tails;
  }
  tails.erase(tails.begin());
  std::partial_sum(tails.rbegin(), tails.rend(), tails.rbegin());
  return tails;
}

/// A Poisson number by inversion: a constant mean compares the word (`resolution` apart) with the upper tail,
/// so that a small word is a large number; any other compares the uniform number with the lower tail.
static Quantity poisson(const Forms& forms, const Quantity& mean, const support::PhiloxWords& words,
                        double uniform) {
  static const std::string large = "it draws Poisson numbers of a large mean";
  bool upper = mean.origin == Origin::Constant;
  if (mean.trust == Trust::Unknown) {
    return mean;
  }
  if (!(mean.value <= (upper ? 32.0 : 16.0))) {
    return unknown(large);
  }
  bool small = mean.value < 1.0 / 64;
  double word = words[0] * 0x1p-32 + (small ? words[1] * 0x1p-64 : 0.0);
  double drawn = upper ? word : uniform, resolution = small ? 0x1p-64 : 0x1p-32;
  Quantity result = {};
  for (double tail : poissonTails(std::max(mean.value, 0.0), upper)) {
    double distance = std::abs(drawn - tail);
    double margin = upper ? resolution + 1e-12 * tail : forms.bound * (1.0 + mean.slack);
    if (tail > resolution && distance <= margin) {
      result.trust = Trust::Doubtful;
    }
    if (upper ? drawn >= tail : drawn < tail) {
      break;
    }
    result.value += 1.0;
  }
  return result;
}

/// From words 0 and 1 of the draw's block (architecture §4, "Random numbers"); a random op has 64 blocks.
Quantity CellScope::random(neuro::Distribution distribution, int64_t place, const std::string& stream,
                           const Quantity& mean) {
  static const std::string gamma = "it draws numbers of a gamma distribution";
  bool setup = moment == Moment::Setup;
  uint64_t seed = setup ? network.structureSeed : network.dynamicsSeed;
  uint64_t when = setup ? 0 : static_cast<uint64_t>(step);
  // Setup streams bear the quantity's own name.
  std::string name =
      drawer + (setup && !stream.empty() ? stream.substr(std::string(".rand").size()) : stream);
  support::PhiloxWords words = support::philox(seed, when, static_cast<uint64_t>(element),
                                               support::streamOf(name), static_cast<uint32_t>(place * 64));
  uint32_t high = words[0], low = words[1];
  double uniform = network.isSingle ? (high >> 8) * 0x1p-24 : support::uniformOf(high, low);
  Quantity result = {uniform, 1.0, Trust::Sure, setup ? Origin::Parameter : Origin::Moving};
  switch (distribution) {
  case neuro::Distribution::Uniform:
    return result;
  case neuro::Distribution::Normal: {
    // The lowest bit of `high` is the sign; the rest, and the upper bits of `low` in f64, are the tail.
    double tail = network.isSingle ? ((high >> 1) + 0.5) * 0x1p-32
                                   : ((high >> 1) * 0x1p21 + (low >> 11) + 0.5) * 0x1p-53;
    double size = upperNormalQuantile(tail);
    result.value = high & 1 ? -size : size;
    result.slack = 1.0 + size;
    return result;
  }
  case neuro::Distribution::Exponential:
    result.value = -std::log(1.0 - uniform);
    result.slack = 1.0 + result.value;
    return result;
  case neuro::Distribution::Poisson: {
    Quantity count = poisson(forms, mean, words, uniform);
    count.origin = result.origin;
    return Arithmetic::inherit(count, count, mean);
  }
  case neuro::Distribution::Gamma:
    break;
  }
  return unknown(gamma);
}

Quantity CellScope::reduce(neuro::ReduceOp op) {
  static const std::string keyed = "it reads a reduction by pre or post",
                           early = "its input reads a reduction";
  if (op.getBy() != neuro::ReduceBy::All || moment != Moment::Step) {
    return unknown(moment == Moment::Step ? keyed : early);
  }
  std::string owner = op.getSource().getRootReference().getValue().str();
  std::string name = op.getSource().getLeafReference().getValue().str();
  Population* other = network.find(owner);
  if (!other && !network.synapses.contains(owner + "." + name)) {
    throw Error::input("NS0621", "the program has no state '{}.{}', which a reduction reads", owner, name);
  }
  const std::vector<double>& values = other ? other->after.at(name) : network.synapses.at(owner + "." + name);
  Quantity result = {0.0, 0.0, Trust::Sure, Origin::Moving};
  for (auto [i, value] : llvm::enumerate(values)) {
    if (op.getKind() == neuro::ReduceKind::Sum) {
      result = forms.add(result, Arithmetic::exact(value));
    } else {
      bool smaller = op.getKind() == neuro::ReduceKind::Min ? value < result.value : value > result.value;
      result.value = i == 0 || smaller ? value : result.value;
    }
  }
  return result;
}

ElementsAttr CellScope::array(StringRef name) {
  return cast<neuro::ArrayOp>(SymbolTable::lookupSymbolIn(network.op, name)).getValues();
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
  auto reason = population.unknownPorts.find(op.getSymName().str());
  if (reason != population.unknownPorts.end()) {
    return unknown(reason->second);
  }
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
