// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The names of a rule in a body over synapses, or over the cells or the network that its variables live in.
#pragma once

#include "compiler/conversion/neuro_to_step/Projection.h"

namespace nissl::conversion {

/// Which value of a trace a body sees.
enum class Moment {
  Present, ///< as it is when the body runs
  Before,  ///< before the jumps of the present t_k
  After,   ///< after them
  Late,    ///< when programs run
};

class RuleNames : public Names {
public:
  /// `view` is the scope whose variables the body is over: synapse, pre, post or projection.
  RuleNames(Lowering& lowering, BodyWriter& body, Phase phase, Projection& projection, TracePoints& points,
            neuro::Scope view)
      : Names(lowering, body, phase, projection.name), view(view), projection(projection), points(points) {}

  mlir::Value get(llvm::StringRef name, mlir::Operation* at) override;
  /// Runs a program's body and makes its changes; deliveries are written with `wait` further steps.
  mlir::LogicalResult run(neuro::ProgramOp program, mlir::Value when, int64_t wait);
  /// Writes the assigned variables to their states.
  void writeStates();
  /// The state of one of the view's variables.
  std::string stateOf(llvm::StringRef variable);

  neuro::RuleOp rule; ///< whose names are meant
  neuro::Scope view;
  Moment pre = Moment::Present, post = Moment::Present;

protected:
  mlir::Value readVariable(llvm::StringRef name) override { return body.real(stateOf(name)); }
  mlir::Value reduce(neuro::ReduceOp op) override;
  step::ReadRole sideOf(step::ReduceBy by) const override {
    return by == step::ReduceBy::Pre ? step::ReadRole::Pre : step::ReadRole::Post;
  }

private:
  mlir::Value ofSide(llvm::StringRef state, neuro::Scope side);
  mlir::Value ofCell(llvm::StringRef name, mlir::Operation* at);
  std::string recordedAt(llvm::StringRef state, neuro::Scope side, Moment moment);

  Projection& projection;
  TracePoints& points;
};

} // namespace nissl::conversion
