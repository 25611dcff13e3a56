// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many of a number of synapses fall into the lower of two parts, for many numbers and parts that recur.
#pragma once

#include "runtime/program/CountDistribution.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nissl::program {

/// Draws counts as binomialCount and hypergeometricCount do. Rows are of about equal length and halve the
/// same blocks, so the distributions are few: they are remembered as tables, within bounds.
class SplitCounts {
public:
  /// `repeat`: with replacement (binomial) or without (hypergeometric).
  explicit SplitCounts(bool repeat) : repeat(repeat) {}

  /// How many of `count` synapses fall into the lower part of `lower + upper` candidates.
  uint64_t lower(uint64_t count, uint64_t lower, uint64_t upper, double uniform);

private:
  struct Slot {
    uint64_t count = 0, lower = 0, upper = 0; ///< of the table; no count is 0 where there is one
    CountTable table;
  };
  const CountTable& tableOf(uint64_t count, uint64_t lower, uint64_t upper);

  bool repeat;
  std::vector<Slot> slots; ///< by hash; a newcomer takes the place of what was there
};

} // namespace nissl::program
