// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Seats.h"

#include <sched.h>

namespace nissl::cpu {

void Seats::take(unsigned number) {
  const int here = sched_getcpu();
  seats[number].processor.store(here, std::memory_order_relaxed);
  cpu_set_t others;
  CPU_ZERO(&others);
  for (size_t other = 0; other < seats.size(); ++other) {
    const int processor = seats[other].processor.load(std::memory_order_relaxed);
    if (other != number && processor >= 0) {
      CPU_SET(static_cast<size_t>(processor), &others);
    }
  }
  cpu_set_t allowed;
  if (here < 0 || !CPU_ISSET(static_cast<size_t>(here), &others) ||
      sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
    return;
  }
  cpu_set_t free, shared;
  CPU_AND(&shared, &allowed, &others);
  CPU_XOR(&free, &allowed, &shared);
  if (CPU_COUNT(&free) > 0 && sched_setaffinity(0, sizeof(free), &free) == 0) {
    sched_setaffinity(0, sizeof(allowed), &allowed);
    seats[number].processor.store(sched_getcpu(), std::memory_order_relaxed);
  }
}

} // namespace nissl::cpu
