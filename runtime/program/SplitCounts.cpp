// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/SplitCounts.h"

#include <bit>
#include <new>

namespace nissl::program {
namespace {

/// 2^12 tables of up to 2^11 sums each: 64 MB if all were of the largest kind, a few in practice.
constexpr unsigned slotBits = 12;
constexpr uint64_t largestCount = 1 << 15;

/// Multiplications by odd numbers (of the golden ratio and of xxHash) spread the keys; the high bits are
/// best.
size_t slotOf(uint64_t count, uint64_t lower, uint64_t upper) {
  uint64_t key = count * 0x9e3779b97f4a7c15 ^ std::rotl(lower * 0xc2b2ae3d27d4eb4f, 21) ^
                 std::rotl(upper * 0x165667b19e3779f9, 42);
  return static_cast<size_t>((key * 0x9e3779b97f4a7c15) >> (64 - slotBits));
}

uint64_t drawnAlone(bool repeat, uint64_t count, uint64_t lower, uint64_t upper, double uniform) {
  return repeat ? binomialCount(uniform, count, static_cast<double>(lower), static_cast<double>(upper))
                : hypergeometricCount(uniform, count, lower, lower + upper);
}

} // namespace

const CountTable& SplitCounts::tableOf(uint64_t count, uint64_t lower, uint64_t upper) {
  if (slots.empty()) {
    slots.resize(size_t{1} << slotBits);
  }
  Slot& slot = slots[slotOf(count, lower, upper)];
  if (slot.count != count || slot.lower != lower || slot.upper != upper) {
    slot.count = 0;
    if (repeat) {
      slot.table.setBinomial(count, static_cast<double>(lower), static_cast<double>(upper));
    } else {
      slot.table.setHypergeometric(count, lower, lower + upper);
    }
    slot.count = count;
    slot.lower = lower;
    slot.upper = upper;
  }
  return slot.table;
}

uint64_t SplitCounts::lower(uint64_t count, uint64_t lower, uint64_t upper, double uniform) {
  // A large count is not met again, and its table would be long.
  if (count > 0 && count <= largestCount) {
    try {
      return tableOf(count, lower, upper).count(uniform);
    } catch (const std::bad_alloc&) {
      // Without memory for tables the counts are the same.
    }
  }
  return drawnAlone(repeat, count, lower, upper, uniform);
}

} // namespace nissl::program
