// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/CountDistribution.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <map>

using namespace nissl::program;

namespace {

/// Fractions of a fine regular grid of uniform numbers that give each count: the distribution itself, to
/// 1/grid.
template <typename CountOf>
std::map<uint64_t, double> frequencies(CountOf countOf) {
  constexpr int grid = 1 << 16;
  std::map<uint64_t, double> result;
  for (int i = 0; i < grid; ++i) {
    result[countOf((i + 0.5) / grid)] += 1.0 / grid;
  }
  return result;
}

void checkSame(std::map<uint64_t, double> found, const std::map<uint64_t, double>& expected) {
  for (auto [count, probability] : expected) {
    INFO("count " << count);
    CHECK(std::abs(found[count] - probability) < 1e-4);
    found.erase(count);
  }
  CHECK(found.empty());
}

} // namespace

TEST_CASE("a binomial count of 4 trials at odds 1 : 3 has the binomial's probabilities",
          "[runtime][connectivity]") {
  // C(4, k) 3^(4-k) / 256, by hand.
  checkSame(frequencies([](double u) { return binomialCount(u, 4, 1, 3); }),
            {{0, 81 / 256.}, {1, 108 / 256.}, {2, 54 / 256.}, {3, 12 / 256.}, {4, 1 / 256.}});
}

TEST_CASE("drawing 3 of 7 with 4 marked has the hypergeometric's probabilities", "[runtime][connectivity]") {
  // C(4, k) C(3, 3 - k) / C(7, 3), by hand: 1, 12, 18, 4 of 35.
  checkSame(frequencies([](double u) { return hypergeometricCount(u, 3, 4, 7); }),
            {{0, 1 / 35.}, {1, 12 / 35.}, {2, 18 / 35.}, {3, 4 / 35.}});
}

TEST_CASE("drawing more than are unmarked leaves only the possible counts", "[runtime][connectivity]") {
  // 4 of 5 with 3 marked: 2 or 3 marked; C(3,2) C(2,2) : C(3,3) C(2,1) = 3 : 2.
  checkSame(frequencies([](double u) { return hypergeometricCount(u, 4, 3, 5); }), {{2, 0.6}, {3, 0.4}});
}

TEST_CASE("a uniform number gives the count that its place in the order says", "[runtime][connectivity]") {
  // By hand from README.md. Binomial of 4 at 1 : 3: mode floor(5 * 1 / 4) = 1; weights of 1, 2, 3, 4, 0 are
  // 1, 1/2, 1/9, 1/108, 3/4 of 64/27; running sums 27/64, 81/128, 0.6797, 0.6836, 1.
  for (auto [u, count] : {std::pair(0.0, 1),
                          {0.42, 1},
                          {0.423, 2},
                          {0.632, 2},
                          {0.634, 3},
                          {0.679, 3},
                          {0.681, 4},
                          {0.683, 4},
                          {0.684, 0},
                          {0.999, 0}}) {
    CHECK(binomialCount(u, 4, 1, 3) == static_cast<uint64_t>(count));
  }
  // 3 of 7 with 4 marked: mode floor(4 * 5 / 9) = 2; weights of 2, 3, 1, 0 are 1, 2/9, 2/3, 1/18 of 35/18;
  // running sums 0.5143, 0.6286, 0.9714, 1.
  for (auto [u, count] :
       {std::pair(0.0, 2), {0.514, 2}, {0.515, 3}, {0.628, 3}, {0.629, 1}, {0.971, 1}, {0.972, 0}}) {
    CHECK(hypergeometricCount(u, 3, 4, 7) == static_cast<uint64_t>(count));
  }
}

TEST_CASE("counts at the edges are certain", "[runtime][connectivity]") {
  for (double u : {0.0, 0.3, 1 - 0x1p-53}) {
    CHECK(binomialCount(u, 0, 1, 1) == 0);
    CHECK(binomialCount(u, 10, 0, 1) == 0);
    CHECK(binomialCount(u, 10, 1, 0) == 10);
    CHECK(hypergeometricCount(u, 0, 3, 9) == 0);
    CHECK(hypergeometricCount(u, 9, 3, 9) == 3);
    CHECK(hypergeometricCount(u, 5, 0, 9) == 0);
    CHECK(hypergeometricCount(u, 5, 9, 9) == 5);
  }
}

TEST_CASE("large counts have the right mean and variance", "[runtime][connectivity]") {
  auto moments = [](auto countOf) {
    double sum = 0, squares = 0;
    constexpr int grid = 4000;
    for (int i = 0; i < grid; ++i) {
      auto count = static_cast<double>(countOf((i + 0.5) / grid));
      sum += count;
      squares += count * count;
    }
    double mean = sum / grid;
    return std::pair(mean, squares / grid - mean * mean);
  };
  {
    auto [mean, variance] = moments([](double u) { return binomialCount(u, 1000000, 3, 7); });
    CHECK(mean == Approx(300000).epsilon(1e-5));     // n p
    CHECK(variance == Approx(210000).epsilon(5e-3)); // n p q
  }
  {
    auto [mean, variance] = moments([](double u) { return hypergeometricCount(u, 5000, 20000, 100000); });
    CHECK(mean == Approx(1000).epsilon(1e-5));                                  // n K/N
    CHECK(variance == Approx(5000 * 0.2 * 0.8 * 95000 / 99999.).epsilon(5e-3)); // · (N-n)/(N-1)
  }
}

TEST_CASE("the table of a binomial gives what the direct draw gives", "[runtime][connectivity]") {
  for (double p : {0.0, 0.001, 0.1, 0.5, 0.97, 1.0}) {
    for (uint64_t trials : {0, 1, 7, 1024}) {
      BinomialTable table(trials, p, 1 - p);
      for (int i = 0; i < 500; ++i) {
        double u = i / 500.0;
        REQUIRE(table.count(u) == binomialCount(u, trials, p, 1 - p));
      }
      REQUIRE(table.count(1 - 0x1p-53) <= trials);
    }
  }
}
