// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Probes: what they record, and the states that hold what is no state by itself.
#pragma once

#include "compiler/conversion/neuro_to_step/Lowering.h"

namespace nissl::conversion {

mlir::LogicalResult lowerProbes(Lowering& lowering);

} // namespace nissl::conversion
