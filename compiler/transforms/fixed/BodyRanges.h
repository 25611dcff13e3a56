// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ranges of all values of a body, from the ranges of what it reads.
#pragma once

#include "compiler/transforms/fixed/Form.h"

#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <vector>

namespace nissl::transforms {

/// What is known of one body after an evaluation.
struct BodyRanges {
  /// Numbers only; the hull over every way through the body.
  llvm::DenseMap<mlir::Value, Interval> values;
  /// Of the terminator's operands in order; empty where it is never reached.
  std::vector<Interval> yields;
  /// Per operand of the terminator, and per block argument: the factors with which the argument enters, as
  /// an interval over the ways through; empty where it is not linear. For the dead zones of decays.
  std::vector<std::vector<Interval>> slopes;
};

/// Gives the range of a step.lookup's array.
using ArrayRange = llvm::function_ref<Interval(llvm::StringRef)>;

/// Evaluates `block` for arguments within `arguments`, once per outcome of its comparisons (up to 512 ways,
/// then without knowledge of the outcome), so that a value that was compared with a threshold is known to be
/// on its side. Integers that may wrap have their type's whole range.
BodyRanges evaluateRanges(mlir::Block& block, llvm::ArrayRef<Interval> arguments, ArrayRange arrayRange);

} // namespace nissl::transforms
