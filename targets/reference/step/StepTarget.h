// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The step interpreter as a target: the artefact is the program's text.
#pragma once

#include "compiler/target/Target.h"

namespace nissl::reference {

std::unique_ptr<compiler::Target> createStepTarget();

} // namespace nissl::reference
