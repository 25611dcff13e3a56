// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/program/Program.h"

#include <string>

namespace nissl::driver {

/// The program's code as assembler text: of a CPU's artefact every kernel in every variant, with offsets into
/// the variant's image and bytes that are no instruction (constants) as numbers; of a chip's image every
/// core. Throws support::Error (input) for an artefact without code.
std::string disassembleCode(const program::Program& program);

} // namespace nissl::driver
