// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <xmmintrin.h>

namespace nissl::cpu {

/// Round to nearest, no flush to zero, no denormals-are-zero, all exceptions masked: what every target's
/// arithmetic is defined under, whatever the host program had set.
class DefinedArithmetic {
public:
  DefinedArithmetic() : before(_mm_getcsr()) { _mm_setcsr(0x1f80); }
  ~DefinedArithmetic() { _mm_setcsr(before); }
  DefinedArithmetic(const DefinedArithmetic&) = delete;
  DefinedArithmetic& operator=(const DefinedArithmetic&) = delete;

private:
  unsigned before;
};

} // namespace nissl::cpu
