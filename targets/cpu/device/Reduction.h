// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// step.reduce on arrays: left to right in blocks of 256, the blocks in a balanced binary tree.
#pragma once

#include "runtime/program/Program.h"

#include <cstddef>

namespace nissl::cpu {

/// Reduces `count` values of `type` at `values` into one at `result`.
void reduceArray(program::ReduceKind kind, program::ScalarType type, const std::byte* values, size_t count,
                 std::byte* result);

} // namespace nissl::cpu
