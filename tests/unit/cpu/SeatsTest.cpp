// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Seats.h"

#include <catch2/catch.hpp>

#include <optional>
#include <sched.h>
#include <thread>

using nissl::cpu::Seats;

namespace {

cpu_set_t allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  REQUIRE(sched_getaffinity(0, sizeof(set), &set) == 0);
  return set;
}

cpu_set_t only(size_t processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  return one;
}

/// Runs `work` on a thread that begins on `processor` and may run on all of `set`.
template <typename Work>
void onProcessor(size_t processor, const cpu_set_t& set, Work work) {
  std::thread([&] {
    const cpu_set_t one = only(processor);
    sched_setaffinity(0, sizeof(one), &one);
    sched_setaffinity(0, sizeof(set), &set);
    work();
  }).join();
}

/// Whether there are two processors, and a thread runs on the one that it is bound to: not in every sandbox.
bool placesThreads(const cpu_set_t& all) {
  int places = 0;
  for (size_t processor = 0; processor < CPU_SETSIZE && places < 2; ++processor) {
    if (CPU_ISSET(processor, &all)) {
      int at = -1;
      onProcessor(processor, only(processor), [&] { at = sched_getcpu(); });
      if (at != static_cast<int>(processor)) {
        return false;
      }
      ++places;
    }
  }
  return places == 2;
}

} // namespace

TEST_CASE("a thread leaves the processor of another of its team", "[seats]") {
  const cpu_set_t all = allowed();
  if (!placesThreads(all)) {
    WARN("skipped: threads cannot be placed on two processors");
    return;
  }
  const auto first = static_cast<size_t>(sched_getcpu());
  Seats seats(2);
  onProcessor(first, all, [&] { seats.take(0); });
  std::optional<int> at;
  cpu_set_t after;
  onProcessor(first, all, [&] {
    seats.take(1);
    at = sched_getcpu();
    after = allowed();
  });
  CHECK(at != static_cast<int>(first));
  CHECK(CPU_EQUAL(&after, &all)); // it is bound to nothing
}

TEST_CASE("a thread stays where it may run nowhere else", "[seats]") {
  const auto here = static_cast<size_t>(sched_getcpu());
  const cpu_set_t one = only(here);
  Seats seats(2);
  onProcessor(here, one, [&] { seats.take(0); });
  onProcessor(here, one, [&] {
    seats.take(1);
    const cpu_set_t after = allowed();
    CHECK(CPU_EQUAL(&after, &one));
  });
}
