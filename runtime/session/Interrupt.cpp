// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/Interrupt.h"

namespace nissl::runtime {

namespace {

// A signal handler can reach nothing but a global.
std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void request(int) { requested = true; }

} // namespace

Interrupt::Interrupt() {
  requested = false;
  struct sigaction action = {};
  action.sa_handler = request;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &beforeInt);
  sigaction(SIGTERM, &action, &beforeTerm);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &beforeInt, nullptr);
  sigaction(SIGTERM, &beforeTerm, nullptr);
}

const std::atomic<bool>& Interrupt::flag() const { return requested; }

} // namespace nissl::runtime
