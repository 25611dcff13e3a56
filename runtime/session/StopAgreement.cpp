// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/StopAgreement.h"

#include <algorithm>
#include <cstring>

namespace nissl::runtime {

bool StopAgreement::reached(bool asked) {
  constexpr std::chrono::milliseconds wanted(50);
  constexpr int64_t mostCalls = 1 << 16;
  if (left-- > 0) {
    return false;
  }
  struct Words {
    bool asked = false, early = false;
  };
  auto now = std::chrono::steady_clock::now();
  Words own{asked, now - last < wanted};
  last = now;
  bool stop = false;
  unsigned rank = 0;
  for (std::span<const std::byte> message : ranks.allGather(std::as_bytes(std::span(&own, 1)))) {
    Words words;
    std::memcpy(&words, message.data(), sizeof(words));
    stop |= words.asked;
    if (rank++ == 0) { // whose clock decides
      interval = words.early ? std::min(interval * 2, mostCalls) : std::max<int64_t>(interval / 2, 1);
    }
  }
  left = interval - 1;
  return stop;
}

} // namespace nissl::runtime
