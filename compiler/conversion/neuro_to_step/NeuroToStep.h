// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A network as written → the program of its time step. README.md describes the program's shape.
#pragma once

#include "dialects/neuro/NeuroDialect.h"
#include "dialects/step/StepDialect.h"

namespace nissl::conversion {

/// Writes the step.program of `network`, in f64, behind it and leaves the network in place. `dt` in seconds
/// replaces the network's own. What cannot be lowered is an error on the op in question; then there is no
/// program.
mlir::FailureOr<step::ProgramOp> lowerNetwork(neuro::NetworkOp network,
                                              std::optional<double> dt = std::nullopt);

} // namespace nissl::conversion
