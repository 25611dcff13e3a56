// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bodies of neuro ops, evaluated one op at a time in double.
#pragma once

#include "dialects/neuro/NeuroDialect.h"
#include "targets/reference/neuro/Quantity.h"

namespace nissl::reference {

/// What the names in an expression mean.
class Scope {
public:
  virtual ~Scope() = default;
  virtual Number get(llvm::StringRef name) = 0;
  virtual Quantity broadcast(llvm::StringRef population, llvm::StringRef name) = 0;
  virtual Quantity fired(llvm::StringRef event) = 0;
  /// The number that the target draws at this place too; `stream` ends the name of the stream, `mean` is that
  /// of Poisson numbers.
  virtual Quantity random(neuro::Distribution distribution, int64_t place, const std::string& stream,
                          const Quantity& mean) = 0;
  virtual Quantity reduce(neuro::ReduceOp op) = 0;
  /// The value of the event that started the body.
  virtual Quantity payload();
  /// The position that an index means.
  virtual double position(neuro::IndexKind kind) const;
  /// Values of a constant array.
  virtual mlir::ElementsAttr array(llvm::StringRef name) = 0;
  int64_t element = 0; ///< position in the population, where there is one
  double time = 0.0;   ///< at which the step begins
  double dt = 0.0;
};

/// The operands of the terminator of `body`. Throws NS0620 on an op that is not built here.
std::vector<Number> evaluate(mlir::Region& body, Scope& scope, const Forms& forms);

/// A quantity that the interpreter does not know. `reason` must outlive it.
inline Quantity unknown(const std::string& reason) {
  return {0.0, 0.0, Trust::Unknown, Origin::Moving, &reason};
}

} // namespace nissl::reference
