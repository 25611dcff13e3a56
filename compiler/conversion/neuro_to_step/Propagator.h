// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The exact solution of a small linear system over one step.
#pragma once

#include <vector>

namespace nissl::conversion {

using Matrix = std::vector<std::vector<double>>;

/// x(t + h) = state * x(t) + input * b solves x' = a x + b with constant a and b.
struct Propagator {
  Matrix state; ///< e^(a h)
  Matrix input; ///< the integral of e^(a s) over s from 0 to h
};

/// By scaling and squaring a Taylor series of both, so that every machine gets the same bits; what a's
/// structure makes zero is exactly zero.
Propagator propagate(const Matrix& a, double h);

} // namespace nissl::conversion
