// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The cycle laws of SPEC.md that are closed forms: G5.6, G6.5 and G8.8.
#pragma once

#include "targets/golgi/model/ChipModel.h"

#include <cstdint>
#include <span>

namespace nissl::golgi {

/// ⌈amount/unit⌉.
constexpr uint64_t ceilDivide(uint64_t amount, uint64_t unit) { return (amount + unit - 1) / unit; }
/// 4·⌈n/4⌉ and 64·⌈n/64⌉ (G2.3).
constexpr uint32_t pad4(uint32_t n) { return (n + 3) & ~3u; }
constexpr uint32_t pad64(uint32_t n) { return (n + 63) & ~63u; }

/// T_A of a core that walks no row (G5.6).
constexpr uint64_t deliverCycles(uint64_t axonsInUse) {
  return 4 + ceilDivide(axonsInUse, ChipModel::scanBits);
}

/// What one row adds to T_A.
constexpr uint64_t rowCycles(uint64_t beats) { return 1 + (beats == 0 ? 1 : beats); }

/// What one active group adds to T_B (G6.5). `program` is its instruction words; throws NS0804 where one is
/// reserved.
uint64_t groupCycles(uint64_t cells, std::span<const uint32_t> program);

/// What clearing the plane adds to T_B.
constexpr uint64_t clearCycles(uint64_t accPlane) { return ceilDivide(accPlane, ChipModel::accBanks); }

/// T_D (G8.8).
constexpr uint64_t barrierCycles(const ChipModel& model) { return 2 * (model.width() + model.height()) + 4; }

} // namespace nissl::golgi
