// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The random words of one entity of the structure, one after the other.
#pragma once

#include "runtime/support/Random.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace nissl::program {

/// Word i is word i mod 4 of Philox at draw (i / 4) mod 2^16 and step (i / 4) / 2^16.
class DrawSequence {
public:
  DrawSequence(uint64_t seed, uint32_t stream, uint64_t entity)
      : seed(seed), entity(entity), stream(stream) {}

  uint32_t word() {
    if (used == filled) {
      refill();
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
    uint64_t product = uint64_t{word()} * bound;
    // 2^32 mod bound is less than bound, so that the division is seldom needed.
    if (static_cast<uint32_t>(product) < bound) {
      uint32_t rejected = (0u - bound) % bound;
      while (static_cast<uint32_t>(product) < rejected) {
        product = uint64_t{word()} * bound;
      }
    }
    return static_cast<uint32_t>(product >> 32);
  }

  /// Calls take(below(bound)) `count` times.
  template <typename Take>
  void forEachBelow(uint32_t bound, uint64_t count, Take take) {
    uint32_t rejected = (0u - bound) % bound;
    expect(count);
    while (count > 0) {
      if (used == filled) {
        refill();
      }
      // Every word gives one integer at most.
      auto end = static_cast<unsigned>(std::min<uint64_t>(filled, used + count));
      for (unsigned i = std::exchange(used, end); i < end; ++i) {
        uint64_t product = uint64_t{words[i]} * bound;
        if (static_cast<uint32_t>(product) >= rejected) {
          take(static_cast<uint32_t>(product >> 32));
          --count;
        }
      }
    }
  }

  /// Says that about `count` words will be taken, so that they are computed together.
  void expect(uint64_t count) { expected = count; }

private:
  void refill() {
    uint64_t step = quad >> support::drawBits;
    auto draw = static_cast<uint32_t>(quad & 0xffff);
    bool many = expected > 2 * 4 && draw + support::philoxBatch <= 1u << support::drawBits;
    unsigned quads = many ? support::philoxBatch : 1;
    if (many) {
      support::philoxDraws(seed, step, entity, stream, draw, words);
    } else {
      support::PhiloxWords four = support::philox(seed, step, entity, stream, draw);
      std::copy(four.begin(), four.end(), words.begin());
    }
    quad += quads;
    filled = 4 * quads;
    used = 0;
    expected -= std::min<uint64_t>(expected, filled);
  }

  uint64_t seed;
  uint64_t entity;
  uint64_t quad = 0;
  uint64_t expected = 0;
  uint32_t stream;
  unsigned used = 0, filled = 0;
  std::array<uint32_t, 4 * support::philoxBatch> words;
};

} // namespace nissl::program
