// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The random words of one entity of the structure, one after the other.
#pragma once

#include "runtime/support/Random.h"

#include <cstdint>

namespace nissl::program {

/// Word i is word i mod 4 of Philox at draw (i / 4) mod 2^16 and step (i / 4) / 2^16.
class DrawSequence {
public:
  DrawSequence(uint64_t seed, uint32_t stream, uint64_t entity)
      : seed(seed), entity(entity), stream(stream) {}

  uint32_t word() {
    if (used == 4) {
      words = support::philox(seed, quad >> support::drawBits, entity, stream, quad & 0xffff);
      ++quad;
      used = 0;
    }
    return words[used++];
  }

  /// In [0, 1), from two words, the high one first.
  double uniform() {
    uint32_t high = word();
    return support::uniformOf(high, word());
  }

  /// An integer in [0, bound), each equally likely: the high half of word * bound, redrawn while the low
  /// half is below 2^32 mod bound (Lemire 2019). `bound` is at least 1.
  uint32_t below(uint32_t bound) {
    uint32_t rejected = (0u - bound) % bound;
    uint64_t product = uint64_t{word()} * bound;
    while (static_cast<uint32_t>(product) < rejected) {
      product = uint64_t{word()} * bound;
    }
    return static_cast<uint32_t>(product >> 32);
  }

private:
  uint64_t seed;
  uint64_t entity;
  uint64_t quad = 0;
  uint32_t stream;
  unsigned used = 4;
  support::PhiloxWords words{};
};

} // namespace nissl::program
