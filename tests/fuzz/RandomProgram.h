// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random step programs that use every op, for comparing targets with the step interpreter.
#pragma once

#include "runtime/program/Program.h"

#include <string>

namespace nissl::fuzz {

struct RandomProgramOptions {
  program::Precision precision = program::Precision::F64;
  /// Only what the Golgi chip does: static synapses, no histories, broadcasts, reductions or traversals other
  /// than `emit`.
  bool chipOnly = false;
};

/// The text of a program; a function of its arguments. States stay within [-8, 8].
std::string randomProgram(uint64_t seed, const RandomProgramOptions& options);

} // namespace nissl::fuzz
