// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/emulator/SynapseRow.h"

#include "runtime/support/Error.h"
#include "targets/golgi/model/CycleModel.h"

#include <algorithm>
#include <bit>
#include <limits>

using nissl::support::Error;

namespace nissl::golgi {

static constexpr uint32_t maxCount = 4095;

uint64_t RowHeader::encode() const {
  if (count > maxCount || base > 0xffff || exponent > 31) {
    throw Error::bug("NS0802", "golgi row: n {}, base {}, exponent {}; expected at most 4095, 65535, 31",
                     count, base, exponent);
  }
  return static_cast<uint64_t>(format) | uint64_t{count} << 4 | uint64_t{base} << 16 |
         uint64_t{exponent} << 32 | uint64_t{more} << 37;
}

std::optional<RowHeader> RowHeader::decode(uint64_t word) {
  unsigned format = word & 15;
  if (word >> 38 != 0 || format < 1 || format > 4) {
    return std::nullopt;
  }
  return RowHeader{static_cast<RowFormat>(format), static_cast<uint32_t>(word >> 4 & 0xfff),
                   static_cast<uint32_t>(word >> 16 & 0xffff), static_cast<uint32_t>(word >> 32 & 31),
                   (word >> 37 & 1) != 0};
}

uint32_t RowHeader::payloadWords() const {
  static constexpr uint32_t perWord[] = {1, 2, 1, 8, 4};
  return static_cast<uint32_t>(ceilDivide(count, perWord[static_cast<unsigned>(format)]));
}

uint32_t RowHeader::beats() const {
  return format == RowFormat::Dense8 || format == RowFormat::Dense16 ? payloadWords() : count;
}

/// Rows of one format that are ready to be written.
struct Piece {
  RowFormat format;
  uint32_t base;
  std::vector<Synapse> synapses;
};

template <typename Weight>
static bool fits(int32_t contribution, unsigned exponent) {
  int32_t weight = contribution >> exponent;
  return weight >= std::numeric_limits<Weight>::min() && weight <= std::numeric_limits<Weight>::max();
}

/// The largest exponent that every contribution is a multiple of.
static unsigned commonExponent(std::span<const Synapse> synapses) {
  uint32_t bits = 0;
  for (const Synapse& synapse : synapses) {
    bits |= static_cast<uint32_t>(synapse.contribution);
  }
  return bits == 0 ? 0 : static_cast<unsigned>(std::countr_zero(bits));
}

/// One dense row per plane, gaps filled with zeros; nothing where two synapses share a target or the gaps
/// cost more words than `limit`.
static std::vector<Piece> densePieces(std::span<const Synapse> sorted, uint32_t plane, RowFormat format,
                                      uint64_t limit) {
  uint64_t perWord = format == RowFormat::Dense8 ? 8 : 4;
  std::vector<Piece> pieces;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const Synapse& synapse = sorted[i];
    bool newPlane = pieces.empty() || synapse.offset / plane != pieces.back().base / plane ||
                    synapse.offset - pieces.back().base >= maxCount;
    if (newPlane) {
      pieces.push_back({format, synapse.offset, {}});
    } else if (synapse.offset == sorted[i - 1].offset ||
               (synapse.offset - pieces.back().base) / perWord > limit) {
      return {};
    }
    Piece& piece = pieces.back();
    while (piece.base + piece.synapses.size() < synapse.offset) {
      piece.synapses.push_back({static_cast<uint32_t>(piece.base + piece.synapses.size()), 0});
    }
    piece.synapses.push_back(synapse);
  }
  return pieces;
}

static std::vector<Piece> sparsePieces(std::span<const Synapse> sorted, unsigned exponent) {
  std::vector<Piece> pieces;
  for (RowFormat format : {RowFormat::Sparse16, RowFormat::Sparse32}) {
    Piece* piece = nullptr;
    for (const Synapse& synapse : sorted) {
      if (fits<int16_t>(synapse.contribution, exponent) != (format == RowFormat::Sparse16)) {
        continue;
      }
      if (!piece || piece->synapses.size() == maxCount) {
        piece = &pieces.emplace_back(Piece{format, 0, {}});
      }
      piece->synapses.push_back(synapse);
    }
  }
  return pieces;
}

static RowHeader headerOf(const Piece& piece, unsigned exponent, bool more) {
  return {piece.format, static_cast<uint32_t>(piece.synapses.size()), piece.base, exponent, more};
}

static std::pair<uint64_t, uint64_t> costOf(const std::vector<Piece>& pieces) {
  uint64_t words = 0;
  uint64_t beats = 0;
  for (const Piece& piece : pieces) {
    RowHeader header = headerOf(piece, 0, false);
    words += 1 + header.payloadWords();
    beats += rowCycles(header.beats());
  }
  return {words, beats};
}

