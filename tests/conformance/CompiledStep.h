// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A step program's text compiled for a target, for tests.
#pragma once

#include "runtime/program/Program.h"

#include <optional>
#include <string>

namespace nissl::conformance {

/// The artefact, with the text for the step interpreter in it; nothing where it does not compile (the
/// errors went to standard error). `structureSeed` fixes connectivity and initial values; `target` is "cpu"
/// or "golgi".
std::optional<program::Program> compileStep(const std::string& text, uint64_t structureSeed = 1,
                                            const std::string& target = "cpu");
std::optional<program::Program> compileStepFile(const std::string& path, uint64_t structureSeed = 1);

} // namespace nissl::conformance
