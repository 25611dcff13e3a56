// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "dialects/step/StepDialect.h"

namespace nissl::compiler {

/// The factor, between 0 and 1, that takes most values of a cell's state from one step to the next: one map
/// of every step multiplies them by it, and all else keeps those that some condition does not choose. 0 where
/// that is not how the state changes.
double findDecay(step::StateOp state);

} // namespace nissl::compiler
