// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/neuro/Dimension.h"

#include <charconv>
#include <cstdlib>

using namespace nissl::neuro;

Dimension Dimension::operator*(const Dimension& other) const {
  Dimension product;
  for (size_t i = 0; i < halves.size(); ++i) {
    product.halves[i] = halves[i] + other.halves[i];
  }
  return product;
}

Dimension Dimension::operator/(const Dimension& other) const {
  Dimension quotient;
  for (size_t i = 0; i < halves.size(); ++i) {
    quotient.halves[i] = halves[i] - other.halves[i];
  }
  return quotient;
}

std::optional<Dimension> Dimension::power(int numerator, int denominator) const {
  Dimension result;
  for (size_t i = 0; i < halves.size(); ++i) {
    int scaled = halves[i] * numerator;
    // No quantity has an exponent of thousands; a power of powers could overflow.
    constexpr int largest = 10000;
    if (denominator == 0 || scaled % denominator != 0 || std::abs(scaled) > largest) {
      return std::nullopt;
    }
    result.halves[i] = scaled / denominator;
  }
  return result;
}

std::string Dimension::str() const {
  std::string text;
  for (size_t i = 0; i < halves.size(); ++i) {
    if (halves[i] == 0) {
      continue;
    }
    text += text.empty() ? "" : " ";
    text += baseUnits[i];
    if (halves[i] % 2 != 0) {
      text += std::to_string(halves[i]) + "/2";
    } else if (halves[i] != 2) {
      text += std::to_string(halves[i] / 2);
    }
  }
  return text.empty() ? "1" : text;
}

std::optional<Dimension> Dimension::parse(std::string_view text) {
  Dimension result;
  if (text == "1") {
    return result;
  }
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    std::string_view name = word.substr(0, word.find_first_of("-0123456789"));
    std::string_view exponent = word.substr(name.size());
    int value = 1;
    bool half = exponent.ends_with("/2");
    if (half) {
      exponent.remove_suffix(2);
    }
    if (!exponent.empty()) {
      auto [end, error] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
      if (error != std::errc() || end != exponent.data() + exponent.size() || std::abs(value) > 1000) {
        return std::nullopt;
      }
    }
    bool known = false;
    for (size_t i = 0; i < baseUnits.size(); ++i) {
      if (baseUnits[i] == name) {
        result.halves[i] += half ? value : 2 * value;
        known = true;
      }
    }
    if (!known) {
      return std::nullopt;
    }
  }
  return result.isNone() ? std::nullopt : std::optional(result);
}
