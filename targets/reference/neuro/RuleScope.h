// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The names of a rule at one synapse, source cell, target cell or for the whole projection.
#pragma once

#include "targets/reference/neuro/Projection.h"

namespace nissl::reference {

class RuleScope final : public ModelScope {
public:
  /// `Setup`: variables mean their initial values. `Event`: what arrives in phase 1. `Equation`: phase 4,
  /// where all others are read as they are at the beginning of the step, after arrivals. `Program`: phase 6.
  enum class Moment { Setup, Event, Equation, Program };
  /// Reductions that one program reads, as they were before it.
  using Reductions = std::map<mlir::Operation*, std::vector<Quantity>>;

  /// `view` is whose variables `at` counts.
  RuleScope(Network& network, Projection& projection, neuro::Scope view, int64_t at, int64_t step,
            Moment moment, Reductions& reductions, const Forms& forms);

  Number get(llvm::StringRef name) override;
  Quantity broadcast(llvm::StringRef population, llvm::StringRef name) override;
  Quantity fired(llvm::StringRef event) override;
  Quantity random(neuro::Distribution distribution, int64_t place, const std::string& stream,
                  const Quantity& mean) override;
  Quantity reduce(neuro::ReduceOp op) override;
  Quantity payload() override;
  double position(neuro::IndexKind kind) const override;
  mlir::ElementsAttr array(llvm::StringRef name) override;
  Quantity variable(llvm::StringRef name) override;
  void assign(llvm::StringRef name, const Quantity& value) override;

  /// The initial value of a variable, or any other value that is drawn from the stream of that name.
  Quantity initial(llvm::StringRef name);
  Quantity drawnFor(llvm::StringRef name, mlir::Region& body);

  neuro::RuleOp rule; ///< whose names are meant
  /// Whether an event program sees the traces of this side with the jumps of the present time.
  bool preJumped = false, postJumped = false;

private:
  Quantity parameter(neuro::ParameterOp op);
  Quantity trace(RuleVariable& variable, bool isPre);
  Number ofCell(llvm::StringRef name);
  bool isSynapse() const { return view == neuro::Scope::Synapse; }

  Network& network;
  Projection& projection;
  neuro::Scope view;
  size_t at;
  int64_t step;
  Moment moment;
  Reductions& reductions;
  std::string drawer; ///< what random streams are named after
};

} // namespace nissl::reference
