// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A fixed number of threads that do the same work on different parts, again and again.
#pragma once

#include "targets/cpu/device/Meeting.h"
#include "targets/cpu/device/Seats.h"

#include <exception>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

namespace nissl::cpu {

class ThreadTeam {
public:
  explicit ThreadTeam(unsigned size);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;
  unsigned size() const { return count; }
  /// Calls work(0) … work(size - 1), one per thread, and returns when all are done; the caller's thread is
  /// number 0. An exception of any of them is thrown here (of the lowest number first); after one nobody
  /// waits in `meet` any more, so that what the threads share is not to be used again.
  void run(const std::function<void(unsigned)>& work);
  /// Within `run`, called by every thread alike, with its number: waits until all have come here. Whether
  /// they have: not where one of them failed.
  bool meet(unsigned number) { return inner.wait(number); }
  /// Asks for what the next `meet` reads, some time before.
  void fetch(unsigned number) const { inner.fetch(number); }
  /// Those that have to wait do `meanwhile` before. Whether any thread raised a hand; nothing where one of
  /// them failed.
  template <typename Meanwhile>
  std::optional<bool> meet(unsigned number, bool hand, Meanwhile meanwhile) {
    return inner.wait(number, hand, meanwhile);
  }

private:
  void serve(unsigned number);
  void call(unsigned number);

  unsigned count;
  Meeting gate, inner;
  Seats seats;
  const std::function<void(unsigned)>* work = nullptr; ///< null tells the threads to end
  std::vector<std::exception_ptr> failures;
  std::vector<std::thread> threads;
};

} // namespace nissl::cpu
