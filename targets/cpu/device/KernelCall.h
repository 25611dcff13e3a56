// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How compiled bodies are called. Code generation and the CPU device share this and nothing else.
#pragma once

#include <cstdint>

namespace nissl::cpu {

/// A ring of `slots` arrays of `stride` elements. The present (newest) array is number `cursor`; the array
/// n further on is (cursor + n) mod slots. Far from others (Buffer.h, `apart`), as each thread moves its own
/// in every step.
struct alignas(256) Ring {
  void* base;
  int64_t slots;
  int64_t cursor;
  int64_t stride;
};

/// What a kernel works on besides its operands. Codegen knows the members by their order: eight bytes each.
struct KernelCall {
  int64_t begin = 0, end = 0;     ///< elements, synapses of the partition, or positions in `list`
  int64_t source = 0;             ///< Row kernels: the row's source
  int64_t ordinal = 0;            ///< Row kernels: the ordinal of synapse `begin`, where rows are not sorted
  int64_t synapse = 0;            ///< Row kernels: the place in the whole table of synapse `begin`, likewise
  uint64_t step = 0;              ///< for random numbers and step.now
  uint64_t seed = 0;              ///< for random numbers
  const uint32_t* list = nullptr; ///< List kernels: positions in the partition
  uint64_t faults = 0;            ///< out: what the kernel met, or-ed
  const uint64_t* constants = nullptr; ///< bits of what kernels with the same code do not share
};

/// A float state became NaN or infinite.
inline constexpr uint64_t faultNotFinite = 1;
/// A delay or an index computed by a body was out of range; it was clamped so that memory is safe.
inline constexpr uint64_t faultOutOfRange = 2;

/// No fault: at one cell more of a port's units arrived in a step than `mostCounted`, which the kernel that
/// counts them tells the device.
inline constexpr uint64_t manyArrived = 4;
/// A multiple n·u, rounded once, is what n additions of u give for n up to 5: 2u is exact, so that both round
/// 3u; 3u rounded, plus u, lies half a unit in the last place from 4u at most, at a tie only where 4u is the
/// even side; and 4u is exact, so that both round 5u.
inline constexpr int mostCounted = 5;
/// Counts are bytes.
inline constexpr uint32_t mostCounts = 255;

/// Bytes in which a table keeps each synapse's target, an index into the target extent.
constexpr unsigned targetBytes(int64_t extentSize) { return extentSize <= 1 << 16 ? 2 : 4; }
/// Bytes in which a table keeps each synapse's delay, a signed integer. What does not fit is stored as the
/// end of the type, which is beyond `maxDelay`, so that the check after the setup finds it.
constexpr unsigned delayBytes(int64_t maxDelay) { return maxDelay < 0x7f ? 1 : maxDelay < 0x7fff ? 2 : 4; }

using KernelFunction = void (*)(void* const* operands, KernelCall* call);

} // namespace nissl::cpu
