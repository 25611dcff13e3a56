// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/ThreadTeam.h"

#include "targets/cpu/device/DefinedArithmetic.h"

#include <utility>

namespace nissl::cpu {

ThreadTeam::ThreadTeam(unsigned size) : count(size), gate(size), inner(size), seats(size), failures(size) {
  for (unsigned number = 1; number < count; ++number) {
    threads.emplace_back([this, number] { serve(number); });
  }
}

ThreadTeam::~ThreadTeam() {
  work = nullptr;
  gate.wait(0);
  for (std::thread& thread : threads) {
    thread.join();
  }
}

void ThreadTeam::call(unsigned number) {
  seats.take(number);
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
    gate.wait(number);
    if (!work) {
      return;
    }
    call(number);
    gate.wait(number);
  }
}

void ThreadTeam::run(const std::function<void(unsigned)>& function) {
  work = &function;
  gate.wait(0);
  call(0);
  gate.wait(0);
  for (std::exception_ptr& failure : failures) {
    if (failure) {
      std::rethrow_exception(std::exchange(failure, nullptr));
    }
  }
}

} // namespace nissl::cpu
