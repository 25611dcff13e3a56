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
  int64_t sampleTick =
      0; ///< of a step: probes see the state as its maps begin; the number of ticks: after all maps
  std::vector<int64_t> synapses;                         ///< by table
  std::map<program::Index, std::vector<int32_t>> values; ///< by state, in words of the state's format

  std::vector<std::byte> encode() const;
  /// Throws support::Error where the bytes are not whole.
  static StaticValues decode(std::span<const std::byte> bytes);
};

} // namespace nissl::golgi
