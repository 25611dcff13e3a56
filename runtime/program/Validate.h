// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Validation before trust: everything that an artefact claims, checked before anything acts on it.
#pragma once

#include "runtime/program/FileLayout.h"
#include "runtime/program/Program.h"

#include <cstdint>
#include <span>

namespace nissl::program {

/// What a reader is willing to hold in memory, so that a small file cannot ask for all of it.
struct ReadLimits {
  uint64_t sectionBytes = uint64_t{4} << 30;
  uint64_t totalBytes = uint64_t{16} << 30;
};

/// Checks that the sections fill [0, dataBytes) in order without overlap, and that their sizes are within
/// the limits. Throws support::Error NS0406 or NS0408.
void validateSections(std::span<const SectionEntry> sections, uint64_t dataBytes, const ReadLimits& limits);

/// Checks every name, number, enum, size and index of a program, and that they fit each other. Whatever
/// passes can be indexed without further checks; what kernels do with their operands is native code and
/// trusted. Throws support::Error NS0407, which names the thing, what was found and what was expected.
void validate(const Program& program);

} // namespace nissl::program
