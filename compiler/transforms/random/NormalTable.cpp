// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/random/NormalTable.h"

#include <algorithm>
#include <cmath>

namespace nissl::transforms {
namespace {

/// By bisection of erfc, so that it is as exact as erfc is.
double upperQuantile(double p) {
  double low = 0, high = 8;
  for (int i = 0; i < 64; ++i) {
    double middle = (low + high) / 2;
    (std::erfc(middle * M_SQRT1_2) / 2 > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

} // namespace

std::vector<int32_t> normalQuantiles() {
  constexpr int perOctave = 1 << normalMantissaBits;
  std::vector<int32_t> table;
  for (int index = 0; index <= 32 * perOctave; ++index) {
    int zeros = 31 - index / perOctave;
    double word = index == 0 ? 0 : std::ldexp(perOctave + index % perOctave, 30 - normalMantissaBits - zeros);
    double p = std::min((word + 0.5) * 0x1p-32, 0.5);
    table.push_back(static_cast<int32_t>(std::nearbyint(std::ldexp(upperQuantile(p), normalFraction))));
  }
  return table;
}

} // namespace nissl::transforms
