// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Execution.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace nissl::cpu {

using program::Action;
using program::ActionKind;

namespace {

constexpr int64_t wordBytes = sizeof(uint64_t), lineBytes = cacheLine;

uint64_t wordAt(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, wordBytes);
  return word;
}

bool anyInLine(const uint8_t* line) {
  uint64_t any = 0;
  for (int64_t byte = 0; byte < lineBytes; byte += wordBytes) {
    any |= wordAt(line + byte);
  }
  return any != 0;
}

/// Appends the places of a mask in `part` that are 1, ascending. Events are rare: a cache line at a time,
/// then eight bytes.
void listEvents(const uint8_t* mask, Part part, std::vector<uint32_t>& list) {
  int64_t i = part.begin;
  while (i + wordBytes <= part.end) {
    if (i + lineBytes <= part.end && !anyInLine(mask + i)) {
      i += lineBytes;
      continue;
    }
    for (int64_t stop = std::min(i + lineBytes, part.end - wordBytes + 1); i < stop; i += wordBytes) {
      for (uint64_t bytes = wordAt(mask + i); bytes != 0; bytes &= bytes - 1) {
        list.push_back(static_cast<uint32_t>(i + std::countr_zero(bytes) / 8));
      }
    }
  }
  for (; i < part.end; ++i) {
    if (mask[i]) {
      list.push_back(static_cast<uint32_t>(i));
    }
  }
}

} // namespace

Execution::Execution(const program::Program& program, Memory& memory, ThreadTeam& team, Exchange* exchange)
    : program(program), memory(memory), team(team), exchange(exchange), workers(team.size()),
      cleared(program.ports.size()) {
  for (const Action& action : program.schedule) {
    if (action.kind == ActionKind::Map) {
      for (const program::Operand& operand : program.kernels[action.kernel].operands) {
        if (operand.clears) {
          cleared[operand.subject] = true;
        }
      }
    }
  }
}

void Execution::begin(Moment when, runtime::StepObserver* hears, std::span<BoundAction> actions) {
  for (Worker& worker : workers) {
    worker.moment = when;
    worker.done = 0;
  }
  observer = hears;
  samples = observer && observer->wantsSample(when.step, /*before=*/false);
  later.clear();
  shownAtEnd.clear();
  showsAlone = observer != nullptr;
  for (const BoundAction& bound : actions) {
    for (program::Index set : bound.action->writesEvents) {
      if (!bound.showsAtOnce) {
        shownAtEnd.push_back(set);
      }
      if (memory.events[set].waits()) {
        later.push_back(set);
      } else if (!bound.showsAtOnce) {
        showsAlone = false;
      }
    }
  }
}

void Execution::rethrow() {
  if (thrown) {
    std::rethrow_exception(std::exchange(thrown, nullptr));
  }
}

void Execution::run(std::span<BoundAction> actions, Moment when, runtime::StepObserver* hears) {
  begin(when, hears, actions);
  team.run([&](unsigned thread) {
    moveRings(thread);
    walk(actions, thread);
    memory.board.post(thread);
  });
  memory.board.turn();
  showEnd(when.step);
  rethrow();
}

int64_t Execution::advance(std::span<BoundAction> schedule, Moment when, int64_t steps,
                           runtime::StepObserver* hears) {
  begin(when, hears, schedule);
  postpones = exchange && steps > 1;
  kept.assign(postpones ? static_cast<size_t>(steps) : 0,
              std::vector<EventLists>(later.size(), EventLists(memory.share.parts())));
  team.run([&](unsigned thread) {
    int64_t step = 0;
    while (step < steps && doStep(schedule, thread, /*isLast=*/step + 1 == steps)) {
      ++step;
    }
    if (postpones && step == steps) {
      deliverPostponed(schedule, thread, when, steps);
    }
  });
  postpones = false;
  rethrow();
  return workers.front().done;
}

/// Whether there may be another. The first thread shows the step's events while the others go on, where what
/// it reads changes only when they meet again. Who comes early adds what is due in the next step already.
bool Execution::doStep(std::span<BoundAction> schedule, unsigned thread, bool isLast) {
  Worker& worker = workers[thread];
  const int64_t step = worker.moment.step;
  moveRings(thread);
  walk(schedule, thread);
  team.fetch(thread);
  memory.board.fetch(thread);
  clearArrived(thread);
  if (postpones) {
    keepEvents(thread);
  }
  memory.board.post(thread);
  const bool addsEarly = !isLast && !exchange && !schedule.empty() && schedule.front().delivery;
  const std::optional<bool> stops = team.meet(thread, hasToStop(thread), [&] {
    if (addsEarly) {
      worker.early |= schedule.front().delivery->add(thread, step + 1);
    }
  });
  if (!stops) {
    return false;
  }
  memory.board.turn(thread);
  worker.done += !*stops;
  ++worker.moment.step;
  if (thread == 0 && observer && !postpones) {
    showEnd(step);
    if (!*stops) {
      show([&] { observer->onStep(step); });
    }
  }
  if (observer && !postpones && !showsAlone) {
    team.meet(thread);
  }
  return !*stops;
}

