// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where threads wait for each other.
#pragma once

#include "targets/cpu/device/Buffer.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace nissl::cpu {

/// Each waits until all have come: awake for some microseconds, which is what a step's part takes, then
/// asleep, so that a thread that lost its core to another process does not cost the others theirs.
///
/// Each says on a line of its own that it has come, and reads the others': a line on which all count would
/// have to visit every core before any goes on. Nor does who comes wait until the others can see it.
class Meeting {
public:
  explicit Meeting(unsigned count) : arrivals(count) {}
  /// What any thread wrote before it came here all see afterwards. Before thread `number` waits for others it
  /// does `meanwhile`. Whether any of them raised a hand as it came; nothing after `cancel`.
  template <typename Meanwhile>
  std::optional<bool> wait(unsigned number, bool hand, Meanwhile meanwhile) {
    if (cancelled) {
      return std::nullopt;
    }
    const uint32_t here = come(number, hand);
    if (!allCame(here)) {
      meanwhile();
      await(here);
    }
    return cancelled ? std::nullopt : std::optional(anyHand(here));
  }
  /// Asks for what tells thread `number` whether the others have come.
  void fetch(unsigned number) const {
    for (size_t other = 0; other < arrivals.size(); ++other) {
      if (other != number) {
        __builtin_prefetch(&arrivals[other]);
      }
    }
  }
  /// Whether all have come.
  bool wait(unsigned number) {
    return wait(number, /*hand=*/false, [] {}).has_value();
  }
  /// Lets everybody pass from now on: a thread has failed and will not come.
  void cancel();

private:
  // How often a thread has come, then whether it raised a hand the time before and this time: who is slow may
  // read what one that is ahead by a meeting writes.
  static constexpr unsigned hands = 2;

  uint32_t come(unsigned number, bool hand);
  bool allCame(uint32_t here) const;
  bool anyHand(uint32_t here) const;
  void await(uint32_t here);
  void wake();

  // On lines of their own: those that wait read them all the time.
  struct alignas(apart) Arrival {
    std::atomic<uint32_t> value{0};
  };
  std::vector<Arrival> arrivals; ///< by thread
  alignas(apart) std::atomic<uint32_t> asleep{0};
  std::atomic<uint32_t> wakes{0}; ///< what they wait for
  std::atomic<bool> cancelled{false};
};

} // namespace nissl::cpu
