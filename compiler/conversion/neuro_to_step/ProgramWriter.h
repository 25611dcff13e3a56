// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A step.program under construction: declarations in the order they were asked for, the setup, and one list
// of actions for each phase of a step. The phases are put in order by `finish`.
#pragma once

#include "compiler/conversion/neuro_to_step/BodyWriter.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

#include <string>

namespace nissl::conversion {

/// The phases of a step in their order; `Setup` runs once.
enum class Phase {
  Setup,
  Sources,     ///< sources and triggers are drawn and stamped t_k
  Begin,       ///< what is remembered of the state at t_k before arrivals
  Emit,        ///< contributions fixed at emission
  Rules,       ///< traces' jumps and programs at events, projection by projection
  Arrive,      ///< on_input at the start; ends with the sample
  Parameters,  ///< reductions and broadcasts, constant within the step
  Synapses,    ///< equations of synapses
  Traces,      ///< equations of a rule's pre, post and projection variables
  Populations, ///< integration and events
  Programs,    ///< every, continuous, triggers
};
inline constexpr unsigned phaseCount = 11;

class ProgramWriter {
public:
  ProgramWriter(mlir::Operation* network, double dt);
  ~ProgramWriter();

  /// `base` if it is free, else with the smallest number that makes it so.
  std::string unique(const std::string& base);

  // Declarations return the name that they got; `name` is taken through `unique`.
  std::string extent(const std::string& name, int64_t size);
  std::string state(const std::string& name, llvm::StringRef owner, mlir::Type type = {});
  /// A state that only the setup writes.
  std::string parameter(const std::string& name, llvm::StringRef owner, mlir::Type type = {});
  std::string port(const std::string& name, llvm::StringRef owner, int64_t slots, mlir::Type type = {});
  std::string events(const std::string& name, llvm::StringRef owner);
  std::string input(const std::string& name, llvm::StringRef owner);
  std::string array(const std::string& name, mlir::ElementsAttr values);
  /// Where the state keeps itself: lowest and highest.
  void setBounds(llvm::StringRef state, mlir::DenseF64ArrayAttr bounds);
  /// At least so many values of the state are kept.
  void needHistory(llvm::StringRef state, int64_t values);
  void needSlots(llvm::StringRef port, int64_t slots);
  bool isParameter(llvm::StringRef state) const { return parameters.contains(state); }
  mlir::ImplicitLocOpBuilder& declare() { return declarations; }

  // Actions are appended to a phase, or to `into` where it is given.
  BodyWriter map(Phase phase, llvm::StringRef over);
  BodyWriter traverse(Phase phase, llvm::StringRef table, step::TraverseKind kind,
                      llvm::StringRef events = {});
  void push(Phase phase, llvm::StringRef state);
  /// Something to insert before; \`finish\` removes it.
  mlir::Operation* marker(Phase phase);
  BodyWriter mapBefore(mlir::Operation* marker, llvm::StringRef over);
  void pushBefore(mlir::Operation* marker, llvm::StringRef state);
  void reduce(Phase phase, step::ReduceKind kind, llvm::StringRef source, step::ReduceBy by,
              llvm::StringRef into);
  void restore(Phase phase, llvm::StringRef state);
  /// Actions of `phase` go into this block until it is called with null.
  void redirect(Phase phase, mlir::Block* block) { inner[static_cast<unsigned>(phase)] = block; }
  mlir::ImplicitLocOpBuilder at(Phase phase);
  void setLocation(mlir::Location location);
  mlir::Location location() const { return here; }

  /// A state of one value for the whole network lives here; declared on the first call.
  llvm::StringRef networkExtent();

  /// Puts everything into the program, after the network.
  step::ProgramOp finish();

private:
  mlir::FlatSymbolRefAttr symbol(llvm::StringRef name) {
    return mlir::FlatSymbolRefAttr::get(program.getContext(), name);
  }
  mlir::Location here;
  step::ProgramOp program;
  mlir::ImplicitLocOpBuilder declarations;
  mlir::Block* blocks[phaseCount];
  mlir::Block* inner[phaseCount] = {};
  llvm::SmallVector<mlir::Operation*> markers;
  llvm::StringSet<> taken, parameters;
  llvm::StringMap<step::StateOp> states;
  llvm::StringMap<step::PortOp> ports;
  std::string network;
};

} // namespace nissl::conversion
