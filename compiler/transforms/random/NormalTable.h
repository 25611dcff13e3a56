// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The normal distribution as a table of quantiles, for draws in fixed point.
#pragma once

#include <cstdint>
#include <vector>

namespace nissl::transforms {

/// Fraction bits of the table's entries.
constexpr int normalFraction = 24;
/// Mantissa bits that choose an entry within an octave of the tail probability; the rest interpolate.
constexpr int normalMantissaBits = 5;
/// The largest size of a draw: the quantile of 2^-33.
constexpr double normalLargest = 6.34;

/// Upper quantiles Q of the tail probability p = (T + 1/2) / 2^32 of a 31-bit word T. Entry
/// (31 - e) * 32 + m belongs to T = (32 + m) * 2^(25 - e), where e is the number of leading zeros of T in 31
/// bits and m the five bits behind its leading one; entry 0 to T = 0; the last one to p = 1/2, where Q is 0.
/// Descending. Between two entries the quantile is linear in T to within 6e-5.
std::vector<int32_t> normalQuantiles();

} // namespace nissl::transforms
