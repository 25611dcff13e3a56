// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Events that nothing reads in the step that makes them: each thread puts up what its cells did before the
// threads meet at the step's end, and all read it in the next one.
#pragma once

#include "targets/cpu/device/Buffer.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace nissl::cpu {

/// A thread has two pages: while some still read what it put up in the last step, it writes the other. A page
/// is the ends of the sets' lists, then the lists: most often one cache line, which is all that one core has
/// to bring from another.
class EventBoard {
public:
  EventBoard() = default;
  /// The events of some sets, which are numbered from 0; `most` that happen in a step, by thread.
  EventBoard(size_t sets, std::span<const size_t> most);

  /// What thread `number` lists of a set in this step, ascending: once, and in the order of the sets.
  template <typename List>
  void write(unsigned number, size_t set, const List& list) {
    Thread& thread = threads[number];
    const size_t before = thread.lists.size();
    list(thread.lists);
    thread.counts[set] = static_cast<uint32_t>(thread.lists.size() - before);
  }
  /// That, before it is put up.
  std::span<const uint32_t> written(unsigned number, size_t set) const;
  /// Puts it up, and begins with the next step.
  void post(unsigned number);
  /// Asks for what others have put up in this step, if they have.
  void fetch(unsigned number) const {
    for (size_t other = 0; other < pages.size(); ++other) {
      if (other != number) {
        __builtin_prefetch(pages[other][threads[number].page ^ 1].data());
      }
    }
  }
  /// When all have put up: has thread `number` read the step's pages.
  void turn(unsigned number) { threads[number].page ^= 1; }
  /// Has all of them do so, or undo it, while none is at work.
  void turn();
  /// What thread `of` had put up when `reader` turned last.
  std::span<const uint32_t> list(size_t set, unsigned of, unsigned reader) const {
    const uint32_t* page = pages[of][threads[reader].page].as<uint32_t>();
    const uint32_t begin = set == 0 ? 0 : page[set - 1];
    return {page + sets + begin, page[set] - begin};
  }

private:
  /// On lines of its own, as each writes it in every step.
  struct alignas(apart) Thread {
    unsigned page = 0;                   ///< that it reads
    std::vector<uint32_t> counts, lists; ///< of this step
  };
  size_t sets = 0;
  std::vector<std::array<Buffer, 2>> pages; ///< by thread
  std::vector<Thread> threads;
};

} // namespace nissl::cpu
