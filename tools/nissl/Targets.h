// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "compiler/target/Target.h"

namespace nissl::driver {

/// Every target of this build.
compiler::TargetRegistry allTargets();

} // namespace nissl::driver
