// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Connectivity rules and the rows of synapses that they stand for. Normative; defined in README.md.
#pragma once

#include "runtime/program/Program.h"
#include "runtime/support/Uninitialized.h"

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace nissl::program {

/// Connectors draw their targets in blocks of this many consecutive cells of the whole extent.
inline constexpr int64_t connectBlock = 1024;

/// The part of two extents that a table covers: [begin, end), as indices into the whole extents.
struct TableShape {
  int64_t sourceBegin = 0, sourceEnd = 0;
  int64_t targetBegin = 0, targetEnd = 0;
  bool sameExtent = false; ///< source and target are one extent, so a cell can meet itself
};

/// Cells [begin, end) of the whole target extent.
struct TargetRange {
  int64_t begin = 0, end = std::numeric_limits<int64_t>::max();
};

/// Synapses by source. Row r is source `sourceBegin + r`; its synapses are [rowStart[r], rowStart[r + 1]),
/// in ascending target; the position in the row is the ordinal.
struct Rows {
  using Targets = std::vector<uint32_t, support::Uninitialized<uint32_t>>;

  std::vector<uint64_t> rowStart;
  Targets target; ///< index into the whole target extent

  bool operator==(const Rows&) const = default;
};

/// The synapses of a table. A function of the first four arguments; `threads` only shortens the time. With a
/// `part` those whose targets lie in the blocks that it touches, in the time that these take; of a row they
/// follow each other.
///
/// `tableName` is the table's symbol ("EE"); it names the streams of the draws. Throws support::Error, exit
/// code 1, for a demand that cannot be met (NS0301 to NS0306), and exit code 3 where memory is short
/// (NS0307).
Rows expandRows(const ConnectRule& rule, const TableShape& shape, uint64_t structureSeed,
                std::string_view tableName, unsigned threads, TargetRange part = {});

/// Throws what expandRows throws for a row of so many synapses in all, of which it may have seen a part.
void checkRowLength(std::string_view tableName, int64_t source, uint64_t length);

/// The part of a table that `shape` of expandRows describes.
TableShape shapeOf(const Table& table);

} // namespace nissl::program
