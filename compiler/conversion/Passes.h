// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The passes of this room and their registration.
#pragma once

#include "mlir/Pass/Pass.h"

#include <memory>

namespace nissl::conversion {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/conversion/Passes.h.inc"

} // namespace nissl::conversion
