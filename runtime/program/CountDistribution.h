// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Binomial and hypergeometric counts from one uniform number: how many of n synapses fall into a part.
#pragma once

#include <cstdint>
#include <vector>

namespace nissl::program {

/// Successes in `trials` independent trials with odds `yes` : `no` (both at least 0, not both 0).
/// Uses IEEE basic operations only, in the order of README.md, so that it is the same on every machine.
uint64_t binomialCount(double uniform, uint64_t trials, double yes, double no);

/// Marked ones among `drawn` of `all` things without replacement, `marked` of which are marked.
uint64_t hypergeometricCount(double uniform, uint64_t drawn, uint64_t marked, uint64_t all);

/// binomialCount for many uniform numbers: the same results from a table.
class BinomialTable {
public:
  BinomialTable(uint64_t trials, double yes, double no);
  uint64_t count(double uniform) const;

private:
  std::vector<double> cumulative;
  std::vector<uint32_t> value;
};

} // namespace nissl::program
