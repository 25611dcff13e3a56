// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random numbers of a distribution as arithmetic on random words. All leave math ops for step-expand-math.
#pragma once

#include "compiler/transforms/random/Draws.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace nissl::transforms {

/// -log(1 - u): mean 1; magnitudes up to 36.7 (f64) or 16.6 (f32).
Real expandExponential(RealBuilder& builder, Draws& draws);

/// Gamma of `shape` > 0 and scale 1 (G. Marsaglia & W. W. Tsang, A simple method for generating gamma
/// variables, ACM TOMS 26, 2000) in gammaTries unrolled tries; a shape below 1 is drawn as one more and
/// boosted by u^(1/shape). A try fails with probability at most 0.0484; where all six fail (1.3e-8) the last
/// candidate is taken all the same.
Real expandGamma(RealBuilder& builder, Draws& draws, Real shape);
inline constexpr int gammaTries = 6;

/// Largest constant mean that is drawn by comparisons, and largest mean of any kind drawn by inversion.
inline constexpr double largestComparedMean = 32.0;
inline constexpr double largestInvertedMean = 16.0;

/// Poisson of a known mean as comparisons: the count is the number of thresholds above a random word.
struct PoissonChain {
  /// 32, or 64 for means below 1/64, whose probabilities would be coarse in 32 bits.
  unsigned bits;
  /// P(N > k) * 2^bits rounded to nearest, for k = 0, 1, ... while it is not zero, descending. 2^bits and
  /// more (a certainty after rounding) is counted in `certain` instead.
  std::vector<uint64_t> thresholds;
  int certain = 0;
  /// P(N > largest count of the chain), which is left out.
  double leftOut = 0;
};

/// Needs 0 <= mean <= largestComparedMean.
PoissonChain poissonChain(double mean);
/// The count (i32).
mlir::Value expandPoissonChain(mlir::OpBuilder& ops, mlir::Location location, Draws& draws,
                               const PoissonChain& chain);

/// The count (i32) for any mean. Up to largestInvertedMean by sequential inversion of a 53 (24) bit uniform
/// number, exact but for rounding and 2^-40 of tail; beyond it by the inverse of the normal distribution with
/// three corrections (M. B. Giles, Algorithm 955, ACM TOMS 42, 2016, eq. for Q_N3), which is not exact: a
/// count is off by one with a probability of 2.3e-4 at 16, 1.4e-5 at 100. A mean below 0 or NaN gives 0.
/// `knownMean` leaves the branch out that it does not need.
mlir::Value expandPoisson(RealBuilder& builder, Draws& draws, Real mean, std::optional<double> knownMean);

} // namespace nissl::transforms
