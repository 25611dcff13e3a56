// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an execution does where ranks tell each other the events of several steps at once.
#include "targets/cpu/device/Execution.h"

namespace nissl::cpu {

/// Own events wait for those of other ranks.
void Execution::keepEvents(unsigned thread) {
  std::vector<EventLists>& step = kept[static_cast<size_t>(workers[thread].done)];
  for (size_t i = 0; i < later.size(); ++i) {
    std::span<const uint32_t> list = memory.board.written(thread, memory.events[later[i]].posted);
    step[i][memory.share.first() + thread].assign(list.begin(), list.end());
  }
}

/// As if they were those of the step that was just done.
void Execution::postKept(unsigned thread, int64_t number) {
  const std::vector<EventLists>& step = kept[static_cast<size_t>(number)];
  for (size_t i = 0; i < later.size(); ++i) {
    const std::vector<uint32_t>& list = step[i][memory.share.first() + thread];
    memory.board.write(thread, memory.events[later[i]].posted,
                       [&](auto& to) { to.insert(to.end(), list.begin(), list.end()); });
  }
  memory.board.post(thread);
}

/// Puts other ranks' where they are read.
void Execution::takeOthers(int64_t number) {
  std::vector<EventLists>& step = kept[static_cast<size_t>(number)];
  for (size_t i = 0; i < later.size(); ++i) {
    EventLists& lists = memory.events[later[i]].lists;
    for (unsigned part = 0; part < lists.size(); ++part) {
      if (part / memory.share.threads != memory.share.rank) {
        lists[part].swap(step[i][part]);
      }
    }
  }
}

/// Brings all ranks' events of the steps that were done, and does step by step what waited for them.
void Execution::deliverPostponed(std::span<BoundAction> schedule, unsigned thread, Moment first,
                                 int64_t steps) {
  Worker& worker = workers[thread];
  if (thread == 0) {
    exchange->fetchSteps(later, kept);
  }
  for (int64_t step = 0; step < steps; ++step) {
    postKept(thread, step);
    if (thread == 0) {
      takeOthers(step);
    }
    if (!team.meet(thread)) {
      return;
    }
    memory.board.turn(thread);
    worker.moment.step = first.step + step + 1;
    if (thread == 0 && observer) {
      showEnd(first.step + step);
      show([&] { observer->onStep(first.step + step); });
    }
    if (step + 1 == steps) {
      return; // what the last step's events make is for the next
    }
    moveRings(thread);
    for (BoundAction& bound : schedule) {
      if (bound.postpones && bound.delivery) {
        bound.delivery->list(thread, memory);
        worker.synapticOps += bound.delivery->file(thread, worker.moment.step);
      } else if (bound.postpones) {
        traverse(bound, thread);
      }
    }
    if (!team.meet(thread)) {
      return;
    }
  }
}

} // namespace nissl::cpu
