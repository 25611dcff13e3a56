// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Expanded distributions: quantiles against independent values, moments, Kolmogorov-Smirnov and chi-square.
#include "runtime/support/Random.h"
#include "tests/unit/transforms/ScalarJit.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

using nissl::transforms::tests::ScalarJit;

namespace {

constexpr const char* pipeline = "step-expand-random,step-expand-math";

std::string drawText(const std::string& distribution, const char* type) {
  return fmt::format(
      "func.func @f() -> {1} {{ %x = step.random {0} stream \"E.x\" draw 3 : {1} return %x : {1} }}",
      distribution, type);
}

template <typename T>
std::vector<double> sample(const std::string& text, int count) {
  ScalarJit jit(text, pipeline);
  auto* f = jit.function<T()>("f");
  std::vector<double> values;
  for (int k = 0; k < count; ++k) {
    ScalarJit::step = k;
    values.push_back(static_cast<double>(f()));
  }
  return values;
}

double meanOf(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) {
    sum += value;
  }
  return sum / values.size();
}

double varianceOf(const std::vector<double>& values) {
  double mean = meanOf(values), sum = 0;
  for (double value : values) {
    sum += (value - mean) * (value - mean);
  }
  return sum / values.size();
}

/// sqrt(n) times the largest distance to the distribution function; above 1.95 with probability 0.001.
double kolmogorov(std::vector<double> values, const std::function<double(double)>& distribution) {
  std::sort(values.begin(), values.end());
  double n = values.size(), worst = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    double exact = distribution(values[i]);
    worst = std::max({worst, exact - i / n, (i + 1) / n - exact});
  }
  return worst * std::sqrt(n);
}

double normalDistribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

/// The regularised lower incomplete gamma function by its series; good enough for x of a few times a.
double gammaDistribution(double a, double x) {
  double term = 1 / a, sum = term;
  for (int n = 1; n < 2000 && term > sum * 1e-16; ++n) {
    term *= x / (a + n);
    sum += term;
  }
  return x <= 0 ? 0 : sum * std::exp(-x + a * std::log(x) - std::lgamma(a));
}

/// Checks the counts of a Poisson distribution: classes with at least 10 expected, the rest pooled.
void checkPoisson(const std::vector<double>& values, double mean) {
  double n = values.size();
  CHECK(std::abs(meanOf(values) - mean) < 4 * std::sqrt(mean / n));
  CHECK(std::abs(varianceOf(values) - mean) < 4 * std::sqrt((mean + 2 * mean * mean) / n));
  std::map<int, double> counts;
  for (double value : values) {
    counts[static_cast<int>(value)] += 1;
  }
  double chi = 0, expectedRest = n, foundRest = n;
  int classes = 0;
  for (int k = 0; k < mean + 12 * std::sqrt(mean) + 12; ++k) {
    double expected = n * std::exp(-mean + k * std::log(mean) - std::lgamma(k + 1.0));
    if (expected >= 10) {
      double found = counts.count(k) ? counts[k] : 0;
      chi += (found - expected) * (found - expected) / expected;
      expectedRest -= expected;
      foundRest -= found;
      ++classes;
    }
  }
  // Mean `classes`, variance 2 `classes`; the pooled rest is checked as a rare count.
  INFO("mean " << mean << " chi " << chi << " of " << classes << " classes");
  CHECK(chi < classes + 4 * std::sqrt(2.0 * classes) + 6);
  CHECK(foundRest < expectedRest + 5 * std::sqrt(expectedRest + 1) + 3);
}

std::string poissonText(double mean, const char* type) {
  return fmt::format(
      "func.func @f() -> i32 {{ %m = arith.constant {:.17e} : {} %n = step.random poisson(%m : {}) "
      "stream \"E.n\" draw 0 : i32 return %n : i32 }}",
      mean, type, type);
}

std::string poissonOfArgumentText(const char* type) {
  return fmt::format(
      "func.func @f(%m: {0}) -> i32 {{ %n = step.random poisson(%m : {0}) stream \"E.n\" draw 0 : i32 "
      "return %n : i32 }}",
      type);
}

template <typename T>
std::vector<double> samplePoisson(T mean, int count) {
  ScalarJit jit(poissonOfArgumentText(sizeof(T) == 8 ? "f64" : "f32"), pipeline);
  auto* f = jit.function<int32_t(T)>("f");
  std::vector<double> values;
  for (int k = 0; k < count; ++k) {
    ScalarJit::step = k;
    values.push_back(f(mean));
  }
  return values;
}

} // namespace

TEST_CASE("a uniform number is the 53 or 24 upper bits of its words", "[transforms][random]") {
  ScalarJit wide(drawText("uniform", "f64"), pipeline), narrow(drawText("uniform", "f32"), pipeline);
  for (uint64_t k : {0, 1, 2, 77}) {
    ScalarJit::step = k;
    auto words = nissl::support::philox(1, k, 0, nissl::support::streamOf("E.x"), 3 * 64);
    CHECK(wide.function<double()>("f")() == nissl::support::uniformOf(words[0], words[1]));
    CHECK(narrow.function<float()>("f")() == static_cast<float>(words[0] >> 8) / 16777216.0f);
  }
}

