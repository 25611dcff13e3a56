// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The units that descriptions may use.
#pragma once

#include "dialects/neuro/Dimension.h"

#include <optional>
#include <string>
#include <string_view>

namespace nissl::import {

/// A unit is 10^exponent times the SI unit of its dimension.
struct Unit {
  int exponent = 0;
  neuro::Dimension dimension;
};

/// "mV", "ms", "nS", "Mohm", "uF", "second", "siemens": any SI prefix before any unit, or nothing.
std::optional<Unit> findUnit(std::string_view name);

/// How a message names a dimension: "V", "1/s", "A/V", "no unit", or the SI exponents.
std::string describe(const neuro::Dimension& dimension);

} // namespace nissl::import
