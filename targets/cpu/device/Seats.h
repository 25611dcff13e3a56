// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// On which processors the threads of a team run.
#pragma once

#include "targets/cpu/device/Buffer.h"

#include <atomic>
#include <vector>

namespace nissl::cpu {

/// A thread that was asleep may be woken on the processor of another, though a second one has nothing to do.
/// Then each waits awake for the other, falls asleep, and lets it compute its part: a step takes ten times as
/// long, some hundred times, until the system looks at its loads.
class Seats {
public:
  explicit Seats(unsigned count) : seats(count) {}
  /// Called by thread `number` where it may have been asleep: moves it where, as far as is known, no other of
  /// the team is, if it may run there. It stays bound to nothing, so that the system can move it on.
  void take(unsigned number);

private:
  struct alignas(cacheLine) Seat {
    std::atomic<int> processor{-1};
  };
  std::vector<Seat> seats; ///< by thread
};

} // namespace nissl::cpu
