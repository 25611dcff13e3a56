// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/StoredPast.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <xmmintrin.h>

namespace nissl::cpu {

StoredPast::StoredPast(const program::Program& program, const program::Action& action,
                       std::vector<program::Operand> operands, Memory& memory, size_t most)
    : SourcePast(program, action, std::move(operands), memory, most) {
  for (size_t p = 0; p < this->operands.size(); ++p) {
    // A line more than what is used, so that the rows do not meet in the same sets of a cache.
    pasts.push_back({Buffer(rows * (most * widthOf(p) + cacheLine)), Buffer(rows * cacheLine)});
  }
}

void StoredPast::touch(unsigned thread) {
  for (const Past& past : pasts) {
    touchShare(past.values, thread);
  }
}

bool StoredPast::keep(size_t operand, const std::byte* values, size_t begin, size_t end, size_t step) {
  size_t width = widthOf(operand), slot = step % (cacheLine / width);
  std::memcpy(pasts[operand].staged.data() + (slot * rows + begin) * width, values + begin * width,
              (end - begin) * width);
  if (slot + 1 == cacheLine / width) {
    flush(operand, begin, end, step + 1);
  }
  return false; // there is room for `most`
}

/// Where the value of a row lies, as of step `step`.
template <typename Value>
static Value* placeOf(const Buffer& values, size_t most, size_t row, size_t step) {
  return values.as<Value>() + row * (most + cacheLine / sizeof(Value)) + step;
}

/// Moves a cache line's worth of steps, which end before `step`, to their rows, from `begin` to `end`.
void StoredPast::flush(size_t operand, size_t begin, size_t end, size_t step) const {
  const Past& past = pasts[operand];
  withWidth(widthOf(operand), [&](auto value) {
    using Value = decltype(value);
    constexpr size_t line = cacheLine / sizeof(Value);
    const auto* staged = past.staged.as<Value>();
    for (size_t row = begin; row < end; ++row) {
      std::array<Value, line> whole;
      for (size_t slot = 0; slot < line; ++slot) {
        whole[slot] = staged[slot * rows + row];
      }
      // Past the caches: nobody reads them before the row is visited.
      auto words = std::bit_cast<std::array<uint64_t, cacheLine / sizeof(uint64_t)>>(whole);
      auto* to = reinterpret_cast<uint64_t*>(placeOf<Value>(past.values, most, row, step - line));
      for (uint64_t word : words) {
        __builtin_nontemporal_store(word, to++);
      }
    }
  });
  _mm_sfence(); // such stores are not in order with what follows
}

void* StoredPast::bring(size_t operand, size_t row, size_t since, size_t end, std::byte* bytes) const {
  const Past& past = pasts[operand];
  withWidth(widthOf(operand), [&](auto value) {
    using Value = decltype(value);
    constexpr size_t line = cacheLine / sizeof(Value);
    // A table may be a step behind: what was flushed since is staged still.
    size_t begin = since / line * line, flushed = end / line * line;
    auto* to = reinterpret_cast<Value*>(bytes);
    std::memcpy(to + begin, placeOf<Value>(past.values, most, row, begin), (flushed - begin) * sizeof(Value));
    for (size_t step = flushed; step < end; ++step) {
      to[step] = past.staged.as<Value>()[step % line * rows + row];
    }
  });
  return bytes;
}

void StoredPast::fetch(size_t row, size_t since, size_t end) const {
  constexpr size_t enough = 64; // lines
  for (size_t p = 0; p < pasts.size(); ++p) {
    size_t width = widthOf(p);
    const std::byte* begin = pasts[p].values.data() + row * (most * width + cacheLine);
    size_t first = since * width / cacheLine, last = end * width / cacheLine;
    for (size_t line = first; line < std::min(last, first + enough); ++line) {
      __builtin_prefetch(begin + line * cacheLine, /*write=*/0, /*locality=*/2);
    }
  }
}

} // namespace nissl::cpu
