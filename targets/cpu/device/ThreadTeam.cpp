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
  if (count > 1) {
    gate.wait();
  }
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
