// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The registers of up to 64 cells that run one program together, and the execution of one instruction on
// them.
#pragma once

#include "targets/golgi/emulator/Image.h"
#include "targets/golgi/model/Isa.h"

#include <array>
#include <cstdint>
#include <span>

namespace nissl::golgi {

/// Cells that the emulator runs together; a choice of speed, invisible in results.
inline constexpr unsigned laneCount = 64;

/// One value per cell.
using LaneWords = std::array<int32_t, laneCount>;

/// A predicate is -1 where it is 1, and 0 elsewhere.
struct alignas(64) Lanes {
  std::array<LaneWords, registerCount> registers;
  std::array<LaneWords, predicateCount> predicates;
  /// The four words of each cell's last `rnd`.
  std::array<LaneWords, 4> random;
};

/// What a program reaches outside of its registers, for the cells [first, first + count) of a group.
struct LaneEnvironment {
  const Group* group = nullptr;
  /// pad4(cells): words between word k and word k + 1 of a cell.
  uint32_t stride = 0;
  uint32_t first = 0;
  uint32_t count = 0;
  int32_t* state = nullptr;            ///< NSTATE
  const int16_t* parameters = nullptr; ///< NPAR
  const uint32_t* ports = nullptr;     ///< ACC, the plane of this tick
  const int32_t* inputs = nullptr;     ///< INP, 0 where not valid
  uint64_t* spikeMask = nullptr;       ///< SPKM
  std::span<const int32_t> constants;
  std::span<const LutEntry> lut;
  std::span<const LutTable> tables;
  uint64_t step = 0;
  uint64_t seed = 0;
  uint64_t saturations = 0;
};

/// Runs decoded instructions of an image that passed check() (G7). Adds to `environment.saturations`.
void execute(std::span<const Instruction> program, Lanes& lanes, LaneEnvironment& environment);

} // namespace nissl::golgi
