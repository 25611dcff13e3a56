// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The synapses of one row: how many fall into each block, and which of a block's cells they are.
#pragma once

#include "runtime/program/Connectivity.h"
#include "runtime/program/DrawSequence.h"
#include "runtime/program/SplitCounts.h"
#include "runtime/support/Random.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace nissl::program {

/// The three streams of a table's structure.
struct Streams {
  Streams(uint64_t seed, std::string_view table);

  uint64_t seed;
  uint32_t pick;  ///< inside a block; entity (row, block)
  uint32_t split; ///< of a row over blocks; entity (row, first block of the upper half)
  uint32_t share; ///< of FixedTotal over rows; entity (first row of the upper half)
};

/// The cells that one row may meet: [begin, end) without `excluded`.
struct Candidates {
  int64_t begin = 0, end = 0;
  int64_t excluded = -1;

  int64_t firstBlock() const { return begin / connectBlock; }
  int64_t endBlock() const { return begin == end ? firstBlock() : (end - 1) / connectBlock + 1; }

  /// Those in blocks [lower, upper).
  Candidates in(int64_t lower, int64_t upper) const {
    Candidates part{std::max(begin, lower * connectBlock), std::min(end, upper * connectBlock), -1};
    part.end = std::max(part.begin, part.end);
    part.excluded = part.begin <= excluded && excluded < part.end ? excluded : -1;
    return part;
  }
  uint64_t size() const { return static_cast<uint64_t>(end - begin) - (excluded >= 0 ? 1 : 0); }
  uint32_t at(uint32_t index) const {
    int64_t cell = begin + index;
    return static_cast<uint32_t>(excluded >= 0 && cell >= excluded ? cell + 1 : cell);
  }
};

/// Writes rows, one after the other; a thread that writes rows has its own. What it remembers between rows
/// only shortens the time.
class RowWriter {
public:
  /// `repeat`: a cell may be drawn more than once.
  RowWriter(const Streams& streams, bool repeat) : streams(streams), repeat(repeat), counts(repeat) {}

  /// The draws of a row in a block.
  DrawSequence drawsOf(int64_t row, int64_t block) const;

  /// Draws `count` of the candidates, by halves of their blocks and then by picks, and writes them in
  /// ascending order. Returns the end of what it wrote.
  uint32_t* spread(const Candidates& candidates, int64_t row, uint64_t count, uint32_t* out) {
    return spread(candidates, row, count, candidates.firstBlock(), candidates.endBlock(), out);
  }

  /// Draws `count` of the candidates, which lie in one block, and writes them in ascending order.
  uint32_t* pick(const Candidates& block, uint64_t count, DrawSequence& draws, uint32_t* out);

private:
  uint32_t* spread(const Candidates& candidates, int64_t row, uint64_t count, int64_t first, int64_t end,
                   uint32_t* out);
  void drawWithReplacement(uint32_t size, uint64_t count, DrawSequence& draws);
  void drawWithoutReplacement(uint32_t size, uint64_t count, DrawSequence& draws);

  Streams streams;
  bool repeat;
  SplitCounts counts;
  // What pick draws; empty between its calls.
  std::array<uint64_t, connectBlock / 64> taken{}; ///< a bit per candidate
  std::array<uint32_t, connectBlock> again{};      ///< how often beyond once
};

} // namespace nissl::program
