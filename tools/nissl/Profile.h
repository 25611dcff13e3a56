// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A profiling run: how far a float program's states move, so that fixed-point formats can follow.
#pragma once

#include "dialects/step/StepDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LogicalResult.h"

#include <cstdint>

namespace nissl::driver {

/// Runs the program of `module` in f64 on the CPU for `steps` steps with inputs of zero, and gives every
/// float state without declared `bounds` the attribute `range = [lowest, highest]` that it kept within, also
/// between steps. step-to-fixed uses it where it proves no range. Fails with an error where the program does
/// not compile in f64.
mlir::LogicalResult profileRanges(mlir::ModuleOp module, int64_t steps, uint64_t seed);

} // namespace nissl::driver
