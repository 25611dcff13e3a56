// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Meeting.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <thread>
#include <vector>

using nissl::cpu::Meeting;

namespace {

/// work(0) … work(count - 1), a thread each.
template <typename Work>
void onThreads(unsigned count, Work work) {
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < count; ++number) {
    threads.emplace_back([&work, number] { work(number); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

} // namespace

TEST_CASE("nobody goes on before all have come", "[meeting]") {
  constexpr unsigned count = 3;
  constexpr int meetings = 2000;
  Meeting meeting(count);
  // Without atomics: what one wrote before a meeting the others read after it.
  std::vector<int> came(count);
  std::vector<int> wrong(count);
  onThreads(count, [&](unsigned number) {
    for (int i = 1; i <= meetings; ++i) {
      came[number] = i;
      meeting.wait(number);
      for (int other : came) {
        wrong[number] += other != i;
      }
      meeting.wait(number);
    }
  });
  CHECK(wrong == std::vector<int>(count));
}

TEST_CASE("all see a raised hand, of this meeting and no other", "[meeting]") {
  constexpr unsigned count = 3;
  constexpr int meetings = 3000;
  Meeting meeting(count);
  std::vector<int> wrong(count);
  // Who is ahead by a meeting raises its hand for the next one while the slowest looks at this one's.
  auto raises = [](unsigned number, int i) { return i % 7 == static_cast<int>(number); };
  onThreads(count, [&](unsigned number) {
    for (int i = 0; i < meetings; ++i) {
      std::optional<bool> any = meeting.wait(number, raises(number, i), [] {});
      wrong[number] += any != (i % 7 < static_cast<int>(count));
    }
  });
  CHECK(wrong == std::vector<int>(count));
}

TEST_CASE("who sleeps is woken", "[meeting]") {
  Meeting meeting(2);
  int meanwhile = 0;
  onThreads(2, [&](unsigned number) {
    for (int i = 0; i < 5; ++i) {
      if (number == 1) {
        std::this_thread::sleep_for(std::chrono::milliseconds(3)); // longer than another waits awake
      }
      meeting.wait(number, /*hand=*/false, [&] { meanwhile += number == 0; });
    }
  });
  CHECK(meanwhile == 5);
}

TEST_CASE("nobody waits for a thread that has failed", "[meeting]") {
  Meeting meeting(2);
  bool met = true, after = true;
  onThreads(2, [&](unsigned number) {
    if (number == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
      meeting.cancel();
      return;
    }
    met = meeting.wait(number);
    after = meeting.wait(number);
  });
  CHECK_FALSE(met);
  CHECK_FALSE(after);
}
