// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A positive number taken apart for logarithms.
#pragma once

#include "compiler/transforms/math/RealBuilder.h"

namespace nissl::transforms {

/// x = value * 2^exponent with value in [sqrt(1/2), sqrt(2)) and an integer exponent.
struct Significand {
  Real exponent;
  Real value;
};

/// For positive finite x, subnormals included; anything else gives numbers without meaning.
Significand splitSignificand(Real x);
/// Likewise for positive normal x only.
Significand splitNormal(Real x);

} // namespace nissl::transforms
