// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Expanded functions against the 80-bit functions of the C library: largest error in ulp, and special cases.
#include "tests/unit/transforms/ScalarJit.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

using nissl::transforms::tests::ScalarJit;

namespace {

using Reference = std::function<long double(long double)>;
using Reference2 = std::function<long double(long double, long double)>;

constexpr int points = 200000;

template <typename T>
const char* typeName() {
  return sizeof(T) == 8 ? "f64" : "f32";
}

/// The distance from `got` to the exact value, in units of the last place of T at that value.
template <typename T>
long double ulpError(T got, long double exact) {
  T rounded = static_cast<T>(exact);
  if (std::isnan(exact)) {
    return std::isnan(got) ? 0 : INFINITY;
  }
  if (std::isinf(rounded) || std::isinf(got)) {
    if (got == rounded) {
      return 0;
    }
    // An overflow at the very edge: as wrong as the last number below infinity.
    T edge = std::numeric_limits<T>::max();
    return std::abs(got) == edge || std::abs(rounded) == edge ? 1 : INFINITY;
  }
  int exponent = 0;
  std::frexp(exact, &exponent);
  exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
  long double ulp = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
  return std::abs(static_cast<long double>(got) - exact) / ulp;
}

template <typename T>
std::vector<T> specialValues() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values = {0,
                           1,
                           2,
                           3,
                           T(0.5),
                           T(0.1),
                           T(1.5),
                           10,
                           100,
                           1000,
                           Limits::min(),
                           Limits::max(),
                           Limits::denorm_min(),
                           Limits::epsilon(),
                           Limits::infinity(),
                           Limits::quiet_NaN(),
                           std::nextafter(T(1), T(0)),
                           std::nextafter(T(1), T(2)),
                           T(1e-30),
                           T(1e30),
                           T(0x1.0p-1022),
                           T(709.782712893384),
                           T(-745.13321910194110842),
                           T(88.72283),
                           T(-103.972),
                           T(0x1p24),
                           T(0x1p44),
                           T(3.14159265358979),
                           T(1.5707963267948966),
                           T(0.34657359),
                           T(0.70710678)};
  size_t count = values.size();
  for (size_t i = 0; i < count; ++i) {
    values.push_back(-values[i]);
  }
  return values;
}

/// Half uniform in [low, high], half with every exponent that lies in it, then the special values.
template <typename T>
std::vector<T> arguments(double low, double high, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(low, high),
      exponent(std::is_same_v<T, double> ? -1074 : -149, std::log2(std::max(-low, high)));
  std::vector<T> values = specialValues<T>();
  for (int i = 0; i < points / 2; ++i) {
    values.push_back(static_cast<T>(uniform(random)));
    T magnitude = static_cast<T>(std::exp2(exponent(random)));
    values.push_back(low < 0 && i % 2 ? -magnitude : magnitude);
  }
  return values;
}

std::string unaryText(const std::string& op, const char* type) {
  return fmt::format("func.func @f(%x: {0}) -> {0} {{ %y = {1} %x : {0} return %y : {0} }}", type, op);
}

template <typename T>
void checkUnary(const std::string& op, double low, double high, const Reference& reference, double bound) {
  ScalarJit jit(unaryText(op, typeName<T>()), "step-expand-math");
  auto* f = jit.function<T(T)>("f");
  long double worst = 0;
  T worstAt = 0;
  for (T x : arguments<T>(low, high, 7)) {
    long double exact = reference(x);
    T got = f(x);
    long double error = ulpError(got, exact);
    if (error > worst) {
      worst = error;
      worstAt = x;
    }
    if (got == 0 && exact == 0 && std::signbit(got) != std::signbit(exact)) {
      FAIL_CHECK(fmt::format("{} {}: the sign of zero is wrong at {}", op, typeName<T>(), x));
    }
  }
  fmt::print("{:12} {}  largest error {:.3f} ulp at {:.17g}\n", op, typeName<T>(), double(worst),
             double(worstAt));
  CHECK(worst <= bound);
}

