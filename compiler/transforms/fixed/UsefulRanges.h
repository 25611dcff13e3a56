// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How far a body's values have to reach. An exponential that drives a cell over its threshold may be 10^18,
// but what it is added to saturates at the end of a state's format long before: beyond that it makes no
// difference, and a format for 10^18 would leave no bit to the values that do.
#pragma once

#include "compiler/transforms/fixed/Formats.h"

namespace nissl::transforms {

struct UsefulRanges {
  /// Of each value of the body; at most as wide as the uses need.
  llvm::DenseMap<mlir::Value, Interval> values;
  /// The products, quotients and exponentials that are cut at the ends of their range: every use of them
  /// would saturate or compare alike beyond. Sums of what is cut are narrower too, all others keep their
  /// range.
  llvm::DenseSet<mlir::Value> cut;
};

UsefulRanges usefulRanges(mlir::Operation* action, const BodyRanges& ranges, const ProgramRanges& program);

} // namespace nissl::transforms
