// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/Propagator.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace nissl::conversion {
namespace {

Matrix multiply(const Matrix& a, const Matrix& b) {
  Matrix result(a.size(), std::vector<double>(a.size(), 0.0));
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t k = 0; k < a.size(); ++k) {
      for (size_t j = 0; j < a.size(); ++j) {
        result[i][j] += a[i][k] * b[k][j];
      }
    }
  }
  return result;
}

void addScaled(Matrix& to, const Matrix& from, double factor) {
  for (size_t i = 0; i < to.size(); ++i) {
    for (size_t j = 0; j < to.size(); ++j) {
      to[i][j] += factor * from[i][j];
    }
  }
}

} // namespace

Propagator propagate(const Matrix& a, double h) {
  size_t n = a.size();
  double norm = 0;
  for (const std::vector<double>& row : a) {
    double sum = 0;
    for (double entry : row) {
      sum += std::abs(entry) * h;
    }
    norm = std::max(norm, sum);
  }
  int halvings = 0;
  for (double rest = norm; rest > 0.25 && halvings < 1100; rest /= 2) {
    ++halvings;
  }
  double part = std::ldexp(h, -halvings);

  Matrix zero(n, std::vector<double>(n, 0.0)), term = zero;
  for (size_t i = 0; i < n; ++i) {
    term[i][i] = 1.0;
  }
  Matrix scaled = zero;
  addScaled(scaled, a, part);
  // term = (a part)^k / k!; the 16th is below 0.25^16 / 16!, far under one ulp.
  Propagator result{zero, zero};
  for (int k = 0; k < 16; ++k) {
    addScaled(result.state, term, 1.0);
    addScaled(result.input, term, part / (k + 1));
    Matrix next = multiply(term, scaled);
    term = zero;
    addScaled(term, next, 1.0 / (k + 1));
  }
  for (int i = 0; i < halvings; ++i) {
    addScaled(result.input, multiply(result.state, result.input), 1.0);
    result.state = multiply(result.state, result.state);
  }
  return result;
}

} // namespace nissl::conversion
