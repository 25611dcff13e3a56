// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/EventBoard.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace nissl::cpu {

EventBoard::EventBoard(size_t sets, std::span<const size_t> most)
    : sets(sets), pages(most.size()), threads(most.size()) {
  for (size_t t = 0; t < most.size(); ++t) {
    for (Buffer& page : pages[t]) {
      page = Buffer((sets + most[t]) * sizeof(uint32_t) + cacheLine);
    }
    threads[t].counts.resize(sets);
    threads[t].lists.reserve(most[t]);
  }
}

std::span<const uint32_t> EventBoard::written(unsigned number, size_t set) const {
  const Thread& thread = threads[number];
  const auto before = std::reduce(thread.counts.begin(), thread.counts.begin() + static_cast<ptrdiff_t>(set));
  return std::span(thread.lists).subspan(before, thread.counts[set]);
}

void EventBoard::post(unsigned number) {
  Thread& thread = threads[number];
  auto* page = pages[number][thread.page ^ 1].as<uint32_t>();
  if (thread.lists.empty() && (sets == 0 || page[sets - 1] == 0)) {
    return; // what is not written stays in the caches of those that read it
  }
  uint32_t end = 0;
  for (size_t set = 0; set < sets; ++set) {
    end += std::exchange(thread.counts[set], 0);
    page[set] = end;
  }
  std::copy(thread.lists.begin(), thread.lists.end(), page + sets);
  thread.lists.clear();
}

void EventBoard::turn() {
  for (unsigned number = 0; number < threads.size(); ++number) {
    turn(number);
  }
}

} // namespace nissl::cpu
