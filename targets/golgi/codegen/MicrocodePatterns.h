// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A map's body as a program's instructions, registers still free.
#pragma once

#include "dialects/golgi/GolgiDialect.h"
#include "dialects/step/StepDialect.h"

namespace nissl::golgi {

/// The constant of a parameter that is the same in all cells, or is broadcast.
using ConstantOf = llvm::function_ref<int32_t(llvm::StringRef)>;

/// Fills the empty body of `program`, which stands in a chip with the words of its population. An op that the
/// chip has no instruction for is an error at the op.
mlir::LogicalResult convertBody(step::MapOp map, ProgramOp program, ConstantOf constantOf);

} // namespace nissl::golgi
