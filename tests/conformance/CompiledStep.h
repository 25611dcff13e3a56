// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A step program's text compiled for the CPU, for tests.
#pragma once

#include "runtime/program/Program.h"

#include <optional>
#include <string>

namespace nissl::conformance {

/// The artefact, with the text for the step interpreter in it; nothing where it does not compile (the
/// errors went to standard error). `structureSeed` fixes connectivity and initial values.
std::optional<program::Program> compileStep(const std::string& text, uint64_t structureSeed = 1);
std::optional<program::Program> compileStepFile(const std::string& path, uint64_t structureSeed = 1);

} // namespace nissl::conformance
