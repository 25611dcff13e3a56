// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>

#include <csignal>

namespace nissl::runtime {

/// While it lives, the first SIGINT or SIGTERM only sets a flag, which a session reads between steps; a
/// second one ends the process as usual. At most one at a time.
class Interrupt {
public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  const std::atomic<bool>& flag() const;

private:
  struct sigaction beforeInt, beforeTerm;
};

} // namespace nissl::runtime
