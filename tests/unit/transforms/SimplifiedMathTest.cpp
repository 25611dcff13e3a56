// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Formulas in the forms that step-simplify-math gives them, against what they mean.
#include "tests/unit/transforms/ScalarJit.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using nissl::transforms::tests::ScalarJit;

namespace {

const std::string pipeline = "step-simplify-math,step-expand-math";

std::string quotientByExprel(const char* type) {
  return fmt::format(R"mlir(func.func @f(%x: {0}) -> {0} {{
    %a = arith.constant 2.5 : {0}
    %one = arith.constant 1.0 : {0}
    %half = arith.constant 0.5 : {0}
    %six = arith.constant 6.0 : {0}
    %limit = arith.constant 1.0e-4 : {0}
    %e = math.exp %x : {0}
    %above = arith.subf %e, %one : {0}
    %quotient = arith.divf %above, %x : {0}
    %sixth = arith.divf %x, %six : {0}
    %slope = arith.addf %half, %sixth : {0}
    %rise = arith.mulf %x, %slope : {0}
    %series = arith.addf %one, %rise : {0}
    %size = math.absf %x : {0}
    %small = arith.cmpf olt, %size, %limit : {0}
    %exprel = arith.select %small, %series, %quotient : {0}
    %y = arith.divf %a, %exprel : {0}
    return %y : {0}
  }})mlir",
                     type);
}

const std::string exponentialEuler = R"mlir(func.func @f(%v: f64, %s: f64, %c: f64) -> f64 {
    %zero = arith.constant 0.0 : f64
    %h = arith.constant 0.125 : f64
    %z = arith.mulf %s, %h : f64
    %decay = math.exp %z : f64
    %isZero = arith.cmpf oeq, %s, %zero : f64
    %rise = math.expm1 %z : f64
    %quotient = arith.divf %rise, %s : f64
    %gain = arith.select %isZero, %h, %quotient : f64
    %kept = arith.mulf %decay, %v : f64
    %gained = arith.mulf %gain, %c : f64
    %next = arith.addf %kept, %gained : f64
    return %next : f64
  })mlir";

/// 1 + exp(x), and exp(x) + 1.
std::string expPlus1(const char* type) {
  return fmt::format(R"mlir(func.func @f(%x: {0}) -> {0} {{
    %one = arith.constant 1.0 : {0}
    %e = math.exp %x : {0}
    %y = arith.addf %one, %e : {0}
    return %y : {0}
  }}
  func.func @g(%x: {0}) -> {0} {{
    %one = arith.constant 1.0 : {0}
    %e = math.exp %x : {0}
    %y = arith.addf %e, %one : {0}
    return %y : {0}
  }})mlir",
                     type);
}

/// The quotient's divisor alone.
std::string exprelOf(const char* type) {
  std::string text = quotientByExprel(type);
  return text.replace(text.find("return %y"), 9, "return %exprel");
}

template <typename T>
void checkExprel(const char* type, const std::string& text, long double (*meaning)(long double),
                 double bound) {
  ScalarJit jit(text, pipeline);
  auto* f = jit.function<T(T)>("f");
  const double zero = std::numeric_limits<T>::denorm_min();
  for (double magnitude : {0.0, zero, 1e-300, 5e-17, 6e-17, 2e-8, 4e-8, 1e-12, 1e-6, 3e-5, 9.9e-5, 1.01e-4,
                           1e-3, 0.3, 0.5, 1.0, 20.0, 80.0}) {
    for (T x : {static_cast<T>(magnitude), static_cast<T>(-magnitude)}) {
      const long double exact = x == 0 ? meaning(1e-30L) : meaning(static_cast<long double>(x));
      INFO(type << " " << x);
      CHECK(std::abs(f(x) - exact) <= bound * std::abs(exact));
    }
  }
  CHECK(std::isnan(f(std::numeric_limits<T>::quiet_NaN())));
}

