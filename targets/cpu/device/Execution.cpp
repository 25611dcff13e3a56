// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Execution.h"

#include "targets/cpu/device/Backlog.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace nissl::cpu {

using program::Action;
using program::ActionKind;
using program::TraverseKind;

namespace {

/// Cells that a map computes in one call: enough to hide its beginning, few beside what a cache holds, and a
/// multiple of those that share blocks of random words.
constexpr int64_t mapPiece = 4096;

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
  list.clear();
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

void Execution::run(std::span<BoundAction> actions, Moment when, runtime::StepObserver* hears) {
  moment = when;
  observer = hears;
  samples = observer && observer->wantsSample(moment.step, /*before=*/false);
  team.run([&](unsigned thread) {
    for (PortMemory& port : memory.ports) {
      Ring& ring = port.rings[thread];
      ring.cursor = moment.step % ring.slots;
    }
    walk(actions, thread);
  });
  if (observer) {
    fetchEvents(actions, /*atOnce=*/false);
    for (const BoundAction& bound : actions) {
      if (!bound.showsAtOnce) {
        showEvents(bound);
      }
    }
  }
  if (thrown) {
    std::rethrow_exception(std::exchange(thrown, nullptr));
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

void Execution::showEvents(const BoundAction& bound) {
  for (program::Index set : bound.action->writesEvents) {
    show([&] { observer->onEvents(set, moment.step, memory.events[set].all(shown)); });
  }
}

void Execution::clearArrived() {
  for (size_t p = 0; p < memory.ports.size(); ++p) {
    if (cleared[p]) {
      continue;
    }
    const PortMemory& port = memory.ports[p];
    for (unsigned thread = 0; thread < team.size(); ++thread) {
      Part own = memory.parts[program.ports[p].extent][thread];
      std::memset(port.slot(thread) + static_cast<size_t>(own.begin) * port.width, 0,
                  static_cast<size_t>(own.end - own.begin) * port.width);
    }
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

void Execution::map(BoundAction& bound, unsigned thread) {
  const Action& action = *bound.action;
  Part owned = memory.parts[action.subject][thread];
  KernelCall call = newCall(bound);
  void* const* operands = operandsOf(bound, thread);
  // What begins where the last step came to its end finds there, of cells that are more than the second cache
  // holds, those that it does hold.
  const bool backwards = moment.step % 2 != 0;
  const int64_t pieces = (owned.end - owned.begin + mapPiece - 1) / mapPiece;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    call.begin = owned.begin + (backwards ? pieces - 1 - piece : piece) * mapPiece;
    call.end = std::min(call.begin + mapPiece, owned.end);
    bound.run(operands, &call);
  }
  counts[thread].faults |= call.faults;
  for (program::Index set : action.writesEvents) {
    EventMemory& events = memory.events[set];
    listEvents(reinterpret_cast<const uint8_t*>(events.mask[thread]), owned,
               events.lists[memory.share.first() + thread]);
  }
  if (observer && bound.showsAtOnce) {
    team.meet();
    if (thread == 0) {
      fetchEvents({&bound, 1}, /*atOnce=*/true);
      showEvents(bound);
    }
    team.meet();
  }
}

void Execution::deliver(Delivery& delivery, unsigned thread) {
  Delivery::Met met = delivery.step(thread, moment.step, memory);
  counts[thread].synapticOps += met.synapses;
  counts[thread].faults |= met.faults;
}

void Execution::traverse(BoundAction& bound, unsigned thread) {
  const Action& action = *bound.action;
  if (bound.delivery) {
    return deliver(*bound.delivery, thread);
  }
  if (action.traverse == TraverseKind::Emit && memory.events[action.events].empty()) {
    return; // as most tables of a network of many populations, in most steps
  }
  if (bound.backlog && action.traverse == TraverseKind::Back) {
    if (bound.backlog->full(thread)) {
      bound.backlog->settleAll(thread);
      team.meet();
      bound.backlog->forget(thread);
    }
    counts[thread].synapticOps += bound.backlog->note(thread);
    return;
  }
  if (action.traverse == TraverseKind::Arrive) {
    if (thread == 0) {
      std::vector<uint32_t> room;
      std::span<const uint32_t> events = memory.events[action.events].all(room);
      bound.arrivals.emplace_front(events.begin(), events.end());
      if (static_cast<int64_t>(bound.arrivals.size()) > program.tables[action.subject].maxDelay + 1) {
        bound.arrivals.pop_back();
      }
    }
    team.meet();
  }
  KernelCall call = newCall(bound);
  for (unsigned part = thread * bound.blocks; part < (thread + 1) * bound.blocks; ++part) {
    void* const* operands = operandsOf(bound, part);
    if (bound.kernel->kind == program::KernelKind::List) {
      visitList(bound, part, operands, call);
    } else {
      visitRows(bound, part, operands, call);
    }
  }
  counts[thread].faults |= call.faults;
}

void Execution::visitRows(const BoundAction& bound, unsigned number, void* const* operands,
                          KernelCall& call) {
  const Action& action = *bound.action;
  const program::Table& table = program.tables[action.subject];
  const SynapseTable& synapses = memory.tables[action.subject];
  const TablePart& part = synapses.parts[number];
  int64_t rows = table.sourceEnd - table.sourceBegin;
  auto visit = [&](int64_t row, uint64_t begin, uint64_t end) {
    if (begin == end) {
      return;
    }
    call.source = table.sourceBegin + row;
    call.begin = static_cast<int64_t>(begin);
    call.end = static_cast<int64_t>(end);
    call.ordinal = static_cast<int64_t>(part.firstOrdinal[row] + (begin - part.rowStart[row]));
    call.synapse = static_cast<int64_t>(synapses.rowStart[row]) + call.ordinal;
    if (bound.backlog) {
      bound.backlog->settle(number, static_cast<size_t>(row));
    }
    bound.run(operands, &call);
    counts[number / bound.blocks].synapticOps += end - begin;
  };
  constexpr size_t ahead = 2; // rows
  auto fetchAhead = [&](std::span<const uint32_t> sources) {
    if (int64_t row = sources.size() > ahead ? sources[ahead] - table.sourceBegin : -1;
        row >= 0 && row < rows) {
      uint64_t begin = part.rowStart[row];
      fetchColumns(bound.columns[number], begin, part.rowStart[row + 1] - begin);
      if (bound.backlog) {
        bound.backlog->fetch(number, static_cast<size_t>(row));
      }
    }
  };
  if (action.traverse == TraverseKind::All) {
    for (int64_t row = 0; row < rows; ++row) {
      visit(row, part.rowStart[row], part.rowStart[row + 1]);
    }
    return;
  }
  if (action.traverse == TraverseKind::Emit) {
    for (const std::vector<uint32_t>& list : memory.events[action.events].lists) {
      for (size_t i = 0; i < list.size(); ++i) {
        fetchAhead(std::span(list).subspan(i));
        uint32_t source = list[i];
        if (int64_t row = source - table.sourceBegin; row >= 0 && row < rows) {
          visit(row, part.rowStart[row], part.rowStart[row + 1]);
        }
      }
    }
    return;
  }
  for (int64_t ago = static_cast<int64_t>(bound.arrivals.size()) - 1; ago >= table.minDelay; --ago) {
    const std::vector<uint32_t>& arrivals = bound.arrivals[static_cast<size_t>(ago)];
    for (size_t i = 0; i < arrivals.size(); ++i) {
      if (!part.sortedByDelay) {
        fetchAhead(std::span(arrivals).subspan(i));
      }
      int64_t row = arrivals[i] - table.sourceBegin;
      if (row < 0 || row >= rows) {
        continue;
      }
      uint64_t begin = part.rowStart[row], end = part.rowStart[row + 1];
      if (part.sortedByDelay) {
        synapses.withDelays(part, [&](const auto* delays) {
          auto [first, last] = std::equal_range(delays + begin, delays + end, ago);
          begin = static_cast<uint64_t>(first - delays);
          end = static_cast<uint64_t>(last - delays);
        });
      } else if (ago != table.minDelay) {
        continue;
      }
      visit(row, begin, end);
    }
  }
}

/// Asks for what synapses keep that lie anywhere in a part.
static void fetchListed(const std::vector<uint32_t>& list, uint64_t begin, uint64_t end,
                        std::span<const Column> columns) {
  for (const Column& column : columns) {
    for (uint64_t i = begin; i < end; ++i) {
      __builtin_prefetch(column.values + list[i] * column.width, /*write=*/1);
    }
  }
}

void Execution::visitList(const BoundAction& bound, unsigned number, void* const* operands,
                          KernelCall& call) {
  constexpr uint64_t chunk = 64;
  const Action& action = *bound.action;
  const TablePart& part = memory.tables[action.subject].parts[number];
  std::span<const Column> columns = bound.columns[number];
  auto visit = [&](const std::vector<uint32_t>& list, uint64_t first, uint64_t last) {
    call.list = list.data();
    fetchListed(list, first, std::min(first + chunk, last), columns);
    for (uint64_t begin = first; begin < last; begin += chunk) {
      uint64_t end = std::min(begin + chunk, last);
      fetchListed(list, end, std::min(end + chunk, last), columns);
      call.begin = static_cast<int64_t>(begin);
      call.end = static_cast<int64_t>(end);
      bound.run(operands, &call);
    }
    counts[number / bound.blocks].synapticOps += last - first;
  };
  if (action.traverse == TraverseKind::Back) {
    // Tables that are visited so have one part per thread, whose targets are events of that thread.
    Part owned = memory.parts[program.tables[action.subject].target][number];
    for (uint32_t target : memory.events[action.events].lists[memory.share.first() + number]) {
      visit(part.ofTarget, part.targetStart[target - owned.begin],
            part.targetStart[target - owned.begin + 1]);
    }
    return;
  }
  std::vector<uint32_t> plain;
  if (!part.sortedByDelay) {
    plain.resize(part.size());
    for (uint32_t s = 0; s < plain.size(); ++s) {
      plain[s] = s;
    }
  }
  visit(part.sortedByDelay ? part.inOrder : plain, 0, part.size());
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
