// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ops of step that stand in bodies, as arith on scalars.
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

#include <array>

namespace nissl::cpu {

/// Where a body runs; i64 values, null where the kernel does not need them.
struct BodyPosition {
  mlir::Value seed, step, entity;
  mlir::Value element, pre, post, ordinal, synapse;
};

/// Emits the four words of Philox4x32-10 for an entity (i64), each in the low half of an i64.
std::array<mlir::Value, 4> philox(mlir::OpBuilder& builder, mlir::Location loc, const BodyPosition& position,
                                  mlir::Value entity, mlir::StringRef stream, int64_t draw);

/// Emits `op` and maps its result, where it is an op of step, or an op that LLVM leaves undefined on some
/// inputs; false where it can be cloned as it is.
bool lowerStepOp(mlir::Operation& op, mlir::OpBuilder& builder, const BodyPosition& position,
                 mlir::IRMapping& mapping);

} // namespace nissl::cpu
