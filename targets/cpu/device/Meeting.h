// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where threads wait for each other.
#pragma once

#include "targets/cpu/device/Buffer.h"

#include <atomic>
#include <cstdint>

namespace nissl::cpu {

/// Each waits until all have come: awake for some microseconds, which is what a step's part takes, then
/// asleep, so that a thread that lost its core to another process does not cost the others theirs.
class Meeting {
public:
  explicit Meeting(unsigned count) : count(count) {}
  /// What any thread wrote before it came here all see afterwards, and what `last` did too, which the one
  /// that comes last calls while the others wait; before they wait they do `meanwhile`. Whether they met: not
  /// after `cancel`.
  template <typename Last, typename Meanwhile>
  bool wait(Last last, Meanwhile meanwhile) {
    if (cancelled) {
      return false;
    }
    uint32_t before = round.load(std::memory_order_acquire);
    if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == count) {
      last();
      letPass();
    } else {
      meanwhile();
      await(before);
    }
    return !cancelled;
  }
  bool wait() {
    return wait([] {}, [] {});
  }
  /// Lets everybody pass from now on: a thread has failed and will not come.
  void cancel();

private:
  void letPass();
  void await(uint32_t before);

  // On lines of their own, which may be brought in pairs: those that wait read `round` all the time.
  static constexpr size_t apart = 2 * cacheLine;
  alignas(apart) std::atomic<uint32_t> arrived{0};
  alignas(apart) std::atomic<uint32_t> round{0};
  alignas(apart) std::atomic<bool> cancelled{false};
  const unsigned count;
};

} // namespace nissl::cpu
