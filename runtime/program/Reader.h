// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An .npb file as a validated program.
#pragma once

#include "runtime/program/Program.h"
#include "runtime/program/Validate.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace nissl::program {

/// A section as the file holds it, for `nissl inspect`.
struct FileSummary {
  uint32_t version = 0;
  uint64_t fileBytes = 0;
  uint64_t manifestBytes = 0;
  std::vector<SectionEntry> sections;
};

/// Reads and validates. Every error is a support::Error with exit code 1 whose text starts with the path:
/// NS0401 cannot be read, NS0402 not an .npb file, NS0403 newer than this Nissl, NS0404 truncated, NS0405
/// corrupted, NS0406 not laid out as the format says, NS0407 claims that contradict each other, NS0408
/// larger than the limits; with exit code 3 where memory is short (NS0409).
Program readProgram(const std::filesystem::path& path, const ReadLimits& limits = {});

/// The same from memory; `where` stands for the path in errors.
Program parseProgram(std::span<const std::byte> file, std::string_view where, const ReadLimits& limits = {});

/// What parseProgram takes: the bytes of a file, of which nothing has been checked.
std::vector<std::byte> readBytes(const std::filesystem::path& path);

/// Header and table of sections, checked as in readProgram, without the program.
FileSummary summarize(const std::filesystem::path& path);

} // namespace nissl::program
