// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace nissl::cpu {

inline constexpr size_t cacheLine = 64;
/// Between what different threads write all the time: lines are brought in pairs, and the next is asked for.
inline constexpr size_t apart = 4 * cacheLine;
/// Bytes after an array that one thread alone uses: the processor asks for what lies far beyond an array that
/// it runs along.
inline constexpr size_t beyond = size_t{1} << 16;

/// Zeroed, cache-line aligned bytes, padded so that a full vector may be read at the end.
class Buffer {
public:
  Buffer() = default;
  explicit Buffer(size_t bytes);
  /// Gives back what memory it can of the first `end` bytes, which must not be read any more.
  void drop(size_t end);
  std::byte* data() const { return memory.get(); }
  size_t size() const { return bytes; }
  template <typename T>
  T* as() const {
    return reinterpret_cast<T*>(memory.get());
  }

private:
  /// `mapped` bytes come from the system; from the heap where it is 0.
  struct Free {
    Free() : mapped(0) {}
    explicit Free(size_t mapped) : mapped(mapped) {}
    size_t mapped;
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte[], Free> memory;
  size_t bytes = 0;
};

/// work(a value of so many bytes, at most eight).
template <typename Work>
void withWidth(size_t width, Work work) {
  switch (width) {
  case 1:
    return work(uint8_t{});
  case 2:
    return work(uint16_t{});
  case 4:
    return work(uint32_t{});
  default:
    return work(uint64_t{});
  }
}

/// Asks for bytes that lie together.
inline void fetchLines(const std::byte* first, size_t bytes) {
  for (size_t byte = 0; byte < bytes; byte += cacheLine) {
    __builtin_prefetch(first + byte);
  }
  __builtin_prefetch(first + bytes - 1);
}

/// Where the first element would lie of an array whose element `first` lies at `place`: an address to count
/// from, which nobody reads.
inline std::byte* countFrom(std::byte* place, size_t first, size_t width) {
  uintptr_t base = reinterpret_cast<uintptr_t>(place) - first * width;
  return reinterpret_cast<std::byte*>(base); // NOLINT(performance-no-int-to-ptr)
}

} // namespace nissl::cpu
