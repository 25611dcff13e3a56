// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/random/NormalTable.h"

#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <random>

using namespace nissl::transforms;

namespace {

/// What the table says of a word's tail, as NormalTable.h describes it, in double.
double quantile(const std::vector<int32_t>& table, uint32_t tail) {
  int zeros = tail == 0 ? 31 : std::countl_zero(tail) - 1;
  auto shifted = static_cast<uint64_t>(tail) << zeros;
  auto index = static_cast<size_t>((31 - zeros) * 32) + (tail == 0 ? 0 : (shifted >> 25) - 32);
  double x = static_cast<double>(shifted & ((1u << 25) - 1)) * 0x1p-25;
  return std::ldexp(table[index] + x * (table[index + 1] - table[index]), -normalFraction);
}

double upperTail(double x) { return std::erfc(x * M_SQRT1_2) / 2; }

} // namespace

TEST_CASE("the table of normal quantiles inverts the tail probability to 6e-5") {
  std::vector<int32_t> table = normalQuantiles();
  REQUIRE(table.size() == 1025);
  CHECK(table.back() == 0);
  std::mt19937_64 words(1);
  double worst = 0;
  auto look = [&](uint32_t tail) {
    double p = (tail + 0.5) * 0x1p-32;
    double x = quantile(table, tail);
    CHECK(x <= normalLargest);
    // The distance in x: the distance in p over the density.
    double density = std::exp(-x * x / 2) / std::sqrt(2 * M_PI);
    worst = std::max(worst, std::abs(upperTail(x) - p) / density);
  };
  for (int octave = 0; octave < 31; ++octave) {
    for (int i = 0; i < 500; ++i) {
      look(static_cast<uint32_t>((words() & 0x7fffffff) >> octave));
    }
  }
  look(0);
  look(1);
  look(0x7fffffff);
  CHECK(worst < 6e-5);
}
