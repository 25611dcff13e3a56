// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The update groups of a cell or rule over one step, each by its method.
#pragma once

#include "targets/reference/neuro/Expression.h"

namespace nissl::reference {

/// A scope whose variables have values of their own, which change as the step goes on.
class ModelScope : public Scope {
public:
  explicit ModelScope(const Forms& forms) : forms(forms) {}
  virtual Quantity variable(llvm::StringRef name) = 0;
  virtual void assign(llvm::StringRef name, const Quantity& value) = 0;
  /// Whether an event of the model holds the variable in this step, or could in any.
  virtual bool isHeld(llvm::StringRef) { return false; }
  virtual bool canBeHeld(llvm::StringRef) { return false; }

  Quantity value(mlir::Region& body) { return evaluate(body, *this, forms).front().value; }

  const Forms& forms;
  llvm::SmallVector<llvm::StringRef> unknowns; ///< of the update group that is being solved

protected:
  /// The variable as a form in the unknowns.
  Number numberOf(llvm::StringRef name);
};

/// Advances those variables of `model`, a cell or rule, that `takes` says by one step (architecture §4, phase
/// 4). Throws NS0622 where a method does not fit an equation.
void integrate(ModelScope& scope, mlir::Operation* model, llvm::function_ref<bool(llvm::StringRef)> takes);

/// x(h) of x' = a x + b, by the exponential of a matrix that holds a. `a` is stored by rows.
std::vector<double> solveLinear(const std::vector<double>& a, const std::vector<double>& b,
                                const std::vector<double>& x, double h);

} // namespace nissl::reference
