// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Durations as users write them: "0.1ms", "1 s", "250steps".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nissl::runtime {

/// Seconds of "100us", "0.1 ms", "1s", "2min" or "1h". Throws support::Error (usage) for anything else.
double parseSeconds(std::string_view text);

/// How many steps a run takes.
struct RunLength {
  int64_t steps = 0;
  std::string notice; ///< says what was moved when the time is no whole number of steps, else empty
};

/// "250steps" or a time, which becomes steps of `dt` seconds by rounding half up (architecture.md §4);
/// a time that moved by more than 1e-9 of itself is noticed. Throws support::Error (usage).
RunLength parseRunLength(std::string_view text, double dt);

} // namespace nissl::runtime
