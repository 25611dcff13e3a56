// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "dialects/step/StepDialect.h"

#include "llvm/ADT/StringMap.h"

namespace nissl::compiler {

/// By name of those states that decay: the factor, between 0 and 1, that takes most values of the state from
/// one step to the next. One map of every step multiplies them by it, and all else keeps those that some
/// condition does not choose.
llvm::StringMap<double> findDecays(step::ProgramOp program);

} // namespace nissl::compiler
