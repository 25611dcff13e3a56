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

/// Blocks [first, end) of cells.
struct Blocks {
  int64_t first = 0, end = 0;
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

  /// Draws `count` of the candidates, by halves of their blocks and then by picks, and writes those in
  /// `wanted` in ascending order. Returns the end of what it wrote.
  uint32_t* spread(const Candidates& candidates, int64_t row, uint64_t count, Blocks wanted, uint32_t* out) {
    auto write = [&](const Candidates& block, uint64_t here, int64_t number) {
      DrawSequence draws = drawsOf(row, number);
      out = pick(block, here, draws, out);
    };
    split(candidates, row, count, {candidates.firstBlock(), candidates.endBlock()}, wanted, write);
    return out;
  }
  /// How many `spread` would write.
  uint64_t lengthOf(const Candidates& candidates, int64_t row, uint64_t count, Blocks wanted) {
    uint64_t length = 0;
    auto add = [&](const Candidates&, uint64_t here, int64_t) { length += here; };
    split(candidates, row, count, {candidates.firstBlock(), candidates.endBlock()}, wanted, add);
    return length;
  }

  /// Draws `count` of the candidates, which lie in one block, and writes them in ascending order.
  uint32_t* pick(const Candidates& block, uint64_t count, DrawSequence& draws, uint32_t* out);

private:
  /// The draw that splits a row before block `middle`.
  DrawSequence splitsOf(int64_t row, int64_t middle) const;
  /// visit(candidates, count, block) for each of the `wanted` blocks that gets some, ascending.
  template <typename Visit>
  void split(const Candidates& candidates, int64_t row, uint64_t count, Blocks among, Blocks wanted,
             const Visit& visit);
  void drawWithReplacement(uint32_t size, uint64_t count, DrawSequence& draws);
  void drawWithoutReplacement(uint32_t size, uint64_t count, DrawSequence& draws);

  Streams streams;
  bool repeat;
  SplitCounts counts;
  // What pick draws; empty between its calls.
  std::array<uint64_t, connectBlock / 64> taken{}; ///< a bit per candidate
  std::array<uint32_t, connectBlock> again{};      ///< how often beyond once
};

template <typename Visit>
void RowWriter::split(const Candidates& candidates, int64_t row, uint64_t count, Blocks among, Blocks wanted,
                      const Visit& visit) {
  if (count == 0 || among.end <= wanted.first || wanted.end <= among.first) {
    return;
  }
  if (among.end - among.first == 1) {
    visit(candidates.in(among.first, among.end), count, among.first);
    return;
  }
  int64_t middle = among.first + (among.end - among.first) / 2;
  DrawSequence draws = splitsOf(row, middle);
  uint64_t lower = counts.lower(count, candidates.in(among.first, middle).size(),
                                candidates.in(middle, among.end).size(), draws.uniform());
  split(candidates, row, lower, {among.first, middle}, wanted, visit);
  split(candidates, row, count - lower, {middle, among.end}, wanted, visit);
}

} // namespace nissl::program
