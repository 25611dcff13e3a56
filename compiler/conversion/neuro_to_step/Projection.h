// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A projection: its table, the setup of its synapses, and what is delivered without a program.
#pragma once

#include "compiler/conversion/neuro_to_step/Names.h"

namespace nissl::conversion {

/// Where the histories of a projection's traces are recorded.
struct TracePoints {
  mlir::Operation* before = nullptr;     ///< stands before the jumps of t_k
  mlir::Operation* afterPre = nullptr;   ///< stands after the source's
  mlir::Operation* afterPost = nullptr;  ///< stands after the target's
  llvm::StringMap<std::string> recorded; ///< the state with the history, by "STATE|MOMENT"
};

struct Projection {
  neuro::ProjectionOp op;
  std::string name;
  Population* source = nullptr;
  Population* target = nullptr;
  llvm::SmallVector<neuro::RuleOp> rules;

  int64_t axonal = 0;    ///< the largest number of steps from event to synapse
  int64_t dendritic = 0; ///< steps from synapse to port
  int64_t back = 0;      ///< steps from a target's spike to its synapses
  bool deliversAtEmission = false, deliversAtArrival = false; ///< the weight, where no rule delivers

  std::optional<double> weight; ///< if it is the same for all and has no state
  llvm::StringMap<std::string> fields, preStates, postStates, ownStates; ///< states of the rules' variables
  llvm::StringMap<std::string> initials; ///< initial values of fields that programs restore
  llvm::StringMap<Parameter> parameters; ///< by "RULE.NAME"

  TracePoints points;

  llvm::StringRef event() { return op.getEventName(); }
};

/// Declares the table and states of a projection and writes their setup.
mlir::LogicalResult declareProjection(Lowering& lowering, Projection& projection);
/// Contributions whose value is fixed at emission, into `phase`.
mlir::LogicalResult lowerEmission(Lowering& lowering, Projection& projection, Phase phase);
/// Traces, programs at events and equations of a projection's rules.
mlir::LogicalResult lowerRules(Lowering& lowering, Projection& projection);
/// Programs that run every so many steps or on a trigger.
mlir::LogicalResult lowerPrograms(Lowering& lowering, Projection& projection);

} // namespace nissl::conversion
