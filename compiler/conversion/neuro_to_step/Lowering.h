// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What all parts of the conversion share: the network, its populations, and what was declared for them.
#pragma once

#include "compiler/conversion/neuro_to_step/ProgramWriter.h"
#include "dialects/neuro/NeuroDialect.h"

#include "llvm/ADT/StringMap.h"

#include <deque>

namespace nissl::conversion {

/// A parameter of a population or rule after setup.
struct Parameter {
  std::optional<double> constant; ///< the same for all, known now
  std::string state;              ///< otherwise where the setup puts it; empty if it is modulated
};

/// A population or source.
struct Population {
  std::string name; ///< of the network and of the extent
  int64_t size = 0;
  mlir::Operation* op = nullptr; ///< neuro.population, neuro.poisson or neuro.spikes
  neuro::CellOp cell;            ///< null for a source
  llvm::StringMap<neuro::OverrideOp> overrides;
  llvm::StringMap<Parameter> parameters;
  llvm::StringMap<std::string> variables;   ///< the state of each variable
  llvm::StringMap<std::string> initials;    ///< a copy of the initial value, where something restores it
  llvm::StringMap<std::string> emitPorts;   ///< S of a port, where something feeds it
  llvm::StringMap<std::string> arrivePorts; ///< P of a port
  llvm::StringMap<std::string> flags;       ///< i1 states: who had the event; asked for by event
  llvm::StringMap<std::string> payloads;    ///< states of the events' payloads
  llvm::StringMap<std::string> counters;    ///< i32 states: steps left of holds, blocks and pulses
  llvm::StringMap<std::string> lines;       ///< i32 ports: events on their way, by what waits for them
  llvm::MapVector<llvm::StringRef, std::string> recordedOrder; ///< states that probes need, by quantity

  /// The op that a cell's name means; null if there is none.
  mlir::Operation* find(llvm::StringRef symbol) const;
  /// The body that gives parameter or variable `quantity` its value here.
  mlir::Region& valueOf(mlir::Operation* quantity) const;
  bool isModulated(neuro::ParameterOp parameter) const;
};

class Lowering {
public:
  Lowering(neuro::NetworkOp network, double dt) : network(network), dt(dt), writer(network, dt) {}

  neuro::NetworkOp network;
  double dt;
  ProgramWriter writer;
  std::deque<Population> populations; ///< in the order of the network; never moves

  Population* population(llvm::StringRef name);
  mlir::Operation* find(llvm::StringRef symbol) const {
    return mlir::SymbolTable::lookupSymbolIn(network, symbol);
  }

  /// A duration as steps, rounding half up; warns at `op` where that moves it by more than 1e-9 of itself.
  int64_t steps(mlir::Operation* op, double seconds, llvm::StringRef what) const;
  /// The step.array of a neuro.array.
  std::string array(llvm::StringRef name);

  /// The events of the population that projections take: those of `event`, or its delayed emission.
  std::string emittedEvents(const Population& population, llvm::StringRef event) const;
  /// The i1 state that says who is in emittedEvents at t_k.
  std::string flag(Population& population, llvm::StringRef event);
  /// An i32 state of the population under this name.
  std::string counter(Population& population, const std::string& name);
  /// An i32 port of the population under this name, with at least so many slots.
  std::string line(Population& population, const std::string& name, int64_t slots);
  /// What projections and programs add to; the name of the step.port with at least so many slots.
  std::string emitPort(Population& population, llvm::StringRef port, int64_t slots);
  std::string arrivePort(Population& population, llvm::StringRef port, int64_t slots);
  /// The state whose history holds what `state` of `owner` was at each t_k: before arrivals (Phase::Begin),
  /// after them (Phase::Parameters), or when programs ran (Phase::Programs).
  std::string pushed(llvm::StringRef state, llvm::StringRef owner, Phase when, mlir::Type type = {});
  /// A state whose history begins with what `state` is after setup.
  std::string copyOf(llvm::StringRef state, llvm::StringRef suffix, llvm::StringRef owner,
                     mlir::Type type = {});
  /// The copy of a broadcast variable as it is after arrivals, for bodies that run after integration began.
  std::string seen(Population& population, llvm::StringRef variable);
  /// The states of a projection's synapses by variable, and what its table joins.
  struct Table {
    Population* source = nullptr;
    Population* target = nullptr;
    llvm::StringMap<std::string> fields;
  };
  llvm::StringMap<Table> tables;
  /// The result of a reduction, a state of the network or of a projection's side, computed in `phase`.
  std::string reduction(neuro::ReduceOp reduce, llvm::StringRef source, llvm::StringRef owner, Phase phase,
                        mlir::Operation* before);

private:
  llvm::StringMap<std::string> arrays, seenCopies, reductions, histories;

public:
  /// The step.events of each trigger.
  llvm::StringMap<std::string> triggers;
  /// Stands where programs begin, until the end of the conversion.
  mlir::Operation* programsBegin = nullptr;
};

} // namespace nissl::conversion