template <typename T>
void checkExpPlus1(const char* type) {
  ScalarJit jit(expPlus1(type), pipeline);
  const T ulp = std::numeric_limits<T>::epsilon();
  const T largest = std::nextafter(std::log(std::numeric_limits<T>::max()), T(0));
  for (auto* f : {jit.function<T(T)>("f"), jit.function<T(T)>("g")}) {
    for (T x = -100; x <= largest; x += T(0.37)) {
      const long double exact = 1 + std::exp(static_cast<long double>(x));
      INFO(type << " " << x);
      CHECK(std::abs(f(x) - exact) <= ulp * exact);
    }
    // Half of it is a number, all of it just so.
    CHECK(f(largest) < std::numeric_limits<T>::infinity());
    CHECK(f(largest + 1) == std::numeric_limits<T>::infinity());
    CHECK(f(std::numeric_limits<T>::infinity()) == std::numeric_limits<T>::infinity());
    CHECK(f(-std::numeric_limits<T>::infinity()) == 1);
    CHECK(std::isnan(f(std::numeric_limits<T>::quiet_NaN())));
  }
}

} // namespace

TEST_CASE("exprel and a quotient by it are right near zero and far from it", "[transforms][math]") {
  auto exprel = [](long double x) { return std::expm1(x) / x; };
  auto quotient = [](long double x) { return 2.5L * x / std::expm1(x); };
  checkExprel<double>("f64", quotientByExprel("f64"), quotient, 5e-16);
  checkExprel<float>("f32", quotientByExprel("f32"), quotient, 3e-7);
  checkExprel<double>("f64", exprelOf("f64"), exprel, 5e-16);
  checkExprel<float>("f32", exprelOf("f32"), exprel, 3e-7);
}

TEST_CASE("a quotient by exprel vanishes where its exponential is no number", "[transforms][math]") {
  ScalarJit wide(quotientByExprel("f64"), pipeline), narrow(quotientByExprel("f32"), pipeline);
  for (double x : {710.0, 1000.0, 1e30, 1e300}) {
    CHECK((wide.function<double(double)>("f")(x) >= 0 && wide.function<double(double)>("f")(x) < 1e-300));
  }
  for (float x : {89.0F, 1000.0F, 1e30F}) {
    CHECK((narrow.function<float(float)>("f")(x) >= 0 && narrow.function<float(float)>("f")(x) < 1e-35F));
  }
}

TEST_CASE("1 + exp(x) is within an ulp wherever it is a number", "[transforms][math]") {
  checkExpPlus1<double>("f64");
  checkExpPlus1<float>("f32");
}

TEST_CASE("exponential Euler is exact for a linear rate", "[transforms][math]") {
  ScalarJit jit(exponentialEuler, pipeline);
  auto* f = jit.function<double(double, double, double)>("f");
  for (double v : {0.0, 0.7, -65.0}) {
    for (double s : {0.0, 5e-324, 3e-323, -1e-300, 1e-16, 1e-9, 0.3, -0.3, -7.0, -400.0}) {
      for (double c : {0.0, 0.25, -1e3}) {
        const long double z = static_cast<long double>(s) * 0.125L;
        const long double gained = s == 0 ? 0.125L * c : std::expm1(z) / s * c;
        const long double exact = std::exp(z) * v + gained;
        INFO(v << " " << s << " " << c);
        CHECK(std::abs(f(v, s, c) - exact) <= 1e-15L * (std::abs(v) + std::abs(gained)));
      }
    }
  }
}

TEST_CASE("a quotient by a constant is within an ulp or so", "[transforms][math]") {
  ScalarJit jit(
      "func.func @f(%x: f64) -> f64 { %c = arith.constant 3.0e-3 : f64 %y = arith.divf %x, %c : f64 "
      "return %y : f64 }",
      pipeline);
  auto* f = jit.function<double(double)>("f");
  for (double x : {0.0, -0.0, 1.0, -7.3e-9, 4.4e200, 5e-324, HUGE_VAL}) {
    const double exact = x / 3.0e-3;
    CHECK((f(x) == exact || std::abs(f(x) - exact) <= 3e-16 * std::abs(exact)));
    CHECK(std::signbit(f(x)) == std::signbit(exact));
  }
}
