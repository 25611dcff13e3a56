// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Reduction.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

namespace nissl::cpu {
namespace {

constexpr size_t blockSize = 256;

template <typename T>
struct Sum {
  // Unsigned, so that integer sums wrap.
  static T combine(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
    } else {
      return a + b;
    }
  }
  static T empty() { return T{}; }
};
template <typename T>
struct Min {
  static T combine(T a, T b) { return b < a ? b : a; }
  static T empty() {
    return std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::max();
  }
};
template <typename T>
struct Max {
  static T combine(T a, T b) { return b > a ? b : a; }
  static T empty() {
    return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest();
  }
};

/// The tree over blocks [first, last): neighbours pair up from the left, level by level.
template <typename T, typename Rule>
T reduceTyped(const T* values, size_t count) {
  if (count == 0) {
    return Rule::empty();
  }
  size_t blocks = (count + blockSize - 1) / blockSize;
  std::vector<T> level(blocks);
  for (size_t block = 0; block < blocks; ++block) {
    const T* begin = values + block * blockSize;
    const T* end = values + std::min(count, (block + 1) * blockSize);
    T result = *begin;
    for (const T* value = begin + 1; value < end; ++value) {
      result = Rule::combine(result, *value);
    }
    level[block] = result;
  }
  for (size_t width = blocks; width > 1; width = (width + 1) / 2) {
    for (size_t pair = 0; pair < width / 2; ++pair) {
      level[pair] = Rule::combine(level[2 * pair], level[2 * pair + 1]);
    }
    if (width % 2) {
      level[width / 2] = level[width - 1];
    }
  }
  return level[0];
}

template <typename T>
void reduceAs(program::ReduceKind kind, const std::byte* bytes, size_t count, std::byte* result) {
  const T* values = reinterpret_cast<const T*>(bytes);
  T reduced = kind == program::ReduceKind::Sum   ? reduceTyped<T, Sum<T>>(values, count)
              : kind == program::ReduceKind::Min ? reduceTyped<T, Min<T>>(values, count)
                                                 : reduceTyped<T, Max<T>>(values, count);
  std::memcpy(result, &reduced, sizeof(T));
}

} // namespace

void reduceArray(program::ReduceKind kind, program::ScalarType type, const std::byte* values, size_t count,
                 std::byte* result) {
  switch (type) {
  case program::ScalarType::F64:
    return reduceAs<double>(kind, values, count, result);
  case program::ScalarType::F32:
    return reduceAs<float>(kind, values, count, result);
  case program::ScalarType::I64:
    return reduceAs<int64_t>(kind, values, count, result);
  case program::ScalarType::I32:
    return reduceAs<int32_t>(kind, values, count, result);
  case program::ScalarType::I16:
    return reduceAs<int16_t>(kind, values, count, result);
  case program::ScalarType::I8:
  case program::ScalarType::I1:
    return reduceAs<int8_t>(kind, values, count, result);
  }
}

} // namespace nissl::cpu