void check(const std::string& op, double low, double high, const Reference& reference, double bound) {
  checkUnary<double>(op, low, high, reference, bound);
  checkUnary<float>(op, low, high, reference, bound);
}

/// The reference, NaN beyond the largest argument of the reduction.
Reference withinPhase(const Reference& f) {
  return [f](long double x) { return std::abs(x) < 0x1p45L ? f(x) : NAN; };
}

template <typename T>
void checkPow() {
  ScalarJit jit(
      fmt::format("func.func @f(%x: {0}, %y: {0}) -> {0} {{ %z = math.powf %x, %y : {0} return %z : {0} }}",
                  typeName<T>()),
      "step-expand-math");
  auto* f = jit.function<T(T, T)>("f");
  std::vector<std::pair<T, T>> pairs;
  for (T x : specialValues<T>()) {
    for (T y : specialValues<T>()) {
      pairs.emplace_back(x, y);
    }
  }
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> base(0, 10), power(-20, 20), exponent(-1000, 1000), unit(-1, 1);
  for (int i = 0; i < points / 4; ++i) {
    pairs.emplace_back(base(random), power(random));
    T any = static_cast<T>(std::exp2(exponent(random) / (sizeof(T) == 8 ? 1 : 8)));
    // A result anywhere in the format's range, its ends included.
    pairs.emplace_back(any, static_cast<T>(unit(random) * (sizeof(T) == 8 ? 1080 : 150) / std::log2(any)));
    pairs.emplace_back(static_cast<T>(1 + unit(random) * 0x1p-10), static_cast<T>(unit(random) * 1e5));
    pairs.emplace_back(static_cast<T>(-base(random)), std::round(power(random)));
  }
  long double worst = 0;
  std::pair<T, T> worstAt;
  for (auto [x, y] : pairs) {
    long double exact = powl(x, y);
    T got = f(x, y);
    long double error = ulpError(got, exact);
    if (error > worst) {
      worst = error;
      worstAt = {x, y};
    }
    CHECK((std::isnan(exact) || std::signbit(got) == std::signbit(exact)));
  }
  fmt::print("{:12} {}  largest error {:.3f} ulp at {:.17g}, {:.17g}\n", "math.powf", typeName<T>(),
             double(worst), double(worstAt.first), double(worstAt.second));
  CHECK(worst <= 1.0);
}

template <typename T>
void checkRemainder() {
  ScalarJit jit(
      fmt::format("func.func @f(%x: {0}, %y: {0}) -> {0} {{ %z = arith.remf %x, %y : {0} return %z : {0} }}",
                  typeName<T>()),
      "step-expand-math");
  auto* f = jit.function<T(T, T)>("f");
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> wide(-1000, 1000);
  auto checkPair = [&](T x, T y) {
    T exact = std::fmod(x, y);
    T got = f(x, y);
    INFO(x << " mod " << y << " is " << exact << ", found " << got);
    bool tooFar = std::abs(x / y) >= (sizeof(T) == 8 ? 0x1p53 : 0x1p24) && !std::isinf(x);
    CHECK((std::isnan(exact) || tooFar ? std::isnan(got)
                                       : got == exact && std::signbit(got) == std::signbit(x)));
  };
  for (int i = 0; i < 20000; ++i) {
    T y = static_cast<T>(wide(random));
    checkPair(static_cast<T>(wide(random)), y);
    checkPair(y * T(i), y);
    checkPair(std::nextafter(y * T(i), T(0)), y);
  }
  for (T x : specialValues<T>()) {
    for (T y : specialValues<T>()) {
      checkPair(x, y);
    }
  }
}

} // namespace

TEST_CASE("exponentials are within their bounds", "[transforms][math]") {
  check("math.exp", -750, 712, [](long double x) { return expl(x); }, 1.0);
  check("math.exp2", -1080, 1026, [](long double x) { return exp2l(x); }, 1.0);
  check("math.expm1", -80, 712, [](long double x) { return expm1l(x); }, 2.0);
  check("math.expm1", -2, 2, [](long double x) { return expm1l(x); }, 2.0);
}

