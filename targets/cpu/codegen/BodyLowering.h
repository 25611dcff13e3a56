// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ops of step that stand in bodies, as arith on scalars.
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace nissl::cpu {

/// Where a body runs; i64 values, null where the kernel does not need them.
struct BodyPosition {
  mlir::Value seed, step, entity;
  mlir::Value element, pre, post, ordinal, synapse;
};

/// Emits `op` and maps its result, where it is an op of step, or an op that LLVM leaves undefined on some
/// inputs; false where it can be cloned as it is.
bool lowerStepOp(mlir::Operation& op, mlir::OpBuilder& builder, const BodyPosition& position,
                 mlir::IRMapping& mapping);

} // namespace nissl::cpu
