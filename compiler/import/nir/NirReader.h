// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// HDF5 → NirFile. Believes nothing: sizes, depths and counts are bounded before memory is taken.
#pragma once

#include "compiler/import/nir/NirGraph.h"
#include "compiler/import/nir/NirProblem.h"

#include <cstdint>
#include <optional>
#include <string>

namespace nissl::nir {

/// What a file may ask for. A file that asks for more is refused (NS2003), never truncated.
struct NirLimits {
  uint64_t elements = uint64_t{1} << 28; ///< numbers in all datasets together
  uint64_t nodes = 100'000;
  uint64_t edges = 1'000'000;
  uint64_t textBytes = uint64_t{1} << 20; ///< of one text
  unsigned depth = 32;                    ///< of nested graphs
};

/// Reads a file. What cannot be read is a problem, and reading goes on where it can; without a root graph
/// nothing is returned. Never throws.
std::optional<NirFile> readNir(const std::string& path, NirProblems& problems, const NirLimits& limits = {});

} // namespace nissl::nir
