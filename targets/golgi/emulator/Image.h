// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is loaded into a chip: the contents of every core's memories, as plain data (SPEC.md G3 to G9).
#pragma once

#include "targets/golgi/model/ChipModel.h"
#include "targets/golgi/model/Isa.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nissl::golgi {

/// Cells that run one program (G6.1). Word k of cell i of a memory lies at base + k·pad4(cells) + i.
struct Group {
  uint32_t cells = 0;
  uint32_t stateBase = 0;
  uint32_t stateWords = 0;
  uint32_t parameterBase = 0;
  uint32_t parameterHalfwords = 0;
  /// In the plane of accumulators.
  uint32_t accBase = 0;
  uint32_t ports = 0;
  uint32_t inputBase = 0;
  uint32_t inputs = 0;
  /// A multiple of 64; event e of cell i is source spikeBase + e·pad64(cells) + i.
  uint32_t spikeBase = 0;
  uint32_t events = 0;
  uint32_t entry = 0;
  uint32_t length = 0;
  /// What `cid` gives for cell 0.
  uint32_t idBase = 0;
  uint32_t period = 1;
  uint32_t offset = 0;
  uint32_t stratum = 0;
  friend bool operator==(const Group&, const Group&) = default;
};

struct LutEntry {
  int32_t base = 0;
  int32_t slope = 0;
  friend bool operator==(const LutEntry&, const LutEntry&) = default;
};

/// G7.7. `size` is at least 1.
struct LutTable {
  uint32_t first = 0;
  uint32_t size = 1;
  uint32_t fractionBits = 0;
  friend bool operator==(const LutTable&, const LutTable&) = default;
};

enum class AxonKind : uint8_t { None = 0, Row = 1 };

/// An AXIN word (G4.3).
constexpr uint32_t axonIn(uint32_t rowAddress) { return 1u << 28 | (rowAddress & 0x0fffffff); }

/// An AXOUT word taken apart (G8.2).
struct AxonOut {
  uint32_t x = 0;
  uint32_t y = 0;
  uint32_t axon = 0;
  /// In ticks, 0 to 63.
  uint32_t delay = 0;
  constexpr uint32_t encode() const {
    return (x & 31) | (y & 31) << 5 | (axon & 0xffff) << 10 | (delay & 63) << 26;
  }
  static constexpr AxonOut decode(uint32_t word) {
    return {word & 31, word >> 5 & 31, word >> 10 & 0xffff, word >> 26};
  }
  friend bool operator==(const AxonOut&, const AxonOut&) = default;
};

struct CoreImage {
  uint32_t x = 0;
  uint32_t y = 0;
  std::vector<uint32_t> program;
  std::vector<Group> groups;
  std::vector<int32_t> state;
  std::vector<int16_t> parameters;
  std::vector<int32_t> constants;
  std::vector<LutEntry> lut;
  std::vector<LutTable> tables;
  /// P (a multiple of 8) and S (a power of two up to 32) of G5.4.
  uint32_t accPlane = 0;
  uint32_t accSlots = 1;
  uint32_t inputWords = 0;
  /// AXIN words; axonIn() makes one.
  std::vector<uint32_t> axonsIn;
  /// SYN words; SynapseRow.h makes them.
  std::vector<uint64_t> synapses;
  /// AXPT: one more entry than there are sources, ascending; empty when no source has a list.
  std::vector<uint16_t> axonPointers;
  /// AXOUT words; AxonOut::encode() makes one.
  std::vector<uint32_t> axonsOut;
  friend bool operator==(const CoreImage&, const CoreImage&) = default;
};

/// Where a part of something named in the network lies on the chip (G10.4).
enum class SymbolKind : uint8_t { State, Port, Input, Event, Axon };

struct Symbol {
  SymbolKind kind = SymbolKind::State;
  /// The name in the network: "E.v".
  std::string name;
  /// Position in Image::cores.
  uint32_t core = 0;
  uint32_t group = 0;
  /// State word, port, input or event of the group; the axon of the first element for Axon (element i: index
  /// + i).
  uint32_t index = 0;
  /// The logical elements [first, first + count) are cells 0 … of the group.
  uint32_t first = 0;
  uint32_t count = 0;
  /// Axon: the delay to inject with, in ticks.
  uint32_t delay = 0;
  friend bool operator==(const Symbol&, const Symbol&) = default;
};

struct Image {
  /// ChipModel::hash() of the chip that it was made for.
  uint64_t modelHash = 0;
  uint32_t ticksPerStep = 1;
  /// Ascending by (y, x); cores that do nothing are left out.
  std::vector<CoreImage> cores;
  std::vector<Symbol> symbols;
  friend bool operator==(const Image&, const Image&) = default;
};

/// What a core image takes of each resource.
Usage usageOf(const CoreImage& core);

/// Checks everything that SPEC.md demands of an image for this chip. Throws NS0802 where the image
/// contradicts itself, NS0803 where the chip is too small (naming core, resource, wanted and available),
/// NS0806 for what is reserved.
void check(const Image& image, const ChipModel& model);

/// The GLG1 file (G10).
std::vector<uint8_t> writeImage(const Image& image);
/// Reads a GLG1 file and checks it against the model. Throws as check() does, NS0802 for damage.
Image readImage(const std::vector<uint8_t>& bytes, const ChipModel& model);

} // namespace nissl::golgi
