// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The interpreter's numbers against closed forms.
#include "targets/reference/neuro/Integrator.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace nissl::reference;

TEST_CASE("a linear equation is solved as its closed form", "[reference]") {
  auto [a, b, x] = GENERATE(std::array{-50.0, 3.0, -0.065}, std::array{-1e4, 1.0, 2.0},
                            std::array{20.0, 0.0, 1.0}, std::array{0.0, 2.0, 1.0});
  double h = 1e-3, exponent = a * h;
  double expected = x * std::exp(exponent) + (a == 0 ? h : std::expm1(exponent) / a) * b;
  CHECK(solveLinear({a}, {b}, {x}, h)[0] == Approx(expected).epsilon(1e-15));
}

TEST_CASE("an alpha function is solved as its closed form", "[reference]") {
  // g' = k - g/tau, k' = -k/tau from (0, k0): g = k0 t exp(-t/tau).
  double tau = 2e-3, h = GENERATE(1e-4, 1e-3, 0.05), k0 = 3.0;
  std::vector<double> x = solveLinear({-1 / tau, 1.0, 0.0, -1 / tau}, {0.0, 0.0}, {0.0, k0}, h);
  CHECK(x[0] == Approx(k0 * h * std::exp(-h / tau)).epsilon(1e-13));
  CHECK(x[1] == Approx(k0 * std::exp(-h / tau)).epsilon(1e-13));
}

TEST_CASE("a rotation is solved as sine and cosine", "[reference]") {
  double omega = 100.0, h = 0.02;
  std::vector<double> x = solveLinear({0.0, -omega, omega, 0.0}, {0.0, 0.0}, {1.0, 0.0}, h);
  CHECK(x[0] == Approx(std::cos(omega * h)).epsilon(1e-14));
  CHECK(x[1] == Approx(std::sin(omega * h)).epsilon(1e-14));
}

TEST_CASE("slack is relative to the terms, not to a sum that cancels", "[reference]") {
  Arithmetic arithmetic(1e-9);
  Quantity sum = arithmetic.subtract(Arithmetic::constant(1.0), Arithmetic::constant(1.0 - 1e-6));
  CHECK(sum.value == Approx(1e-6));
  CHECK(sum.slack == Approx(2.0).epsilon(1e-3));
}

TEST_CASE("a comparison is doubtful only within the bound", "[reference]") {
  Arithmetic arithmetic(1e-9);
  auto trust = [&](double a, double b) {
    return arithmetic.compared(a > b, Arithmetic::constant(a), Arithmetic::constant(b)).trust;
  };
  CHECK(trust(1.0, 1.0 + 1e-9) == Trust::Doubtful);
  CHECK(trust(1.0, 1.0 + 1e-8) == Trust::Sure);
  // What is false whatever the doubtful side says is sure.
  Quantity doubtful = arithmetic.compared(true, Arithmetic::constant(1.0), Arithmetic::constant(1.0));
  CHECK(Arithmetic::both(doubtful, {0.0}).trust == Trust::Sure);
  CHECK(Arithmetic::both(doubtful, {1.0}).trust == Trust::Doubtful);
  CHECK(Arithmetic::either(doubtful, {1.0}).trust == Trust::Sure);
}

TEST_CASE("forms tell linear terms from the rest", "[reference]") {
  Forms forms(1e-9);
  Number x = Number::unknown(Arithmetic::exact(3.0), 0, 1), two(Arithmetic::constant(2.0));
  Number line = forms.sum(forms.product(two, x), two, true); // 2 x - 2
  CHECK(line.isLinear());
  CHECK(line.slopes[0]->value == 2.0);
  CHECK(line.constant.value == -2.0);
  Number curve = forms.sum(line, forms.product(x, x), false); // 2 x - 2 + x^2
  CHECK_FALSE(curve.isLinear());
  CHECK(curve.slopes[0]->value == 2.0);
  CHECK(curve.rest->value == 9.0);
  CHECK(curve.value.value == 13.0);
}
