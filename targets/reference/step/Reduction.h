// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// step.reduce: left to right in blocks of 256, the blocks in a balanced binary tree.
#pragma once

#include "targets/reference/step/StepMemory.h"

namespace nissl::reference {

void reduce(step::ReduceOp op, StepMemory& memory);

} // namespace nissl::reference
