// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Number.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace nissl::cpu {
namespace {

/// Calls `visit` with a value of the C++ type of `type`.
template <typename F>
auto withType(program::ScalarType type, F visit) {
  switch (type) {
  case program::ScalarType::F64:
    return visit(double{});
  case program::ScalarType::F32:
    return visit(float{});
  case program::ScalarType::I64:
    return visit(int64_t{});
  case program::ScalarType::I32:
    return visit(int32_t{});
  case program::ScalarType::I16:
    return visit(int16_t{});
  case program::ScalarType::I8:
    return visit(int8_t{});
  case program::ScalarType::I1:
    break;
  }
  return visit(bool{});
}

} // namespace

double numberAt(const std::byte* values, program::ScalarType type, int32_t frac, int64_t index) {
  return withType(type, [&](auto value) {
    std::memcpy(&value, values + index * static_cast<int64_t>(sizeof(value)), sizeof(value));
    double number = static_cast<double>(value);
    return std::is_integral_v<decltype(value)> && frac > 0 ? std::ldexp(number, -frac) : number;
  });
}

bool storeNumber(std::byte* values, program::ScalarType type, int32_t frac, int64_t index, double number) {
  return withType(type, [&](auto value) {
    using T = decltype(value);
    bool fits = true;
    if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(number);
    } else if constexpr (std::is_same_v<T, bool>) {
      value = number != 0;
    } else {
      double scaled = std::nearbyint(frac > 0 ? std::ldexp(number, frac) : number);
      double limit = std::ldexp(1.0, std::numeric_limits<T>::digits);
      fits = scaled >= -limit && scaled < limit;
      value = fits         ? static_cast<T>(scaled)
              : scaled > 0 ? std::numeric_limits<T>::max()
                           : std::numeric_limits<T>::min();
    }
    std::memcpy(values + index * static_cast<int64_t>(sizeof(value)), &value, sizeof(value));
    return fits;
  });
}

} // namespace nissl::cpu
