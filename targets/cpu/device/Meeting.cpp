// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Meeting.h"

#include <algorithm>
#include <chrono>

#include <xmmintrin.h>

namespace nissl::cpu {

uint32_t Meeting::come(unsigned number, bool hand) {
  std::atomic<uint32_t>& own = arrivals[number].value;
  const uint32_t before = own.load(std::memory_order_relaxed);
  const uint32_t here = ((before >> hands) + 1) << hands;
  own.store(here | (before & 1) << 1 | static_cast<uint32_t>(hand), std::memory_order_release);
  if (asleep.load(std::memory_order_relaxed) != 0 && allCame(here)) {
    wake();
  }
  return here;
}

bool Meeting::allCame(uint32_t here) const {
  return std::all_of(arrivals.begin(), arrivals.end(), [here](const Arrival& one) {
    return static_cast<int32_t>(one.value.load(std::memory_order_acquire) - here) >= 0;
  });
}

bool Meeting::anyHand(uint32_t here) const {
  return std::any_of(arrivals.begin(), arrivals.end(), [here](const Arrival& one) {
    const uint32_t value = one.value.load(std::memory_order_relaxed);
    const uint32_t ahead = (value - here) >> hands; // one at most, as it waits for this one there
    return (value >> ahead & 1) != 0;
  });
}

void Meeting::await(uint32_t here) {
  constexpr int pauses = 1000;
  for (int i = 0; i < pauses; ++i) {
    if (allCame(here) || cancelled.load(std::memory_order_relaxed)) {
      return;
    }
    _mm_pause();
  }
  // The last that comes may look for sleepers before it can be seen: what it has written leaves its core some
  // time later. So the first sleep is short.
  constexpr std::chrono::milliseconds longAgo(1);
  std::unique_lock lock(mutex);
  ++asleep;
  auto over = [&] { return allCame(here) || cancelled; };
  if (!woken.wait_for(lock, longAgo, over)) {
    woken.wait(lock, over);
  }
  --asleep;
}

void Meeting::wake() {
  std::lock_guard lock(mutex);
  woken.notify_all();
}

void Meeting::cancel() {
  cancelled = true;
  wake();
}

} // namespace nissl::cpu
