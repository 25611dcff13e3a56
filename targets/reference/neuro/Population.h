// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A population of a neuro.network as the reference interpreter sees it, with the target's values and events.
#pragma once

#include "runtime/device/Device.h"
#include "targets/reference/neuro/Integrator.h"

#include "llvm/ADT/MapVector.h"

#include <deque>
#include <map>
#include <vector>

namespace nissl::reference {

/// Values of variables on the target, by name and cell.
using Values = std::map<std::string, std::vector<double>>;

/// An event of a population and when it happened on the target. Steps are those at whose end it did.
struct EventRecord {
  neuro::EventOp op;
  program::Index index = program::none, emittedIndex = program::none;
  std::vector<std::vector<int64_t>> happened, emitted; ///< by cell: steps, ascending
  std::vector<int64_t> heldTo, blockedTo;              ///< by cell: the last step of it
  std::map<std::pair<int64_t, int64_t>, Quantity> due; ///< delayed emission: how surely, by step and cell
  std::map<std::pair<int64_t, int64_t>, Quantity> payloads; ///< by the step and the cell of the event
};

struct Population {
  /// The body that gives a parameter or an initial value, with the population's own.
  mlir::Region& valueOf(mlir::Operation* quantity);
  bool isModulated(neuro::ParameterOp parameter);
  EventRecord& event(llvm::StringRef name);
  /// Whether an event of the cell can hold this variable.
  bool canBeHeld(llvm::StringRef variable);
  bool isHeld(llvm::StringRef variable, int64_t cell, int64_t step);

  std::string name;
  neuro::CellOp cell;
  int64_t size = 0;
  llvm::StringMap<neuro::OverrideOp> overrides;
  llvm::MapVector<llvm::StringRef, program::Index> variables; ///< and the states of the program
  std::map<std::string, std::vector<Quantity>> parameters;    ///< those that are not modulated
  Values initial, before, after, next; ///< of variables: at the start, and around the present step
  /// The same of earlier steps, as far as synapses look back.
  struct Past {
    Values before, after, next;
  };
  std::map<int64_t, Past> past;
  int64_t reach = 0; ///< how many steps synapses look back
  std::deque<EventRecord> events;
  std::map<std::pair<std::string, int64_t>, std::vector<Quantity>> due; ///< what comes, by port and step
  bool arrivesLate = false; ///< its input is taken when others' events of the same step are known
};

struct Projection;

/// The parts of a network and what the host feeds them.
struct Network {
  /// The op of that name in a cell, rule or the network itself; null where there is none.
  mlir::Operation* lookup(mlir::Operation* table, llvm::StringRef name);
  Population* find(llvm::StringRef name);
  Projection* findProjection(llvm::StringRef name);

  neuro::NetworkOp op;
  double dt = 0.0;
  bool isSingle = false; ///< the target draws in f32, from fewer bits
  uint64_t structureSeed = 0, dynamicsSeed = 0;
  std::deque<Population> populations;
  std::deque<Projection> projections;
  Values hostInputs; ///< of the present step
  /// Reductions over synapses in the present step, after arrivals.
  std::map<mlir::Operation*, std::vector<Quantity>> reductions;

  Network();
  ~Network();

private:
  std::map<mlir::Operation*, llvm::StringMap<mlir::Operation*>> symbols;
};

/// floor(x/dt + 1/2): how many steps a time is.
int64_t stepsOf(double seconds, double dt);

/// The names of one cell in one step.
class CellScope final : public ModelScope {
public:
  /// `Setup`: variables mean their initial values. `Glimpse`: what is seen from elsewhere, at any moment.
  enum class Moment { Setup, Arrival, Step, Glimpse };
  CellScope(Network& network, Population& population, int64_t cell, int64_t step, Moment moment,
            const Forms& forms);
  /// When in the step a glimpse is: before arrivals, after them, when programs run, or in an earlier step.
  enum class Sight { Before, After, Late, Past };
  CellScope(Network& network, Population& population, int64_t cell, int64_t step, const Values& seen,
            Sight sight, const Forms& forms);

  Number get(llvm::StringRef name) override;
  Quantity broadcast(llvm::StringRef population, llvm::StringRef name) override;
  Quantity fired(llvm::StringRef event) override;
  Quantity random(neuro::Distribution distribution, int64_t place, const std::string& stream,
                  const Quantity& mean) override;
  Quantity reduce(neuro::ReduceOp op) override;
  Quantity payload() override { return carried ? *carried : Scope::payload(); }
  mlir::ElementsAttr array(llvm::StringRef name) override;
  Quantity variable(llvm::StringRef name) override { return values[name]; }
  void assign(llvm::StringRef name, const Quantity& value) override { values[name] = value; }
  bool isHeld(llvm::StringRef name) override { return population.isHeld(name, element, step); }
  bool canBeHeld(llvm::StringRef name) override { return population.canBeHeld(name); }

  /// Runs a body that writes variables; those that are `skipped` keep their values.
  void run(mlir::Region& body, llvm::function_ref<bool(llvm::StringRef)> skipped);

  Network& network;
  Population& population;
  const int64_t step;
  std::optional<Quantity> carried; ///< the payload of the event that is under way

private:
  Quantity port(neuro::PortOp port);
  Quantity pulse(neuro::PulseOp pulse);
  Quantity parameter(neuro::ParameterOp parameter);
  Quantity evaluateFor(const std::string& drawer, mlir::Region& body);
  void load(const Values& from);

  Moment moment;
  Sight sight = Sight::After;
  std::string drawer;                       ///< what random streams are named after
  llvm::StringMap<Quantity> values, steady; ///< variables; what stays the same within the step
};

} // namespace nissl::reference
