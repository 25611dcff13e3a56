// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference as a target: the artefact of the step interpreter, and the description beside it.
#pragma once

#include "compiler/target/Target.h"

namespace nissl::reference {

std::unique_ptr<compiler::Target> createReferenceTarget();

} // namespace nissl::reference
