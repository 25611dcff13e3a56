// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Meeting.h"

#include <xmmintrin.h>

namespace nissl::cpu {

void Meeting::letPass() {
  arrived.store(0, std::memory_order_relaxed);
  round.fetch_add(1, std::memory_order_release);
  if (count > 1) {
    round.notify_all();
  }
}

void Meeting::await(uint32_t before) {
  constexpr int pauses = 1000;
  for (int i = 0; i < pauses; ++i) {
    if (round.load(std::memory_order_acquire) != before) {
      return;
    }
    _mm_pause();
  }
  round.wait(before, std::memory_order_acquire);
}

void Meeting::cancel() {
  cancelled = true;
  round.fetch_add(1);
  round.notify_all();
}

} // namespace nissl::cpu
