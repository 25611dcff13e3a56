// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/SourcePast.h"

#include "targets/cpu/device/Schedule.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <xmmintrin.h>

namespace nissl::cpu {

SourcePast::SourcePast(const program::Program& program, const program::Action& action,
                       const std::vector<program::Operand>& operands, int64_t firstSource, size_t rows,
                       size_t most, Memory& memory)
    : action(action), operands(operands), most(most), program(program), memory(memory),
      firstSource(static_cast<size_t>(firstSource)), rows(rows), parts(memory.share.threads) {
  for (const program::Operand& operand : operands) {
    size_t width = program::sizeOf(program.states[operand.subject].type);
    // A line more than what is used, so that the rows do not meet in the same sets of a cache.
    pasts.push_back({width, Buffer(rows * (most * width + cacheLine)), Buffer(rows * cacheLine)});
  }
}

void SourcePast::touch(unsigned thread) {
  for (Past& past : pasts) { // zero already
    size_t share = past.values.size() / parts.size();
    std::memset(past.values.data() + thread * share, 0, share);
  }
}

void SourcePast::note(unsigned thread) {
  size_t& step = parts[thread].step;
  size_t begin = rows * thread / parts.size(), end = rows * (thread + 1) / parts.size();
  for (size_t p = 0; p < pasts.size(); ++p) {
    const Past& past = pasts[p];
    const auto* values =
        static_cast<const std::byte*>(pointerOf(program, memory, action, operands[p], thread, thread));
    size_t slot = step % (cacheLine / past.width);
    std::memcpy(past.staged.data() + (slot * rows + begin) * past.width,
                values + (firstSource + begin) * past.width, (end - begin) * past.width);
  }
  ++step;
  for (const Past& past : pasts) {
    if (step % (cacheLine / past.width) == 0) {
      flush(past, begin, end, step);
    }
  }
}

/// Where the value of a row lies, as of step `step`.
template <typename Value>
static Value* placeOf(const Buffer& values, size_t most, size_t row, size_t step) {
  return values.as<Value>() + row * (most + cacheLine / sizeof(Value)) + step;
}

/// work(a value of the width).
template <typename Work>
static void withWidth(size_t width, Work work) {
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

/// Moves a cache line's worth of steps, which end before `step`, to their rows, from `begin` to `end`.
void SourcePast::flush(const Past& past, size_t begin, size_t end, size_t step) const {
  withWidth(past.width, [&](auto value) {
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

void SourcePast::bring(size_t operand, size_t row, size_t since, size_t end, std::byte* bytes) const {
  const Past& past = pasts[operand];
  withWidth(past.width, [&](auto value) {
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
}

void SourcePast::fetch(size_t row, size_t since, size_t end) const {
  constexpr size_t enough = 64; // lines
  for (const Past& past : pasts) {
    const std::byte* begin = past.values.data() + row * (most * past.width + cacheLine);
    size_t first = since * past.width / cacheLine, last = end * past.width / cacheLine;
    for (size_t line = first; line < std::min(last, first + enough); ++line) {
      __builtin_prefetch(begin + line * cacheLine, /*write=*/0, /*locality=*/2);
    }
  }
}

} // namespace nissl::cpu
