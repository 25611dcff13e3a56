// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/DecayingPast.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <utility>

namespace nissl::cpu {
namespace {

/// work(a value of the type).
template <typename Work>
void withType(program::ScalarType type, Work work) {
  return type == program::ScalarType::F32 ? work(float{}) : work(double{});
}

template <typename Value>
using BitsOf = std::conditional_t<sizeof(Value) == sizeof(uint32_t), uint32_t, uint64_t>;

template <typename Value>
BitsOf<Value> difference(Value a, Value b) {
  return std::bit_cast<BitsOf<Value>>(a) ^ std::bit_cast<BitsOf<Value>>(b);
}

/// How many jumps a source has had. Others read it while its thread counts another, of a step that they do
/// not read yet.
std::atomic_ref<uint8_t> countOf(const Buffer& count, size_t row) {
  return std::atomic_ref(count.as<uint8_t>()[row]);
}

/// The steps of `count` stretches, of which `left` have to do with anything: as many at once as hide how long
/// a product takes.
template <size_t count, typename Value>
[[gnu::target("avx2")]] void decay(const Value* begun, size_t left, Value factor, size_t steps, Value* to,
                                   size_t pitch) {
  std::array<Value, count> values = {};
  std::copy_n(begun, std::min(count, left), values.begin());
  for (size_t step = 0; step < steps; ++step, to += pitch) {
    for (size_t lane = 0; lane < count; ++lane) {
      to[lane] = values[lane];
      values[lane] *= factor;
    }
  }
}

} // namespace

DecayingPast::DecayingPast(const program::Program& program, const program::Action& action,
                           std::vector<program::Operand> operands, Memory& memory, size_t most)
    : SourcePast(program, action, std::move(operands), memory, most) {
  for (size_t p = 0; p < this->operands.size(); ++p) {
    size_t width = widthOf(p);
    pasts.push_back({Buffer(rows * pitch() * width), Buffer(rows * width), Buffer(rows * jumps * width),
                     Buffer(rows * jumps * sizeof(uint16_t)), Buffer(rows)});
  }
}

void DecayingPast::touch(unsigned thread) {
  for (const Past& past : pasts) {
    for (const Buffer* buffer : {&past.begun, &past.last, &past.jumped, &past.jumpStep}) {
      touchShare(*buffer, thread);
    }
  }
}

void DecayingPast::forget(unsigned thread) {
  SourcePast::forget(thread);
  auto [begin, end] = shareOf(thread);
  for (Past& past : pasts) {
    std::memset(past.count.data() + begin, 0, end - begin);
  }
}

bool DecayingPast::keep(size_t operand, const std::byte* values, size_t begin, size_t end, size_t step) {
  bool full = false;
  withType(program.states[operands[operand].subject].type, [&](auto value) {
    using Value = decltype(value);
    full = keepDecaying(operand, reinterpret_cast<const Value*>(values), begin, end, step);
  });
  return full;
}

template <typename Value>
bool DecayingPast::keepDecaying(size_t operand, const Value* values, size_t begin, size_t end, size_t step) {
  Past& past = pasts[operand];
  auto* last = past.last.as<Value>();
  if (step % stretch == 0) {
    auto* begun = past.begun.as<Value>() + step / stretch;
    for (size_t row = begin; row < end; ++row) {
      begun[row * pitch()] = values[row];
    }
    std::memcpy(last + begin, values + begin, (end - begin) * sizeof(Value));
    return false;
  }
  auto factor = static_cast<Value>(program.states[operands[operand].subject].decay);
  constexpr size_t some = 64; // rows: few of which jump
  bool full = false;
  for (size_t first = begin; first < end; first += some) {
    size_t stop = std::min(first + some, end);
    BitsOf<Value> differ = 0;
    for (size_t row = first; row < stop; ++row) {
      differ |= difference(last[row] * factor, values[row]);
    }
    for (size_t row = first; differ != 0 && row < stop; ++row) {
      if (difference(last[row] * factor, values[row]) != 0) {
        full |= noteJump(past, row, values[row], step);
      }
    }
    std::memcpy(last + first, values + first, (stop - first) * sizeof(Value));
  }
  return full;
}

template <typename Value>
bool DecayingPast::noteJump(Past& past, size_t row, Value value, size_t step) {
  std::atomic_ref<uint8_t> count = countOf(past.count, row);
  uint8_t number = count.load(std::memory_order_relaxed);
  past.jumped.as<Value>()[row * jumps + number] = value;
  past.jumpStep.as<uint16_t>()[row * jumps + number] = static_cast<uint16_t>(step);
  count.store(number + 1, std::memory_order_release);
  return number + 1 == jumps;
}

size_t DecayingPast::room(size_t operand) const { return stretch * pitch() * widthOf(operand); }

void* DecayingPast::bring(size_t operand, size_t row, size_t since, size_t end, std::byte* to) const {
  size_t first = since / stretch;
  withType(program.states[operands[operand].subject].type, [&](auto value) {
    using Value = decltype(value);
    compute(operand, row, first, end, reinterpret_cast<Value*>(to));
  });
  // What is brought lies at the buffer's begin, whatever the step: so it stays in the fastest cache.
  return countFrom(to, first, widthOf(operand));
}

/// Stretches lie next to each other, by step.
template <typename Value>
void DecayingPast::compute(size_t operand, size_t row, size_t first, size_t end, Value* to) const {
  constexpr size_t lanes = cacheLine / sizeof(Value);
  const Past& past = pasts[operand];
  auto factor = static_cast<Value>(program.states[operands[operand].subject].decay);
  const Value* begun = past.begun.as<Value>() + row * pitch();
  size_t last = (end - 1) / stretch;
  constexpr size_t atOnce = 4; // vectors
  for (size_t at = first; at <= last; at += atOnce * lanes) {
    const size_t left = last + 1 - at;
    auto go = [&](auto vectors) {
      decay<decltype(vectors)::value * lanes>(begun + at, left, factor, stretch, to + (at - first), pitch());
    };
    switch (std::min(atOnce, (left + lanes - 1) / lanes)) {
    case 1:
      go(std::integral_constant<size_t, 1>());
      break;
    case 2:
      go(std::integral_constant<size_t, 2>());
      break;
    case 3:
      go(std::integral_constant<size_t, 3>());
      break;
    default:
      go(std::integral_constant<size_t, atOnce>());
    }
  }
  const auto* jumpStep = past.jumpStep.as<uint16_t>() + row * jumps;
  const auto* jumped = past.jumped.as<Value>() + row * jumps;
  size_t count = countOf(past.count, row).load(std::memory_order_acquire), jump = count;
  for (; jump > 0 && jumpStep[jump - 1] >= first * stretch; --jump) {
  }
  for (; jump < count && jumpStep[jump] < end; ++jump) {
    Value value = jumped[jump];
    size_t step = jumpStep[jump], at = step / stretch;
    const size_t stop = std::min(stretch, end - at * stretch);
    for (step %= stretch; step < stop; ++step) {
      to[step * pitch() + at - first] = value;
      value *= factor;
    }
  }
}

void DecayingPast::fetch(size_t row, size_t since, size_t end) const {
  for (size_t p = 0; p < pasts.size(); ++p) {
    const Past& past = pasts[p];
    size_t width = widthOf(p);
    const std::byte* begun = past.begun.data() + row * pitch() * width;
    for (size_t at = since / stretch * width / cacheLine; at <= end / stretch * width / cacheLine; ++at) {
      __builtin_prefetch(begun + at * cacheLine);
    }
    size_t count = countOf(past.count, row).load(std::memory_order_relaxed);
    size_t newest = row * jumps + (count > 0 ? count - 1 : 0);
    __builtin_prefetch(past.jumped.data() + newest * width);
    __builtin_prefetch(past.jumpStep.data() + newest * sizeof(uint16_t));
  }
}

} // namespace nissl::cpu
