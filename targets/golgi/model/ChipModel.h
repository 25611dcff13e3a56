// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a Golgi chip has: geometry and capacities, read from JSON. Everyone who needs such a number asks here.
#pragma once

#include "runtime/support/Error.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace nissl::golgi {

/// What a core has a limited amount of (SPEC.md G3).
enum class Resource : uint8_t {
  Instructions,
  Groups,
  Cells,
  StateWords,
  StateWordsPerCell,
  ParameterHalfwords,
  Constants,
  LutEntries,
  LutTables,
  InputWords,
  Accumulators,
  AccSlots,
  AxonsIn,
  SynapseWords,
  SpikeSources,
  AxonsOut,
};
inline constexpr unsigned resourceCount = 16;

/// The JSON key, also for messages: "state_words".
std::string_view nameOf(Resource resource);

/// An amount of each resource.
class Usage {
public:
  uint64_t& operator[](Resource resource) { return amounts[static_cast<unsigned>(resource)]; }
  uint64_t operator[](Resource resource) const { return amounts[static_cast<unsigned>(resource)]; }

private:
  std::array<uint64_t, resourceCount> amounts = {};
};

struct Shortage {
  Resource resource;
  uint64_t wanted;
  uint64_t available;
};

/// "state_words: 9000 wanted, 8192 available; axons_in: …"
std::string describe(const std::vector<Shortage>& shortages);

class ChipModel {
public:
  // Fixed by encodings, not by a model.
  static constexpr unsigned eventSlots = 64;
  /// The longest delay of one axon, coarse plus fine, in ticks (G5.7).
  static constexpr unsigned maxDelay = 63;
  static constexpr unsigned lanes = 4;
  static constexpr unsigned batchCells = 16;
  static constexpr unsigned maxTicksPerStep = 16;
  static constexpr unsigned scanBits = 64;
  static constexpr unsigned accBanks = 8;

  /// Reads a model; `where` stands before messages. Throws NS0801 for unknown, missing or illegal entries.
  static ChipModel fromJson(std::string_view text, std::string_view where);
  /// A file, or the name of a bundled model ("golgi-64"). Throws NS0801.
  static ChipModel load(const std::string& fileOrName);
  static std::vector<std::string_view> bundledNames();

  std::string toJson() const;
  const std::string& name() const { return modelName; }
  unsigned width() const { return meshWidth; }
  unsigned height() const { return meshHeight; }
  unsigned cores() const { return meshWidth * meshHeight; }
  double clockHz() const { return clock; }
  unsigned fifoDepth() const { return fifo; }
  uint64_t capacity(Resource resource) const { return capacities[resource]; }
  /// What one core of this model cannot give, in the order of Resource.
  std::vector<Shortage> shortages(const Usage& usage) const;
  /// A hash of everything above except the name; images carry it.
  uint64_t hash() const;

private:
  ChipModel() = default;

  std::string modelName;
  unsigned meshWidth = 1;
  unsigned meshHeight = 1;
  double clock = 0;
  unsigned fifo = 4;
  Usage capacities;
};

} // namespace nissl::golgi
