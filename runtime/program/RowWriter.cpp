// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is drawn in a block is marked in a bitmap, whose order is that of the cells, so that nothing is
// sorted.
#include "runtime/program/RowWriter.h"

#include <bit>
#include <string>

namespace nissl::program {
namespace {

uint64_t entityOf(int64_t row, int64_t block) {
  return static_cast<uint64_t>(row) << support::synapseFieldBits | static_cast<uint64_t>(block);
}

} // namespace

Streams::Streams(uint64_t seed, std::string_view table)
    : seed(seed), pick(support::streamOf(std::string(table) + ".connect")),
      split(support::streamOf(std::string(table) + ".connect.split")),
      share(support::streamOf(std::string(table) + ".connect.rows")) {}

DrawSequence RowWriter::drawsOf(int64_t row, int64_t block) const {
  return DrawSequence(streams.seed, streams.pick, entityOf(row, block));
}

DrawSequence RowWriter::splitsOf(int64_t row, int64_t middle) const {
  return DrawSequence(streams.seed, streams.split, entityOf(row, middle));
}

void RowWriter::drawWithReplacement(uint32_t size, uint64_t count, DrawSequence& draws) {
  draws.forEachBelow(size, count, [&](uint32_t index) {
    uint64_t bit = uint64_t{1} << (index % 64);
    uint64_t before = taken[index / 64];
    again[index] += (before & bit) != 0;
    taken[index / 64] = before | bit;
  });
}

/// Floyd's sample (Bentley 1987).
void RowWriter::drawWithoutReplacement(uint32_t size, uint64_t count, DrawSequence& draws) {
  auto take = [&](uint32_t index) {
    bool isNew = (taken[index / 64] >> (index % 64) & 1) == 0;
    taken[index / 64] |= uint64_t{1} << (index % 64);
    return isNew;
  };
  draws.expect(count);
  for (uint32_t bound = size - static_cast<uint32_t>(count); bound < size; ++bound) {
    if (!take(draws.below(bound + 1))) {
      take(bound);
    }
  }
}

uint32_t* RowWriter::pick(const Candidates& block, uint64_t count, DrawSequence& draws, uint32_t* out) {
  auto size = static_cast<uint32_t>(block.size());
  if (repeat) {
    drawWithReplacement(size, count, draws);
  } else {
    drawWithoutReplacement(size, count, draws);
  }
  auto begin = static_cast<uint32_t>(block.begin);
  uint32_t gap = block.excluded >= 0 ? static_cast<uint32_t>(block.excluded) - begin : connectBlock;
  for (uint32_t word = 0; word < taken.size(); ++word) {
    for (uint64_t bits = taken[word]; bits != 0; bits &= bits - 1) {
      uint32_t index = word * 64 + static_cast<uint32_t>(std::countr_zero(bits));
      uint32_t cell = begin + index + (index >= gap); // block.at(index), in fewer steps
      *out++ = cell;
      for (; again[index] > 0; --again[index]) {
        *out++ = cell;
      }
    }
    taken[word] = 0;
  }
  return out;
}

} // namespace nissl::program
