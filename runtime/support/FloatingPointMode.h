// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cfenv>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace nissl::support {

/// While it lives, this thread rounds to nearest even and keeps denormals, whatever its host set
/// (architecture.md §4, Equality); afterwards the host's modes are back. For every thread that computes.
class FloatingPointMode {
public:
  FloatingPointMode() {
    std::fegetenv(&before);
    std::fesetround(FE_TONEAREST);
#if defined(__x86_64__)
    constexpr unsigned flushToZero = 0x8000;
    constexpr unsigned denormalsAreZero = 0x0040;
    _mm_setcsr(_mm_getcsr() & ~(flushToZero | denormalsAreZero));
#endif
  }
  ~FloatingPointMode() { std::fesetenv(&before); }
  FloatingPointMode(const FloatingPointMode&) = delete;
  FloatingPointMode& operator=(const FloatingPointMode&) = delete;

private:
  std::fenv_t before;
};

} // namespace nissl::support
