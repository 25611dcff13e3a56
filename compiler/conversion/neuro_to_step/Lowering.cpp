// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/Lowering.h"

#include <cmath>

using namespace mlir;

namespace nissl::conversion {

Operation* Population::find(StringRef symbol) const {
  return cell ? SymbolTable::lookupSymbolIn(cell, symbol) : nullptr;
}

Region& Population::valueOf(Operation* quantity) const {
  auto found = overrides.find(SymbolTable::getSymbolName(quantity).getValue());
  return found == overrides.end() ? quantity->getRegion(0) : found->second->getRegion(0);
}

bool Population::isModulated(neuro::ParameterOp parameter) const {
  auto found = overrides.find(parameter.getSymName());
  if (found == overrides.end()) {
    return parameter.getModulated();
  }
  neuro::OverrideOp override = found->second;
  return override.getModulated();
}

Population* Lowering::population(StringRef name) {
  auto found = llvm::find_if(populations, [&](const Population& p) { return name == p.name; });
  return found == populations.end() ? nullptr : &*found;
}

int64_t Lowering::steps(Operation* op, double seconds, StringRef what) const {
  auto steps = static_cast<int64_t>(std::floor(seconds / dt + 0.5));
  double moved = std::abs(static_cast<double>(steps) * dt - seconds);
  if (moved > 1e-9 * std::abs(seconds)) {
    op->emitWarning() << what << " of " << seconds << " s is no whole number of steps of " << dt
                      << " s; it becomes " << steps << " steps, which is " << static_cast<double>(steps) * dt
                      << " s";
  }
  return steps;
}

std::string Lowering::array(StringRef name) {
  std::string& known = arrays[name];
  if (known.empty()) {
    known = writer.array(name.str(), cast<neuro::ArrayOp>(find(name)).getValues());
  }
  return known;
}

std::string Lowering::emittedEvents(const Population& population, StringRef event) const {
  auto op = dyn_cast_or_null<neuro::EventOp>(population.find(event));
  bool later = op && !op.getEmitAfter().empty();
  return population.name + "." + event.str() + (later ? ".emitted" : "");
}

std::string Lowering::flag(Population& population, StringRef event) {
  std::string& known = population.flags[event];
  if (known.empty()) {
    known = writer.state(population.name + "." + event.str() + ".now", population.name,
                         IntegerType::get(network.getContext(), 1));
  }
  return known;
}

std::string Lowering::counter(Population& population, const std::string& name) {
  std::string& known = population.counters[name];
  if (known.empty()) {
    known = writer.state(population.name + "." + name, population.name,
                         IntegerType::get(network.getContext(), 32));
  }
  return known;
}

std::string Lowering::line(Population& population, const std::string& name, int64_t slots) {
  std::string& known = population.lines[name];
  if (known.empty()) {
    known = writer.port(population.name + "." + name, population.name, slots,
                        IntegerType::get(network.getContext(), 32));
  }
  writer.needSlots(known, slots);
  return known;
}

std::string Lowering::emitPort(Population& population, StringRef port, int64_t slots) {
  std::string& known = population.emitPorts[port];
  if (known.empty()) {
    known = writer.port(population.name + "." + port.str(), population.name, slots);
  }
  writer.needSlots(known, slots);
  return known;
}

std::string Lowering::arrivePort(Population& population, StringRef port, int64_t slots) {
  std::string& known = population.arrivePorts[port];
  if (known.empty()) {
    known = writer.port(population.name + "." + port.str() + ".arrive", population.name, slots);
  }
  writer.needSlots(known, slots);
  return known;
}

std::string Lowering::pushed(StringRef state, StringRef owner, Phase when, Type type) {
  std::string& known = histories[(state + "|" + std::to_string(static_cast<int>(when))).str()];
  if (!known.empty()) {
    return known;
  }
  if (when == Phase::Begin) {
    known = state.str();
    writer.push(when, known);
    return known;
  }
  // The state keeps one history itself; another moment needs a copy.
  bool late = when == Phase::Programs;
  known = copyOf(state, late ? ".late" : ".arrived", owner, type);
  BodyWriter copy = late ? writer.mapBefore(programsBegin, owner) : writer.map(when, owner);
  copy.writeState(known, copy.read(state, type ? type : copy.build.getF64Type()));
  copy.finish();
  if (late) {
    writer.pushBefore(programsBegin, known);
  } else {
    writer.push(when, known);
  }
  return known;
}

std::string Lowering::copyOf(StringRef state, StringRef suffix, StringRef owner, Type type) {
  std::string copy = writer.state((state + suffix).str(), owner, type);
  BodyWriter body = writer.map(Phase::Setup, owner);
  body.writeState(copy, body.read(state, type ? type : body.build.getF64Type()));
  body.finish();
  return copy;
}

std::string Lowering::seen(Population& population, StringRef variable) {
  std::string& known = seenCopies[population.name + "." + variable.str()];
  if (known.empty()) {
    known = writer.state(population.name + "." + variable.str() + ".seen", population.name);
    BodyWriter body = writer.map(Phase::Parameters, population.name);
    body.writeState(known, body.real(population.variables[variable]));
    body.finish();
  }
  return known;
}

std::string Lowering::reduction(neuro::ReduceOp reduce, StringRef source, StringRef owner, Phase phase,
                                Operation* before) {
  auto kind = static_cast<step::ReduceKind>(reduce.getKind());
  auto by = static_cast<step::ReduceBy>(reduce.getBy());
  // In a phase of programs each use reduces anew: an earlier program may have changed what is reduced.
  bool shared = phase == Phase::Begin || phase == Phase::Parameters;
  std::string key =
      (source + "|" + neuro::stringifyReduceKind(reduce.getKind()) + "|" +
       neuro::stringifyReduceBy(reduce.getBy()) + "|" + (phase == Phase::Begin ? "begin" : "late"))
          .str();
  if (shared && reductions.contains(key)) {
    return reductions[key];
  }
  std::string into = writer.state((source + "." + neuro::stringifyReduceKind(reduce.getKind()) + "." +
                                   neuro::stringifyReduceBy(reduce.getBy()))
                                      .str(),
                                  owner);
  if (shared) {
    writer.reduce(phase, kind, source, by, into);
    reductions[key] = into;
  } else {
    OpBuilder build(before);
    step::ReduceOp::create(build, reduce.getLoc(), step::ReduceKindAttr::get(build.getContext(), kind),
                           FlatSymbolRefAttr::get(build.getContext(), source),
                           step::ReduceByAttr::get(build.getContext(), by),
                           FlatSymbolRefAttr::get(build.getContext(), into));
  }
  return into;
}

} // namespace nissl::conversion