/// After a step in which it met a fault, or the observer threw.
bool Execution::hasToStop(unsigned thread) const {
  return workers[thread].faults != 0 || (thread == 0 && thrown);
}

void Execution::moveRings(unsigned thread) {
  for (PortMemory& port : memory.ports) {
    if (Ring& ring = port.rings[thread]; ring.slots > 1) {
      ring.cursor = workers[thread].moment.step % ring.slots;
    }
  }
}

/// What the observer has not heard of yet.
void Execution::showEnd(int64_t step) {
  if (observer) {
    showEvents(shownAtEnd, step);
  }
}

/// Of all ranks.
void Execution::showEvents(std::span<const program::Index> sets, int64_t step) {
  if (exchange) {
    std::vector<Subject> shown;
    for (program::Index set : sets) {
      shown.push_back({Subject::Kind::Events, set});
    }
    exchange->fetch(shown);
  }
  for (program::Index set : sets) {
    if (std::span<const uint32_t> happened = memory.allEvents(set, 0, workers.front().shown);
        !happened.empty()) {
      show([&] { observer->onEvents(set, step, happened); });
    }
  }
}

/// What arrived is gone after the step, also where no map clears it.
void Execution::clearArrived(unsigned thread) {
  for (size_t p = 0; p < memory.ports.size(); ++p) {
    if (cleared[p]) {
      continue;
    }
    const PortMemory& port = memory.ports[p];
    Part own = memory.parts[program.ports[p].extent][thread];
    std::memset(port.slot(thread) + static_cast<size_t>(own.begin) * port.width, 0,
                static_cast<size_t>(own.end - own.begin) * port.width);
  }
}

uint64_t Execution::takeFaults() {
  uint64_t met = 0;
  for (Worker& one : workers) {
    met |= std::exchange(one.faults, 0);
  }
  return met;
}

uint64_t Execution::synapticOps() const {
  uint64_t sum = 0;
  for (const Worker& one : workers) {
    sum += one.synapticOps;
  }
  return sum;
}

void Execution::setSynapticOps(uint64_t count) {
  for (Worker& one : workers) {
    one.synapticOps = std::exchange(count, 0);
  }
}

void Execution::fetch(std::span<const Subject> subjects, unsigned thread) {
  team.meet(thread);
  if (thread == 0) {
    exchange->fetch(subjects);
  }
  team.meet(thread);
}

void Execution::walk(std::span<BoundAction> actions, unsigned thread) {
  const int64_t step = workers[thread].moment.step;
  for (BoundAction& bound : actions) {
    const Action& action = *bound.action;
    if (bound.meets) {
      team.meet(thread);
    }
    if (bound.postpones && postpones && workers[thread].done > 0) {
      if (bound.delivery) {
        workers[thread].faults |= bound.delivery->add(thread, step);
      }
      continue;
    }
    if (exchange) {
      if (!bound.reads.empty()) {
        fetch(bound.reads, thread);
      }
      if (thread == 0) {
        exchange->noteWritten(bound.writes);
      }
    }
    switch (action.kind) {
    case ActionKind::Map:
      map(bound, thread);
      break;
    case ActionKind::Traverse:
      traverse(bound, thread);
      break;
    case ActionKind::Push:
      push(action.subject, thread);
      break;
    case ActionKind::Restore:
      restore(action.subject, thread);
      break;
    case ActionKind::Reduce:
      if (thread == 0) {
        reduce(action);
        noteInfinite(action.into);
      }
      team.meet(thread);
      break;
    case ActionKind::Every:
      if (step % action.period == action.offset) {
        walk(bound.body, thread);
      }
      break;
    case ActionKind::When:
      if (!memory.noEvents(action.subject, thread)) {
        walk(bound.body, thread);
      }
      break;
    case ActionKind::Sample:
      if (samples && workers[thread].done == 0) {
        team.meet(thread);
        if (thread == 0) {
          show([&] { observer->onSample(step, /*before=*/false); });
        }
        team.meet(thread);
      }
      break;
    }
  }
}

KernelCall Execution::newCall(const BoundAction& bound, unsigned thread) const {
  const Moment& moment = workers[thread].moment;
  KernelCall call;
  call.constants = bound.kernel->constants.data();
  call.step = static_cast<uint64_t>(moment.step);
  call.seed = moment.seed;
  return call;
}