TEST_CASE("hyperbolic functions are within their bounds", "[transforms][math]") {
  check("math.sinh", -712, 712, [](long double x) { return sinhl(x); }, 3.0);
  check("math.sinh", -25, 25, [](long double x) { return sinhl(x); }, 3.0);
  check("math.cosh", -712, 712, [](long double x) { return coshl(x); }, 2.0);
  check("math.cosh", -3, 3, [](long double x) { return coshl(x); }, 2.0);
  check("math.tanh", -25, 25, [](long double x) { return tanhl(x); }, 3.0);
  check("math.tanh", -1, 1, [](long double x) { return tanhl(x); }, 3.0);
}

TEST_CASE("logarithms are within their bounds", "[transforms][math]") {
  check("math.log", -1, 1e9, [](long double x) { return logl(x); }, 1.0);
  check("math.log", 0.5, 2, [](long double x) { return logl(x); }, 1.0);
  check("math.log1p", -1.5, 1e9, [](long double x) { return log1pl(x); }, 1.0);
  check("math.log1p", -1, 1, [](long double x) { return log1pl(x); }, 1.0);
  check("math.log2", 0.5, 2, [](long double x) { return log2l(x); }, 1.0);
  check("math.log2", -1, 1e300, [](long double x) { return log2l(x); }, 1.0);
  check("math.log10", 0.5, 2, [](long double x) { return log10l(x); }, 1.0);
  check("math.log10", -1, 1e300, [](long double x) { return log10l(x); }, 1.0);
}

TEST_CASE("circular functions are within their bounds", "[transforms][math]") {
  check("math.sin", -10, 10, withinPhase([](long double x) { return sinl(x); }), 1.0);
  check("math.cos", -10, 10, withinPhase([](long double x) { return cosl(x); }), 1.0);
  check("math.tan", -10, 10, withinPhase([](long double x) { return tanl(x); }), 3.0);
  check("math.sin", -3e13, 3e13, withinPhase([](long double x) { return sinl(x); }), 1.0);
  check("math.cos", -3e13, 3e13, withinPhase([](long double x) { return cosl(x); }), 1.0);
}

TEST_CASE("powers are within their bound and follow C's special cases", "[transforms][math]") {
  checkPow<double>();
  checkPow<float>();
}

TEST_CASE("a remainder is exact while the quotient has no more bits than the format", "[transforms][math]") {
  checkRemainder<double>();
  checkRemainder<float>();
}

TEST_CASE("rounding half away from zero is exact", "[transforms][math]") {
  check("math.round", -1000, 1000, [](long double x) { return roundl(x); }, 0.0);
}

TEST_CASE("a power of one half is a square root, whose value at zero is positive", "[transforms][math]") {
  ScalarJit jit("func.func @f(%x: f64) -> f64 { %h = arith.constant 0.5 : f64 %y = math.powf %x, %h : f64 "
                "return %y : f64 }",
                "step-expand-math");
  auto* f = jit.function<double(double)>("f");
  CHECK(f(2.0) == std::sqrt(2.0));
  CHECK(!std::signbit(f(-0.0)));
  CHECK(std::isnan(f(-1.0)));
  CHECK(jit.expanded().find("math.sqrt") != std::string::npos);
}

