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

/// The places of a mask in `part` that are 1, ascending. Events are rare: a cache line at a time, then eight
/// bytes.
void listEvents(const uint8_t* mask, Part part, std::vector<uint32_t>& list) {
  if (!list.empty()) { // what is not written stays in the caches of those that read it
    list.clear();
  }
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
    : program(program), memory(memory), team(team), exchange(exchange), counts(team.size()),
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
  moment = when;
  observer = hears;
  samples = observer && observer->wantsSample(moment.step, /*before=*/false);
  later.clear();
  showsAlone = observer != nullptr;
  for (const BoundAction& bound : actions) {
    for (program::Index set : bound.action->writesEvents) {
      if (!memory.events[set].next.empty()) {
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
  });
  takeNextEvents();
  showEnd(actions, moment.step);
  rethrow();
}

int64_t Execution::advance(std::span<BoundAction> schedule, Moment when, int64_t steps,
                           runtime::StepObserver* hears) {
  begin(when, hears, schedule);
  done = 0;
  stops = false;
  postpones = exchange && steps > 1;
  kept.resize(postpones ? static_cast<size_t>(steps) : 0);
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
  return done;
}

/// Own events wait for those of other ranks.
void Execution::keepEvents() {
  std::vector<EventLists>& step = kept[static_cast<size_t>(done)];
  step.resize(later.size());
  for (size_t i = 0; i < later.size(); ++i) {
    EventLists& lists = memory.events[later[i]].lists;
    step[i].resize(lists.size());
    for (unsigned list = memory.share.first(); list < memory.share.first() + memory.share.threads; ++list) {
      step[i][list].swap(lists[list]);
    }
  }
}

/// Brings all ranks' events of the steps that were done, and does step by step what waited for them.
void Execution::deliverPostponed(std::span<BoundAction> schedule, unsigned thread, Moment first,
                                 int64_t steps) {
  if (thread == 0) {
    exchange->fetchSteps(later, kept);
  }
  for (int64_t step = 0; step < steps; ++step) {
    if (thread == 0) {
      for (size_t i = 0; i < later.size(); ++i) {
        memory.events[later[i]].lists.swap(kept[static_cast<size_t>(step)][i]);
      }
      moment.step = first.step + step + 1;
      if (observer) {
        showEnd(schedule, first.step + step);
        show([&] { observer->onStep(first.step + step); });
      }
    }
    if (!team.meet() || step + 1 == steps) {
      return; // what the last step's events make is for the next
    }
    moveRings(thread);
    for (BoundAction& bound : schedule) {
      if (bound.postpones && bound.delivery) {
        bound.delivery->list(thread, memory);
        counts[thread].synapticOps += bound.delivery->file(thread, moment.step);
      } else if (bound.postpones) {
        traverse(bound, thread);
      }
    }
    if (!team.meet()) {
      return;
    }
  }
}

/// Whether there may be another. The first thread shows the step's events while the others go on, where what
/// it reads changes only when they meet again. Who comes early adds what is due in the next step already.
bool Execution::doStep(std::span<BoundAction> schedule, unsigned thread, bool isLast) {
  const int64_t step = moment.step;
  moveRings(thread);
  walk(schedule, thread);
  clearArrived(thread);
  const bool addsEarly = !isLast && !exchange && !schedule.empty() && schedule.front().delivery;
  auto endStep = [&] {
    takeNextEvents();
    samples = false;
    stops = thrown || metFault();
    if (postpones && !stops) {
      keepEvents();
    }
    done += !stops;
    ++moment.step;
  };
  auto meanwhile = [&] {
    if (addsEarly) {
      counts[thread].early |= schedule.front().delivery->add(thread, step + 1);
    }
  };
  if (!team.meet(endStep, meanwhile)) {
    return false;
  }
  const bool goesOn = !stops;
  if (thread == 0 && observer && !postpones) {
    showEnd(schedule, step);
    if (goesOn) {
      show([&] { observer->onStep(step); });
    }
  }
  if (observer && !postpones && !showsAlone) {
    team.meet();
  }
  return goesOn;
}

void Execution::moveRings(unsigned thread) {
  for (PortMemory& port : memory.ports) {
    if (Ring& ring = port.rings[thread]; ring.slots > 1) {
      ring.cursor = moment.step % ring.slots;
    }
  }
}

void Execution::takeNextEvents() {
  for (program::Index set : later) {
    memory.events[set].takeNext(memory.share.first());
  }
}

bool Execution::metFault() const {
  return std::any_of(counts.begin(), counts.end(), [](const Counts& one) { return one.faults != 0; });
}

/// What the observer has not heard of yet.
void Execution::showEnd(std::span<const BoundAction> actions, int64_t step) {
  if (!observer) {
    return;
  }
  fetchEvents(actions, /*atOnce=*/false);
  for (const BoundAction& bound : actions) {
    if (!bound.showsAtOnce) {
      showEvents(bound, step);
    }
  }
}

/// What an observer is to hear of, from all ranks.
void Execution::fetchEvents(std::span<const BoundAction> actions, bool atOnce) {
  if (!exchange) {
    return;
  }
  std::vector<Subject> shown;
  for (const BoundAction& bound : actions) {
    for (program::Index set : bound.action->writesEvents) {
      if (bound.showsAtOnce == atOnce) {
        shown.push_back({Subject::Kind::Events, set});
      }
    }
  }
  exchange->fetch(shown);
}

void Execution::showEvents(const BoundAction& bound, int64_t step) {
  for (program::Index set : bound.action->writesEvents) {
    show([&] { observer->onEvents(set, step, memory.events[set].all(shown)); });
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
  for (Counts& one : counts) {
    met |= std::exchange(one.faults, 0);
  }
  return met;
}

uint64_t Execution::synapticOps() const {
  uint64_t sum = 0;
  for (const Counts& one : counts) {
    sum += one.synapticOps;
  }
  return sum;
}

void Execution::setSynapticOps(uint64_t count) {
  for (Counts& one : counts) {
    one.synapticOps = std::exchange(count, 0);
  }
}

/// An observer that throws must not leave the other threads waiting: it hears nothing more.
template <typename Call>
void Execution::show(Call call) {
  if (thrown) {
    return;
  }
  try {
    call();
  } catch (...) {
    thrown = std::current_exception();
    if (exchange) {
      exchange->ranks.fail(thrown); // the others may wait for what it was about to read
    }
  }
}

void Execution::fetch(std::span<const Subject> subjects, unsigned thread) {
  team.meet();
  if (thread == 0) {
    exchange->fetch(subjects);
  }
  team.meet();
}

void Execution::walk(std::span<BoundAction> actions, unsigned thread) {
  for (BoundAction& bound : actions) {
    const Action& action = *bound.action;
    if (bound.meets) {
      team.meet();
    }
    if (bound.postpones && postpones && done > 0) {
      if (bound.delivery) {
        counts[thread].noteFaults(bound.delivery->add(thread, moment.step));
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
      team.meet();
      break;
    case ActionKind::Every:
      if (moment.step % action.period == action.offset) {
        walk(bound.body, thread);
      }
      break;
    case ActionKind::When:
      if (!memory.events[action.subject].empty()) {
        walk(bound.body, thread);
      }
      break;
    case ActionKind::Sample:
      if (samples) {
        team.meet();
        if (thread == 0) {
          show([&] { observer->onSample(moment.step, /*before=*/false); });
        }
        team.meet();
      }
      break;
    }
  }
}

KernelCall Execution::newCall(const BoundAction& bound) const {
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
  return moment.step < first.own[thread].addsUntil ? bound : counting;
}

void Execution::map(BoundAction& bound, unsigned thread) {
  if (Part owned = memory.parts[bound.action->subject][thread]; owned.begin < owned.end) {
    compute(bound, thread, owned);
  }
  if (observer && bound.showsAtOnce) {
    team.meet();
    if (thread == 0) {
      fetchEvents({&bound, 1}, /*atOnce=*/true);
      showEvents(bound, moment.step);
    }
    team.meet();
  }
}

void Execution::compute(BoundAction& bound, unsigned thread, Part owned) {
  if (!bound.counting.empty()) {
    addUpWhereMany(bound.counting.front().counted, moment.step, program, memory, thread);
  }
  BoundAction& now = inStep(bound, thread);
  KernelCall call = newCall(now);
  void* const* operands = operandsOf(now, thread);
  // What begins where the last step came to its end finds there, of cells that are more than the second cache
  // holds, those that it does hold.
  const bool backwards = moment.step % 2 != 0;
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
  counts[thread].noteFaults(call.faults);
  for (program::Index set : bound.action->writesEvents) {
    EventMemory& events = memory.events[set];
    listEvents(reinterpret_cast<const uint8_t*>(events.mask[thread]), owned,
               events.next.empty() ? events.lists[memory.share.first() + thread] : events.next[thread]);
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
