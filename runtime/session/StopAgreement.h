// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/device/Ranks.h"

#include <chrono>
#include <cstdint>

namespace nissl::runtime {

/// Has all ranks stop before the same step: they ask each other some twenty times a second.
class StopAgreement {
public:
  explicit StopAgreement(Ranks& ranks) : ranks(ranks) {}
  /// Before steps that are done at once: whether a rank was asked to stop.
  bool reached(bool asked);

private:
  Ranks& ranks;
  int64_t interval = 1; ///< calls from one question to the next
  int64_t left = 0;
  std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
};

} // namespace nissl::runtime
