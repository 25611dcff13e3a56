// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Meeting.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xmmintrin.h>

namespace nissl::cpu {

/// While `word` is `seen`, and no longer than `limit`, if there is one: std::atomic's `wait` knows none.
/// Whether it was that long.
static bool sleep(const std::atomic<uint32_t>& word, uint32_t seen, const timespec* limit) {
  static_assert(sizeof(word) == sizeof(uint32_t) && std::atomic<uint32_t>::is_always_lock_free);
  return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, limit) == -1 && errno == ETIMEDOUT;
}

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
  // time later. So none is long before a short one has passed.
  const timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
  const timespec* limit = &moment;
  asleep.fetch_add(1);
  for (uint32_t seen = wakes; !allCame(here) && !cancelled; seen = wakes) {
    if (sleep(wakes, seen, limit)) {
      limit = nullptr;
    }
  }
  asleep.fetch_sub(1);
}

void Meeting::wake() {
  wakes.fetch_add(1);
  syscall(SYS_futex, &wakes, FUTEX_WAKE_PRIVATE, std::numeric_limits<int>::max());
}

void Meeting::cancel() {
  cancelled = true;
  wake();
}

} // namespace nissl::cpu
