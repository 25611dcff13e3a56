// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers taken apart for powers of two, and put together from them.
#pragma once

#include "compiler/transforms/math/RealBuilder.h"

namespace nissl::transforms {

/// x = count + rest, |rest| <= 1/2.
struct Rounded {
  Word count;
  Real rest;
};

/// For |x| below 2^51 (f32: 2^22).
Rounded roundToCount(Real x);

/// value * 2^exponent in two factors, so that the exponent may exceed a normal number's in both directions
/// and the result is rounded once.
Real scale(Real value, Word exponent);

} // namespace nissl::transforms
