// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of synapses as words of SYN: SPEC.md G5.3 to G5.5.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace nissl::golgi {

enum class RowFormat : uint8_t { Sparse16 = 1, Sparse32 = 2, Dense8 = 3, Dense16 = 4 };

struct RowHeader {
  RowFormat format = RowFormat::Sparse16;
  uint32_t count = 0;
  uint32_t base = 0;
  uint32_t exponent = 0;
  bool more = false;

  uint64_t encode() const;
  /// Nothing where the format is reserved or a zero bit is set.
  static std::optional<RowHeader> decode(uint64_t word);
  /// Words after the header.
  uint32_t payloadWords() const;
  /// Cycles of the payload (G5.3).
  uint32_t beats() const;
};

/// One synapse: where it adds and what. offset = fine delay · P + target word in the plane (G5.4).
struct Synapse {
  uint32_t offset = 0;
  int32_t contribution = 0;
  friend bool operator==(const Synapse&, const Synapse&) = default;
};

/// Appends a chain of rows that delivers exactly these contributions, in the format that takes the fewest
/// words (ties: the fewest beats); gives the address of the first header. `plane` is P. An empty list makes
/// an empty row.
uint32_t appendRow(std::vector<uint64_t>& words, std::span<const Synapse> synapses, uint32_t plane);

/// What the chain of rows at `address` delivers, in its order. The words must have passed check().
std::vector<Synapse> readRow(std::span<const uint64_t> words, uint32_t address);

} // namespace nissl::golgi
