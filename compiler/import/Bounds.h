// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Between which numbers an expression lies.
#pragma once

#include "mlir/IR/Region.h"

#include <optional>
#include <utility>

namespace nissl::import {

/// The smallest and largest value that a body which yields f64 can have, by interval arithmetic over its
/// constants, arrays and uniform numbers. Nothing if it reads anything else or divides by what may be zero.
std::optional<std::pair<double, double>> boundsOf(mlir::Region& expression);

} // namespace nissl::import
