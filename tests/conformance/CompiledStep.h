// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A step program's text, or a description's, compiled for a target, for tests.
#pragma once

#include "runtime/program/Program.h"

#include <optional>
#include <string>

namespace nissl::conformance {

/// The artefact, with the text for the step interpreter in it; nothing where it does not compile (the
/// errors went to standard error). `structureSeed` fixes connectivity and initial values; `target` is "cpu",
/// "golgi" or "step"; `optimization` is the level at which the CPU's code is made.
std::optional<program::Program> compileStep(const std::string& text, uint64_t structureSeed = 1,
                                            const std::string& target = "cpu", unsigned optimization = 3);
std::optional<program::Program> compileStepFile(const std::string& path, uint64_t structureSeed = 1);

/// Likewise of a description in JSON, which finds what the examples import. The structure's seed is its own.
std::optional<program::Program> compileDescription(const std::string& json,
                                                   program::Precision precision = program::Precision::F64,
                                                   unsigned optimization = 3);

} // namespace nissl::conformance