void* const* Execution::operandsOf(BoundAction& bound, unsigned part) {
  std::vector<void*>& operands = bound.operands[part];
  for (unsigned i : bound.moving) {
    operands[i] =
        pointerOf(program, memory, *bound.action, bound.kernel->operands[i], part / bound.blocks, part);
  }
  return operands.data();
}

/// What a thread does in this step for an action: counts what arrives, or adds.
BoundAction& Execution::inStep(BoundAction& bound, unsigned thread) const {
  if (bound.counting.empty()) {
    return bound;
  }
  BoundAction& counting = bound.counting.front();
  const PortCounts& first = memory.ports[counting.counted.front()].counts;
  return workers[thread].moment.step < first.own[thread].addsUntil ? bound : counting;
}

void Execution::map(BoundAction& bound, unsigned thread) {
  if (Part owned = memory.parts[bound.action->subject][thread]; owned.begin < owned.end) {
    compute(bound, thread, owned);
  }
  if (observer && bound.showsAtOnce) {
    team.meet(thread);
    if (thread == 0) {
      showEvents(bound.action->writesEvents, workers[thread].moment.step);
    }
    team.meet(thread);
  }
}

void Execution::compute(BoundAction& bound, unsigned thread, Part owned) {
  const int64_t step = workers[thread].moment.step;
  if (!bound.counting.empty()) {
    addUpWhereMany(bound.counting.front().counted, step, program, memory, thread);
  }
  BoundAction& now = inStep(bound, thread);
  KernelCall call = newCall(now, thread);
  void* const* operands = operandsOf(now, thread);
  // What begins where the last step came to its end finds there, of cells that are more than the second cache
  // holds, those that it does hold.
  const bool backwards = step % 2 != 0;
  const int64_t size = owned.end - owned.begin;
  const int64_t pieces = size > now.piece ? (size + now.piece - 1) / now.piece : 1;
  auto cellsOf = [&](int64_t piece) {
    int64_t begin = owned.begin + (backwards ? pieces - 1 - piece : piece) * now.piece;
    return Part{begin, std::min(begin + now.piece, owned.end)};
  };
  for (int64_t piece = 0; piece < pieces; ++piece) {
    Part cells = cellsOf(piece), next = piece + 1 < pieces ? cellsOf(piece + 1) : Part{};
    for (size_t i = 0; i < now.fetched.size() && next.begin < next.end; ++i) {
      size_t width = now.fetched[i];
      fetchLines(static_cast<const std::byte*>(operands[i]) + static_cast<size_t>(next.begin) * width,
                 static_cast<size_t>(next.end - next.begin) * width);
    }
    call.begin = cells.begin;
    call.end = cells.end;
    now.run(operands, &call);
  }
  workers[thread].faults |= call.faults;
  for (program::Index set : bound.action->writesEvents) {
    EventMemory& events = memory.events[set];
    const auto* mask = reinterpret_cast<const uint8_t*>(events.mask[thread]);
    if (events.waits()) {
      memory.board.write(thread, events.posted, [&](auto& list) { listEvents(mask, owned, list); });
      continue;
    }
    std::vector<uint32_t>& list = events.lists[memory.share.first() + thread];
    if (!list.empty()) { // what is not written stays in the caches of those that read it
      list.clear();
    }
    listEvents(mask, owned, list);
  }
}

void Execution::push(program::Index index, unsigned thread) {
  StateMemory& state = memory.states[index];
  Ring& ring = state.history[thread];
  ring.cursor = (ring.cursor + ring.slots - 1) % ring.slots;
  auto width = static_cast<int64_t>(program::sizeOf(program.states[index].type));
  auto keep = [&](int64_t begin, int64_t end) {
    std::memcpy(state.pushed.data() + (ring.cursor * ring.stride + begin) * width,
                state.base[thread] + begin * width, static_cast<size_t>((end - begin) * width));
  };
  program::Index owner = program.states[index].owner;
  Part owned = memory.parts[owner][thread];
  keep(owned.begin, owned.end);
  if (exchange && thread == 0) { // what other ranks own
    Part here = memory.ranks[owner][memory.share.rank];
    keep(0, here.begin);
    keep(here.end, program.extents[owner].size);
  }
}

void Execution::restore(program::Index index, unsigned thread) {
  StateMemory& state = memory.states[index];
  auto width = static_cast<int64_t>(program::sizeOf(program.states[index].type));
  Part owned = memory.parts[program.states[index].owner][thread];
  std::memcpy(state.base[thread] + owned.begin * width, state.initial.data() + owned.begin * width,
              static_cast<size_t>((owned.end - owned.begin) * width));
}

} // namespace nissl::cpu