TEST_CASE("normal numbers follow the distribution", "[transforms][random]") {
  for (bool isDouble : {true, false}) {
    std::vector<double> values = isDouble ? sample<double>(drawText("normal", "f64"), 200000)
                                          : sample<float>(drawText("normal", "f32"), 200000);
    CHECK(std::abs(meanOf(values)) < 4 / std::sqrt(200000.0));
    CHECK(std::abs(varianceOf(values) - 1) < 4 * std::sqrt(2 / 200000.0));
    CHECK(kolmogorov(values, normalDistribution) < 1.95);
  }
}

TEST_CASE("a normal number is the quantile of its tail probability", "[transforms][random]") {
  ScalarJit wide(drawText("normal", "f64"), pipeline), narrow(drawText("normal", "f32"), pipeline);
  double worst = 0, worstNarrow = 0;
  for (int k = 0; k < 100000; ++k) {
    ScalarJit::step = k;
    auto words = nissl::support::philox(1, k, 0, nissl::support::streamOf("E.x"), 3 * 64);
    double tail = (std::ldexp(words[0] >> 1, 21) + (words[1] >> 11) + 0.5) * 0x1p-53;
    double z = wide.function<double()>("f")();
    CHECK((z < 0) == (words[0] & 1));
    // d tail / dz is the density; erfc is the exact tail.
    double density = std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
    worst = std::max(worst, std::abs(0.5 * std::erfc(std::abs(z) / std::sqrt(2.0)) - tail) / density);
    double zNarrow = narrow.function<float()>("f")();
    double tailNarrow = ((words[0] >> 1) + 0.5) * 0x1p-32;
    worstNarrow = std::max(
        worstNarrow, std::abs(0.5 * std::erfc(std::abs(zNarrow) / std::sqrt(2.0)) - tailNarrow) / density);
  }
  fmt::print("normal quantile: largest error {:.2e} (f64), {:.2e} (f32)\n", worst, worstNarrow);
  CHECK(worst < 4e-15);
  CHECK(worstNarrow < 3e-6);
}

TEST_CASE("exponential numbers follow the distribution", "[transforms][random]") {
  for (bool isDouble : {true, false}) {
    std::vector<double> values = isDouble ? sample<double>(drawText("exponential", "f64"), 200000)
                                          : sample<float>(drawText("exponential", "f32"), 200000);
    CHECK(std::abs(meanOf(values) - 1) < 4 / std::sqrt(200000.0));
    CHECK(kolmogorov(values, [](double x) { return 1 - std::exp(-x); }) < 1.95);
    CHECK(*std::min_element(values.begin(), values.end()) >= 0);
  }
}

TEST_CASE("gamma numbers follow the distribution for shapes around one", "[transforms][random]") {
  for (double shape : {0.3, 1.0, 2.5, 9.0}) {
    for (const char* type : {"f64", "f32"}) {
      std::string text =
          fmt::format("func.func @f() -> {0} {{ %a = arith.constant {1:e} : {0} %x = step.random "
                      "gamma(%a : {0}) stream \"E.g\" draw 1 : {0} return %x : {0} }}",
                      type, shape);
      constexpr int count = 100000;
      std::vector<double> values =
          type == std::string("f64") ? sample<double>(text, count) : sample<float>(text, count);
      INFO("shape " << shape << " " << type);
      CHECK(std::abs(meanOf(values) - shape) < 4 * std::sqrt(shape / count));
      CHECK(kolmogorov(values, [&](double x) { return gammaDistribution(shape, x); }) < 1.95);
    }
  }
}

TEST_CASE("Poisson counts of a constant mean follow the distribution", "[transforms][random]") {
  double mean = GENERATE(0.001, 0.2, 1.0, 7.5, 32.0, 100.0);
  checkPoisson(sample<int32_t>(poissonText(mean, "f64"), 300000), mean);
}

TEST_CASE("Poisson counts of a computed mean follow the distribution", "[transforms][random]") {
  double mean = GENERATE(0.05, 3.0, 15.9, 16.1, 60.0);
  checkPoisson(samplePoisson<double>(mean, 200000), mean);
  checkPoisson(samplePoisson<float>(static_cast<float>(mean), 200000), mean);
}

TEST_CASE("no event comes of a mean of zero or less", "[transforms][random]") {
  for (double mean : {0.0, -1.0}) {
    for (double count : samplePoisson<double>(mean, 100)) {
      CHECK(count == 0);
    }
  }
}

TEST_CASE("a rare Poisson event is compared in 64 bits", "[transforms][random]") {
  // 1 - exp(-1e-12) in units of 2^-64 is 18446744.07...
  ScalarJit jit(poissonText(1e-12, "f64"), "step-expand-random");
  CHECK(jit.expanded().find("18446744") != std::string::npos);
}
