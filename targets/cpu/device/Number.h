// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values in memory as numbers, and back: what readState and setInput mean.
#pragma once

#include "runtime/program/Program.h"

#include <cstddef>

namespace nissl::cpu {

/// The `index`-th value of an array; a fixed-point integer times 2^-frac, exactly.
double numberAt(const std::byte* values, program::ScalarType type, int32_t frac, int64_t index);

/// Stores a number as the `index`-th value. Fixed-point numbers are rounded half to even; one that does not
/// fit becomes the nearest value, and the result is false.
bool storeNumber(std::byte* values, program::ScalarType type, int32_t frac, int64_t index, double number);

} // namespace nissl::cpu
