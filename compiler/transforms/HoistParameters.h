// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Computing once, in the setup, what a body computes of parameters only.
#pragma once

#include "dialects/step/StepDialect.h"

namespace nissl::transforms {

/// Moves each expression of a step.map that depends on parameters only (states that the setup alone writes,
/// the element's index, constants) and holds a division or a function into the setup, as a state of its own.
/// The same ops give the same bits, once instead of in every step. Returns the number of new states.
int hoistParameters(step::ProgramOp program);

} // namespace nissl::transforms
