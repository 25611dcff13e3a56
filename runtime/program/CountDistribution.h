// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Binomial and hypergeometric counts from one uniform number: how many of n synapses fall into a part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nissl::program {

/// Successes in `trials` independent trials with odds `yes` : `no` (both at least 0, not both 0).
/// Uses IEEE basic operations only, in the order of README.md, so that it is the same on every machine.
uint64_t binomialCount(double uniform, uint64_t trials, double yes, double no);

/// Marked ones among `drawn` of `all` things without replacement, `marked` of which are marked.
uint64_t hypergeometricCount(double uniform, uint64_t drawn, uint64_t marked, uint64_t all);

/// One distribution for many uniform numbers: the same results from a table.
class CountTable {
public:
  static CountTable binomial(uint64_t trials, double yes, double no);

  /// Becomes another distribution, in the memory that it has.
  void setBinomial(uint64_t trials, double yes, double no);
  void setHypergeometric(uint64_t drawn, uint64_t marked, uint64_t all);

  uint64_t count(double uniform) const;

private:
  template <typename Distribution>
  void set(const Distribution& distribution);

  std::vector<double> cumulative; ///< in the order of the walk: the mode, upwards, then downwards
  size_t upwards = 0;             ///< how many of the sums are of the mode and above
  uint64_t mode = 0;
  double upperTotal = 0, total = 0; ///< the last sum of the mode and above, and of all
};

} // namespace nissl::program
