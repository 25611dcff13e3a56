// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Counter-based random numbers: Philox4x32-10 (Salmon et al., SC'11) and how a draw is addressed.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace nissl::support {

using PhiloxKey = std::array<uint32_t, 2>;
using PhiloxWords = std::array<uint32_t, 4>;

inline constexpr unsigned stepBits = 48;
inline constexpr unsigned entityBits = 40;
inline constexpr unsigned streamBits = 24;
inline constexpr unsigned drawBits = 16;
/// Bits of the source and of the ordinal in a synapse's entity.
inline constexpr unsigned synapseFieldBits = 20;

/// The counter of one draw. Each argument must fit its field (48, 40, 24, 16 bits); the rest is cut off.
///
///   word 0  step[0:32)
///   word 1  step[32:48)    | entity[0:16) << 16
///   word 2  entity[16:40)  | stream[0:8) << 24
///   word 3  stream[8:24)   | draw[0:16) << 16
constexpr PhiloxWords packCounter(uint64_t step, uint64_t entity, uint32_t stream, uint32_t draw) {
  return {static_cast<uint32_t>(step),
          static_cast<uint32_t>(((step >> 32) & 0xffff) | (entity & 0xffff) << 16),
          static_cast<uint32_t>(((entity >> 16) & 0xffffff) | (uint64_t{stream} & 0xff) << 24),
          ((stream >> 8) & 0xffff) | draw << 16};
}

/// Philox4x32-10 of a raw counter and key.
PhiloxWords philox(const PhiloxWords& counter, const PhiloxKey& key);

/// Four random words, a function of the arguments only. Key = {seed low, seed high}; counter as in
/// packCounter.
PhiloxWords philox(uint64_t seed, uint64_t step, uint64_t entity, uint32_t stream, uint32_t draw);

/// Where the random word `word` (0 to 3) of a cell lies: which word of which entity's block. Cells that are
/// 16 apart share blocks, as most draws of cells take one word: cells l, l + 16, l + 32 and l + 48 of each 64
/// have the words 0 to 3 of one block for word 0, of another for word 1, and so on. The cell's number must be
/// below 2^32.
struct CellWord {
  uint64_t entity;
  unsigned word;
};
constexpr CellWord cellWord(uint64_t cell, unsigned word) {
  return {uint64_t{word} << 30 | cell >> 6 << 4 | (cell & 15), static_cast<unsigned>(cell >> 4 & 3)};
}
/// That word.
uint32_t cellBits(uint64_t seed, uint64_t step, uint64_t cell, uint32_t stream, uint32_t draw, unsigned word);

/// How many draws philoxDraws computes side by side.
inline constexpr unsigned philoxBatch = 8;

/// The words of `philoxBatch` consecutive draws from `firstDraw` on, the last of which must fit its field:
/// what as many calls of philox give, in a third of the time.
void philoxDraws(uint64_t seed, uint64_t step, uint64_t entity, uint32_t stream, uint32_t firstDraw,
                 std::span<uint32_t, 4 * philoxBatch> words);

/// The 24-bit stream of a dotted name: FNV-1a 64 of its bytes, folded (h ^ h>>24 ^ h>>48) & 0xffffff.
/// Two names of one program with the same stream are a compile error.
constexpr uint32_t streamOf(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (char character : name) {
    hash = (hash ^ static_cast<uint8_t>(character)) * 0x100000001b3u;
  }
  return static_cast<uint32_t>((hash ^ hash >> 24 ^ hash >> 48) & 0xffffff);
}

/// The entity of a synapse: source << 20 | ordinal. Throws NS0310 where either is 2^20 or more.
uint64_t synapseEntity(uint64_t source, uint64_t ordinal);

/// A uniform number in [0, 1) with 53 random bits: the upper 27 of `high`, then the upper 26 of `low`.
constexpr double uniformOf(uint32_t high, uint32_t low) {
  return static_cast<double>(uint64_t{high >> 5} << 26 | low >> 6) * 0x1p-53;
}

} // namespace nissl::support
