// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/Duration.h"

#include "runtime/support/Error.h"

#include <array>
#include <charconv>
#include <cmath>

namespace nissl::runtime {

using support::Error;

namespace {

struct Quantity {
  double value = 0;
  std::string_view unit;
};

struct Unit {
  std::string_view name;
  double seconds;
};

constexpr std::array<Unit, 12> units{{{"s", 1},
                                      {"second", 1},
                                      {"seconds", 1},
                                      {"ms", 1e-3},
                                      {"us", 1e-6},
                                      {"µs", 1e-6},
                                      {"ns", 1e-9},
                                      {"min", 60},
                                      {"minute", 60},
                                      {"minutes", 60},
                                      {"h", 3600},
                                      {"hour", 3600}}};

/// Steps are counted in 48 bits of the random numbers' counter.
constexpr double mostSteps = 281474976710655.0;

Quantity parseQuantity(std::string_view text) {
  Quantity quantity;
  const char* end = text.data() + text.size();
  auto [rest, status] = std::from_chars(text.data(), end, quantity.value);
  if (status != std::errc() || !std::isfinite(quantity.value)) {
    throw Error::usage("NS0501",
                       "'{}' is no duration: it must start with a number, as in '100ms' or '250steps'", text);
  }
  while (rest != end && *rest == ' ') {
    ++rest;
  }
  quantity.unit = std::string_view(rest, static_cast<size_t>(end - rest));
  return quantity;
}

double secondsOf(std::string_view text, const Quantity& quantity, std::string_view known) {
  for (const Unit& unit : units) {
    if (unit.name == quantity.unit) {
      return quantity.value * unit.seconds;
    }
  }
  throw Error::usage(
      "NS0501", "'{}' has {}; expected one of {}", text,
      quantity.unit.empty() ? std::string("no unit") : fmt::format("the unit '{}'", quantity.unit), known);
}

} // namespace

double parseSeconds(std::string_view text) {
  double seconds = secondsOf(text, parseQuantity(text), "s, ms, us, ns, min, h");
  if (seconds <= 0) {
    throw Error::usage("NS0502", "'{}' is not above zero", text);
  }
  return seconds;
}

RunLength parseRunLength(std::string_view text, double dt) {
  Quantity quantity = parseQuantity(text);
  bool inSteps = quantity.unit == "steps" || quantity.unit == "step";
  double wanted = inSteps ? quantity.value : secondsOf(text, quantity, "steps, s, ms, us, ns, min, h") / dt;
  double steps = std::floor(wanted + 0.5);
  if (wanted < 0 || steps > mostSteps) {
    throw Error::usage("NS0502", "'{}' is {:.17g} steps; a run takes 0 to {:.0f}", text, wanted, mostSteps);
  }
  if (inSteps && steps != wanted) {
    throw Error::usage("NS0502", "'{}' is no whole number of steps", text);
  }
  RunLength length;
  length.steps = static_cast<int64_t>(steps);
  if (std::abs(steps - wanted) > 1e-9 * wanted) {
    length.notice = fmt::format("'{}' is {:.9g} steps of {:.9g} s: running {} steps, {:.9g} s", text, wanted,
                                dt, length.steps, steps * dt);
  }
  return length;
}

} // namespace nissl::runtime
