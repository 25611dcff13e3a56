// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the host must know of a program besides the chip's image: values that never change and are not
// states on the chip. Section "golgi.static".
#pragma once

#include "runtime/program/Program.h"

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace nissl::golgi {

struct StaticValues {
  bool samplesAtEnd = false;                             ///< probes see the state after a step's maps
  std::vector<int64_t> synapses;                         ///< by table
  std::map<program::Index, std::vector<int32_t>> values; ///< by state, in words of the state's format

  std::vector<std::byte> encode() const;
  /// Throws support::Error where the bytes are not whole.
  static StaticValues decode(std::span<const std::byte> bytes);
};

} // namespace nissl::golgi
