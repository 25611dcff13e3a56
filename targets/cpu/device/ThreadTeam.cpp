// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/ThreadTeam.h"

#include <utility>
#include <xmmintrin.h>

namespace nissl::cpu {
namespace {

/// Round to nearest, no flush to zero, no denormals-are-zero, all exceptions masked: what every target's
/// arithmetic is defined under, whatever the host program had set.
class DefinedArithmetic {
public:
  DefinedArithmetic() : before(_mm_getcsr()) { _mm_setcsr(0x1f80); }
  ~DefinedArithmetic() { _mm_setcsr(before); }
  DefinedArithmetic(const DefinedArithmetic&) = delete;
  DefinedArithmetic& operator=(const DefinedArithmetic&) = delete;

private:
  unsigned before;
};

} // namespace

ThreadTeam::ThreadTeam(unsigned size) : count(size), gate(size), inner(size), failures(size) {
  for (unsigned number = 1; number < count; ++number) {
    threads.emplace_back([this, number] { serve(number); });
  }
}

ThreadTeam::~ThreadTeam() {
  work = nullptr;
  if (count > 1) {
    gate.wait();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

void ThreadTeam::call(unsigned number) {
  DefinedArithmetic arithmetic;
  try {
    (*work)(number);
  } catch (...) {
    failures[number] = std::current_exception();
    inner.cancel();
  }
}

void ThreadTeam::serve(unsigned number) {
  while (true) {
    gate.wait();
    if (!work) {
      return;
    }
    call(number);
    gate.wait();
  }
}

void ThreadTeam::run(const std::function<void(unsigned)>& function) {
  work = &function;
  gate.wait();
  call(0);
  gate.wait();
  for (std::exception_ptr& failure : failures) {
    if (failure) {
      std::rethrow_exception(std::exchange(failure, nullptr));
    }
  }
}

} // namespace nissl::cpu
