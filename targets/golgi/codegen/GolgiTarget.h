// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The Golgi chip as a target: microcode, synapse rows and axon lists.
#pragma once

#include "compiler/target/Target.h"

namespace nissl::golgi {

std::unique_ptr<compiler::Target> createGolgiTarget();

} // namespace nissl::golgi