static void appendPiece(std::vector<uint64_t>& words, const Piece& piece, unsigned exponent, bool more) {
  RowHeader header = headerOf(piece, exponent, more);
  words.push_back(header.encode());
  size_t first = words.size();
  words.resize(first + header.payloadWords(), 0);
  for (size_t i = 0; i < piece.synapses.size(); ++i) {
    const Synapse& synapse = piece.synapses[i];
    auto weight = static_cast<uint64_t>(synapse.contribution >> header.exponent);
    switch (piece.format) {
    case RowFormat::Sparse16:
      words[first + i / 2] |= (uint64_t{synapse.offset} << 16 | (weight & 0xffff)) << (32 * (i % 2));
      break;
    case RowFormat::Sparse32:
      words[first + i] = uint64_t{synapse.offset} << 32 | (weight & 0xffffffff);
      break;
    case RowFormat::Dense8:
      words[first + i / 8] |= (weight & 0xff) << (8 * (i % 8));
      break;
    case RowFormat::Dense16:
      words[first + i / 4] |= (weight & 0xffff) << (16 * (i % 4));
      break;
    }
  }
}

uint32_t appendRow(std::vector<uint64_t>& words, std::span<const Synapse> synapses, uint32_t plane) {
  std::vector<Synapse> sorted(synapses.begin(), synapses.end());
  std::sort(sorted.begin(), sorted.end(), [](const Synapse& a, const Synapse& b) {
    return std::pair(a.offset, a.contribution) < std::pair(b.offset, b.contribution);
  });
  if (!sorted.empty() && (plane == 0 || sorted.back().offset > 0xffff)) {
    throw Error::bug("NS0802",
                     "golgi row: offset {} in planes of {}; expected offsets below 65536 and a plane",
                     sorted.back().offset, plane);
  }
  unsigned exponent = commonExponent(sorted);
  std::vector<Piece> best = sparsePieces(sorted, exponent);
  if (best.empty()) {
    best.push_back({RowFormat::Sparse16, 0, {}});
  }
  auto consider = [&](std::vector<Piece> pieces) {
    if (!pieces.empty() && costOf(pieces) < costOf(best)) {
      best = std::move(pieces);
    }
  };
  auto allFit = [&](auto fitsOne) { return std::all_of(sorted.begin(), sorted.end(), fitsOne); };
  if (allFit([&](const Synapse& s) { return fits<int16_t>(s.contribution, exponent); })) {
    consider(densePieces(sorted, plane, RowFormat::Dense16, costOf(best).first));
  }
  if (allFit([&](const Synapse& s) { return fits<int8_t>(s.contribution, exponent); })) {
    consider(densePieces(sorted, plane, RowFormat::Dense8, costOf(best).first));
  }
  auto address = static_cast<uint32_t>(words.size());
  for (size_t i = 0; i < best.size(); ++i) {
    appendPiece(words, best[i], exponent, i + 1 < best.size());
  }
  return address;
}

std::vector<Synapse> readRow(std::span<const uint64_t> words, uint32_t address) {
  std::vector<Synapse> result;
  bool more = true;
  while (more) {
    RowHeader header = RowHeader::decode(words[address]).value();
    std::span<const uint64_t> payload = words.subspan(address + 1, header.payloadWords());
    auto scaled = [&](int64_t weight) {
      return static_cast<int32_t>(static_cast<uint32_t>(weight) << header.exponent);
    };
    for (uint32_t i = 0; i < header.count; ++i) {
      switch (header.format) {
      case RowFormat::Sparse16: {
        auto half = static_cast<uint32_t>(payload[i / 2] >> (32 * (i % 2)));
        result.push_back({half >> 16, scaled(static_cast<int16_t>(half & 0xffff))});
        break;
      }
      case RowFormat::Sparse32:
        result.push_back({static_cast<uint32_t>(payload[i] >> 32), scaled(static_cast<int32_t>(payload[i]))});
        break;
      case RowFormat::Dense8:
        result.push_back(
            {header.base + i, scaled(static_cast<int8_t>(payload[i / 8] >> (8 * (i % 8)) & 0xff))});
        break;
      case RowFormat::Dense16:
        result.push_back(
            {header.base + i, scaled(static_cast<int16_t>(payload[i / 4] >> (16 * (i % 4)) & 0xffff))});
        break;
      }
    }
    address += 1 + header.payloadWords();
    more = header.more;
  }
  return result;
}

} // namespace nissl::golgi
