// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <memory>

namespace nissl::cpu {

inline constexpr size_t cacheLine = 64;

/// Zeroed, cache-line aligned bytes, padded so that a full vector may be read at the end.
class Buffer {
public:
  Buffer() = default;
  explicit Buffer(size_t bytes);
  std::byte* data() const { return memory.get(); }
  size_t size() const { return bytes; }
  template <typename T>
  T* as() const {
    return reinterpret_cast<T*>(memory.get());
  }

private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte[], Free> memory;
  size_t bytes = 0;
};

} // namespace nissl::cpu
