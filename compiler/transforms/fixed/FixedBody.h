// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rewrites one body from floats to fixed-point integers.
#pragma once

#include "compiler/transforms/fixed/Formats.h"

namespace nissl::transforms {

/// Rewrites the body of a map or traversal of the step. Each float becomes an i32 with as many fraction bits
/// as its proven range leaves and its uses need: sums align by shifts, products are step.mulq. Where bits are
/// dropped they are rounded half to even. What a state without proof is given saturates, by a step.mulq that
/// counts it. Errors name the ops that have no fixed-point form.
mlir::LogicalResult rewriteToFixed(mlir::Operation* action, const ProgramRanges& ranges,
                                   const Formats& formats);

/// Lets the body of a setup action go on in floats: what it reads is converted from fixed point and what it
/// writes is rounded half to even and saturated.
void rewriteSetup(mlir::Operation* action, const ProgramRanges& ranges, const Formats& formats);

} // namespace nissl::transforms
