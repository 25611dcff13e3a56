// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/CountDistribution.h"
#include "runtime/program/SplitCounts.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

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

TEST_CASE("the table of a distribution gives what the direct draw gives", "[runtime][connectivity]") {
  std::vector<double> uniforms{1e-300, 0x1p-53, 1 - 0x1p-52, 1 - 0x1p-53};
  for (int i = 0; i < 500; ++i) {
    uniforms.push_back(i / 500.0);
  }
  CountTable reused;
  for (double p : {0.0, 0.001, 0.1, 0.5, 0.97, 1.0}) {
    for (uint64_t trials : {0, 1, 7, 1024, 30000}) {
      reused.setBinomial(trials, p, 1 - p);
      CountTable table = CountTable::binomial(trials, p, 1 - p);
      for (double u : uniforms) {
        REQUIRE(table.count(u) == binomialCount(u, trials, p, 1 - p));
        REQUIRE(reused.count(u) == table.count(u));
      }
    }
  }
  for (uint64_t all : {1, 9, 2000, 100000}) {
    for (uint64_t marked : {uint64_t{0}, all / 3, all / 2, all}) {
      for (uint64_t drawn : {uint64_t{0}, all / 5, all - 1, all}) {
        reused.setHypergeometric(drawn, marked, all);
        for (double u : uniforms) {
          REQUIRE(reused.count(u) == hypergeometricCount(u, drawn, marked, all));
        }
      }
    }
  }
}

TEST_CASE("counts from remembered tables are those of direct draws", "[runtime][connectivity]") {
  auto repeat = GENERATE(false, true);
  SplitCounts counts(repeat);
  uint64_t different = 0;
  // More distributions than are remembered, each met again later; the largest are not remembered.
  for (uint64_t i = 0; i < 40000; ++i) {
    uint64_t upper = 1024 * (1 + i % 3), lower = 1024 - i % 2, count = i * 7919 % 3000;
    count = i % 1000 == 0 ? (repeat ? 100000 : lower + upper) : std::min(count, lower + upper);
    double u = static_cast<double>(i * 0x9e3779b97f4a7c15 >> 11) * 0x1p-53;
    uint64_t expected = repeat
                            ? binomialCount(u, count, static_cast<double>(lower), static_cast<double>(upper))
                            : hypergeometricCount(u, count, lower, lower + upper);
    different += counts.lower(count, lower, upper, u) != expected;
  }
  CHECK(different == 0);
}
