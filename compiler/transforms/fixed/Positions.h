// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "dialects/step/StepDialect.h"

namespace nissl::transforms {

/// The largest position that an index can be: the last of its extent, or of its type where it counts
/// synapses.
double lastPosition(step::IndexOp index);

} // namespace nissl::transforms
