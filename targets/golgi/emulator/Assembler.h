// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Microcode as text (.gasm): one instruction a line, as in SPEC.md G7.4; `;` begins a comment.
#pragma once

#include "targets/golgi/emulator/Image.h"
#include "targets/golgi/model/Isa.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nissl::golgi {

/// "@!p1 add r1, r2, r3".
std::string disassemble(const Instruction& instruction);
/// One line per word. Throws NS0804 for a word that is no instruction.
std::string disassemble(std::span<const uint32_t> program);
/// A core's groups, each with its place in the memories and its program, as `nissl inspect` shows it. It
/// assembles to the groups' programs one after the other.
std::string disassemble(const CoreImage& core);

/// The words of a text. `where` (a file's name) and the line stand before messages; throws NS0804.
std::vector<uint32_t> assemble(std::string_view text, std::string_view where);

} // namespace nissl::golgi
