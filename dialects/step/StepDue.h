// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which contributions may be computed in the step in which they arrive.
#pragma once

#include "dialects/step/StepDialect.h"

#include <string>
#include <vector>

namespace nissl::step {

/// The program's traversals of a kind, by those that follow each other directly.
std::vector<std::vector<TraverseOp>> neighbours(ProgramOp program, TraverseKind kind);

/// What keeps a traversal from being `due` beside the others of `run`, itself among them, which stand where
/// it does; empty where nothing does. Its body must read what never changes, so that it may be computed
/// later; and what it adds to a port must come before all else that the port takes in a step.
std::string whyNotDue(TraverseOp traverse, llvm::ArrayRef<TraverseOp> run);

/// Every `due` traversal may be one.
mlir::LogicalResult verifyDue(ProgramOp program);

} // namespace nissl::step
