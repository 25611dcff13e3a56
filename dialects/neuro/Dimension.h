// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A physical dimension as SI exponents.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace nissl::neuro {

/// The exponents of m, kg, s, A, K, mol and cd. They are counted in halves because white noise has
/// the dimension s^(-1/2).
struct Dimension {
  static constexpr std::array<std::string_view, 7> baseUnits = {"m", "kg", "s", "A", "K", "mol", "cd"};

  std::array<int, 7> halves{};

  bool operator==(const Dimension&) const = default;
  bool isNone() const { return *this == Dimension{}; }

  Dimension operator*(const Dimension& other) const;
  Dimension operator/(const Dimension& other) const;

  /// This dimension to the power numerator/denominator; nothing if an exponent would not be a
  /// multiple of one half, or beyond 5000.
  std::optional<Dimension> power(int numerator, int denominator = 1) const;

  /// "m2 kg s-3 A-1"; "s-1/2"; "1" for no dimension.
  std::string str() const;

  /// The inverse of str().
  static std::optional<Dimension> parse(std::string_view text);
};

} // namespace nissl::neuro
