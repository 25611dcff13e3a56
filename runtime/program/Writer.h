// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program as the bytes of an .npb file.
#pragma once

#include "runtime/program/Program.h"

#include <cstddef>
#include <filesystem>
#include <vector>

namespace nissl::program {

/// The file's bytes. The same program gives the same bytes. Does not validate.
std::vector<std::byte> serialize(const Program& program);

/// Validates, then writes the file beside its final name and moves it there, so that no reader sees half of
/// it. Throws support::Error: NS0490 (a bug) where the program is not valid, NS0401 where the file cannot be
/// created, NS0409 where it cannot be written.
void writeProgram(const Program& program, const std::filesystem::path& path);

} // namespace nissl::program
