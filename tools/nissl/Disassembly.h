// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/program/Program.h"

#include <string>

namespace nissl::driver {

/// The machine code of every kernel in every variant as assembler text, with offsets into the variant's
/// image. Bytes that are no instruction (constants) are shown as numbers.
std::string disassembleKernels(const program::Program& program);

} // namespace nissl::driver
