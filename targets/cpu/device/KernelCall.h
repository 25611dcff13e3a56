// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How compiled bodies are called. Code generation and the CPU device share this and nothing else.
#pragma once

#include <cstdint>

namespace nissl::cpu {

/// A ring of `slots` arrays of `stride` elements. The present (newest) array is number `cursor`; the array
/// n further on is (cursor + n) mod slots.
struct Ring {
  void* base;
  int64_t slots;
  int64_t cursor;
  int64_t stride;
};

/// What a kernel works on besides its operands. Codegen knows the members by their order: eight bytes each.
struct KernelCall {
  int64_t begin = 0, end = 0;     ///< elements, synapses of the partition, or positions in `list`
  int64_t source = 0;             ///< Row kernels: the row's source
  uint64_t step = 0;              ///< for random numbers and step.now
  uint64_t seed = 0;              ///< for random numbers
  const uint32_t* list = nullptr; ///< List kernels: positions in the partition
  uint64_t faults = 0;            ///< out: what the kernel met, or-ed
};

/// A float state became NaN or infinite.
inline constexpr uint64_t faultNotFinite = 1;
/// A delay or an index computed by a body was out of range; it was clamped so that memory is safe.
inline constexpr uint64_t faultOutOfRange = 2;

using KernelFunction = void (*)(void* const* operands, KernelCall* call);

} // namespace nissl::cpu