TEST_CASE("a known power is within the bound of any power, and has its special cases", "[transforms][math]") {
  constexpr double exponents[] = {0.4, 0.93, -0.93, 0.99, -0.99, 1.5, -7.25};
  std::string module;
  for (size_t i = 0; i < std::size(exponents); ++i) {
    module += fmt::format("func.func @f{0}(%x: f64) -> f64 {{ %p = arith.constant {1:.17e} : f64 "
                          "%y = math.powf %x, %p : f64 return %y : f64 }}\n",
                          i, exponents[i]);
  }
  ScalarJit jit(module, "step-expand-math");
  std::mt19937_64 random(11);
  std::vector<double> numbers = {0.0,       -0.0,     1.0,      -1.0,     -2.5,      0x1p-1074, -0x1p-1074,
                                 0x1p-1022, 0x1p1023, 1.79e308, INFINITY, -INFINITY, NAN};
  std::uniform_real_distribution<double> base(0, 10);
  for (int i = 0; i < 20000; ++i) {
    numbers.push_back(std::bit_cast<double>(random())); // of every size
    numbers.push_back(base(random));
  }
  for (size_t i = 0; i < std::size(exponents); ++i) {
    auto* f = jit.function<double(double)>(fmt::format("f{}", i));
    long double worst = 0;
    for (double x : numbers) {
      long double exact = powl(x, exponents[i]);
      worst = std::max(worst, ulpError<double>(f(x), exact));
      REQUIRE((std::isnan(exact) || std::signbit(f(x)) == std::signbit(exact)));
    }
    fmt::print("math.powf    f64  largest error {:.3f} ulp to {}\n", double(worst), exponents[i]);
    CHECK(worst <= 0.95);
  }
}

TEST_CASE("a known power of an f32 is that of any power", "[transforms][math]") {
  ScalarJit jit(R"(
    func.func @up(%x: f32) -> f32 { %p = arith.constant 5.875 : f32 %y = math.powf %x, %p : f32 return %y : f32 }
    func.func @down(%x: f32) -> f32 { %p = arith.constant -5.875 : f32 %y = math.powf %x, %p : f32 return %y : f32 }
    func.func @far(%x: f32) -> f32 { %p = arith.constant 30.5 : f32 %y = math.powf %x, %p : f32 return %y : f32 }
    func.func @any(%x: f32, %p: f32) -> f32 { %y = math.powf %x, %p : f32 return %y : f32 })",
                "step-expand-math");
  auto* up = jit.function<float(float)>("up");
  auto* down = jit.function<float(float)>("down");
  auto* far = jit.function<float(float)>("far"); // beyond f64, too
  auto* any = jit.function<float(float, float)>("any");
  std::mt19937_64 random(11);
  std::vector<float> numbers = {0.0F,      -0.0F,    1.0F,    -1.0F,    -2.5F,     0x1p-149F, -0x1p-149F,
                                0x1p-126F, 0x1p127F, 3.4e38F, INFINITY, -INFINITY, NAN};
  for (int i = 0; i < 20000; ++i) {
    numbers.push_back(std::bit_cast<float>(static_cast<uint32_t>(random()))); // of every size
  }
  for (float x : numbers) {
    REQUIRE(std::bit_cast<uint32_t>(up(x)) == std::bit_cast<uint32_t>(any(x, 5.875F)));
    REQUIRE(std::bit_cast<uint32_t>(down(x)) == std::bit_cast<uint32_t>(any(x, -5.875F)));
    REQUIRE(std::bit_cast<uint32_t>(far(x)) == std::bit_cast<uint32_t>(any(x, 30.5F)));
  }
}

TEST_CASE("integer powers multiply when they are small constants and equal pow otherwise",
          "[transforms][math]") {
  ScalarJit jit(R"(
    func.func @cube(%x: f64) -> f64 { %n = arith.constant 3 : i32 %y = math.fpowi %x, %n : f64, i32 return %y : f64 }
    func.func @any(%x: f32, %n: i32) -> f32 { %y = math.fpowi %x, %n : f32, i32 return %y : f32 })",
                "step-expand-math");
  CHECK(jit.function<double(double)>("cube")(-1.1) == -1.1 * (-1.1 * -1.1));
  auto* any = jit.function<float(float, int32_t)>("any");
  for (int n : {-7, -1, 0, 1, 5, 12, 2147483647}) {
    for (float x : {-1.25f, -1.0f, 0.0f, 0.5f, 3.0f}) {
      INFO(x << "^" << n);
      CHECK(ulpError<float>(any(x, n), powl(x, n)) <= 1);
    }
  }
}
