// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Schedule.h"

#include "targets/cpu/device/Backlog.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace nissl::cpu {
namespace {

using program::Action;
using program::ActionKind;
using program::Index;
using program::OperandKind;

using Kind = Subject::Kind;
using Resources = std::set<Subject>;

bool meet(const Resources& a, const Resources& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& one) { return b.contains(one); });
}

/// Decides where threads have to meet. Each thread computes its own parts; what it reads of other parts must
/// be written before, and be written again only after.
class Meetings {
public:
  Meetings(const program::Program& program, const Memory& memory) : program(program), memory(memory) {}

  void plan(Schedule& schedule) {
    for (BoundAction& bound : schedule) {
      Resources reads, writes;
      if (bound.delivery) {
        for (const Action& action : bound.delivery->actions) {
          reads.insert({Kind::Events, action.events});
        }
      } else {
        uses(*bound.action, reads, writes);
      }
      if (bound.backlog) {
        if (bound.action->traverse != program::TraverseKind::Back) {
          reads.insert({Kind::Backlog, bound.action->subject});
        } else if (bound.backlog->notesSources()) {
          writes.insert({Kind::Backlog, bound.action->subject});
          for (Index events : bound.backlog->eventsOfGroup()) {
            reads.insert({Kind::Events, events});
          }
        } // what others of its group note no other thread reads, but for what `full` says in the next step
      }
      if (memory.share.ranks > 1) {
        noteForRanks(bound, reads, writes);
      }
      std::erase_if(
          writes, [&](Subject one) { return one.kind == Kind::Events && memory.events[one.index].waits(); });
      bool alone = bound.action->kind == ActionKind::Reduce; // thread 0 reads and writes every part
      bound.meets = alone || meet(reads, written) || meet(writes, read);
      if (bound.meets) {
        written.clear();
        read.clear();
      }
      if (!alone) { // after it they meet again
        written.merge(writes);
        read.merge(reads);
      }
      if (!bound.body.empty()) {
        // It may run or not.
        Resources writtenBefore = written, readBefore = read;
        plan(bound.body);
        written.merge(writtenBefore);
        read.merge(readBefore);
      }
    }
  }

private:
  /// What an action reads of other parts, and what it writes of its own.
  void uses(const Action& action, Resources& reads, Resources& writes) const {
    switch (action.kind) {
    case ActionKind::Map:
    case ActionKind::Traverse:
      for (const program::Operand& operand : program.kernels[action.kernel].operands) {
        Kind kind = operand.kind == OperandKind::State ? Kind::State : Kind::History;
        if (operand.shared) {
          reads.insert({kind, operand.subject});
        }
        // The operands do not say what is written; a traversal writes no state of an extent.
        if (operand.kind == OperandKind::State && action.kind == ActionKind::Map &&
            program.states[operand.subject].owner == action.subject) {
          writes.insert({kind, operand.subject});
        }
      }
      for (Index events : action.writesEvents) {
        writes.insert({Kind::Events, events});
      }
      if (action.kind == ActionKind::Traverse && action.events != program::none) {
        reads.insert({Kind::Events, action.events});
      }
      break;
    case ActionKind::When:
      reads.insert({Kind::Events, action.subject});
      break;
    case ActionKind::Push:
      writes.insert({Kind::History, action.subject});
      break;
    case ActionKind::Restore:
      writes.insert({Kind::State, action.subject});
      break;
    case ActionKind::Reduce:
    case ActionKind::Every:
    case ActionKind::Sample:
      break;
    }
  }

  /// A history needs no messages: every rank pushes all cells, after it has read what it pushes. A traversal
  /// back takes the events of its own cells only.
  void noteForRanks(BoundAction& bound, const Resources& reads, const Resources& writes) const {
    const Action& action = *bound.action;
    bool back = action.kind == ActionKind::Traverse && action.traverse == program::TraverseKind::Back;
    for (Subject subject : reads) {
      if (subject.kind != Kind::History && subject.kind != Kind::Backlog &&
          !(back && subject.kind == Kind::Events)) {
        bound.reads.push_back(subject);
      }
    }
    bool reduces = action.kind == ActionKind::Reduce && !program.states[action.subject].ofTable;
    if (reduces || action.kind == ActionKind::Push) {
      bound.reads.push_back({Kind::State, action.subject});
    }
    for (Subject subject : writes) {
      if (subject.kind != Kind::History && subject.kind != Kind::Backlog) {
        bound.writes.push_back(subject);
      }
    }
  }

  const program::Program& program;
  const Memory& memory;
  Resources written, read; ///< since the threads met
};

/// Bytes per synapse where an operand is a column of a table that is traversed to emit; 0 for others.
size_t columnWidth(const program::Program& program, const SynapseTable& table,
                   const program::Operand& operand) {
  switch (operand.kind) {
  case OperandKind::Target:
    return table.bytesPerTarget;
  case OperandKind::State:
    return program.states[operand.subject].ofTable ? table.widthOf(operand.subject) : 0;
  default:
    return 0;
  }
}

/// Cells of a map that are computed in one call: enough to hide its beginning, few beside what a cache holds,
/// and a multiple of those that share blocks of random words.
void choosePiece(BoundAction& map, const std::vector<size_t>& widths) {
  constexpr size_t wantedBytes = size_t{1} << 18, mostCells = 4096, multiple = 64, foreseen = 48;
  size_t bytes = std::reduce(widths.begin(), widths.end());
  size_t cells = wantedBytes / std::max<size_t>(bytes, 1) / multiple * multiple;
  map.piece = static_cast<int64_t>(std::clamp(cells, multiple, mostCells));
  if (widths.size() > foreseen) {
    map.piece = multiple;
    map.fetched = widths;
  }
}

/// How many rows memory brings while an earlier one is visited: a core has some dozen lines under way, and
/// asks for what a short row reads only as long as that takes.
size_t rowsAhead(const TablePart& part, std::span<const Column> columns) {
  constexpr size_t underWay = 12, least = 2, most = 6;
  const size_t rows = std::max<size_t>(part.rowStart.size() - 1, 1);
  size_t lines = 0;
  for (const Column& column : columns) {
    lines += 1 + part.size() * column.width / (rows * cacheLine);
  }
  return std::clamp(underWay / std::max<size_t>(lines, 1), least, most);
}

void bindKernel(BoundAction& bound, Index kernel, const program::Program& program, const CodeImage& code,
                Memory& memory) {
  const Action& action = *bound.action;
  const auto threads = static_cast<unsigned>(memory.slots.size());
  bound.run = code.kernel(kernel);
  bound.kernel = &program.kernels[kernel];
  if (action.kind == ActionKind::Map) {
    choosePiece(bound, widthsOf(program, *bound.kernel));
  }
  bound.operands.resize(threads * bound.blocks);
  bound.columns.resize(threads * bound.blocks);
  for (const program::Operand& operand : bound.kernel->operands) {
    bool moves = operand.kind == OperandKind::PortSlot && memory.ports[operand.subject].rings[0].slots > 1;
    if (moves || operand.kind == OperandKind::HistorySlot) {
      bound.moving.push_back(static_cast<unsigned>(bound.operands[0].size()));
    }
    if (operand.kind == OperandKind::PortCounts) {
      bound.counted.push_back(operand.subject);
    }
    for (unsigned part = 0; part < threads * bound.blocks; ++part) {
      bound.operands[part].reserve(bound.kernel->operands.size() + apart / sizeof(void*));
      void* pointer = pointerOf(program, memory, action, operand, part / bound.blocks, part);
      bound.operands[part].push_back(pointer);
      size_t width = action.kind == ActionKind::Traverse
                         ? columnWidth(program, memory.tables[action.subject], operand)
                         : 0;
      if (width != 0) {
        bound.columns[part].push_back({static_cast<const std::byte*>(pointer), width});
      }
    }
  }
  if (action.kind == ActionKind::Traverse && action.traverse != program::TraverseKind::Back) {
    bound.ahead = rowsAhead(memory.tables[action.subject].parts.front(), bound.columns.front());
  }
}

/// All ports that a kernel counts are counted, or none.
void bindCounting(BoundAction& bound, const program::Program& program, const CodeImage& code,
                  Memory& memory) {
  if (bound.kernel->counted == program::none) {
    return;
  }
  BoundAction counting;
  counting.action = bound.action;
  counting.blocks = bound.blocks;
  bindKernel(counting, bound.kernel->counted, program, code, memory);
  if (!counting.counted.empty() && memory.ports[counting.counted.front()].counts.used) {
    bound.counting.push_back(std::move(counting));
  }
}

Schedule bindAll(const std::vector<Action>& actions, const program::Program& program, const CodeImage& code,
                 Memory& memory, std::deque<Delivery>& deliveries, std::deque<Backlog>& backlogs) {
  const auto threads = static_cast<unsigned>(memory.slots.size());
  Schedule schedule;
  for (const Action& action : actions) {
    auto delivery = std::find_if(deliveries.begin(), deliveries.end(), [&](const Delivery& one) {
      return &one.actions.front() <= &action && &action <= &one.actions.back();
    });
    if (delivery != deliveries.end() && &action != &delivery->actions.front()) {
      continue;
    }
    BoundAction& bound = schedule.emplace_back();
    bound.action = &action;
    if (delivery != deliveries.end()) {
      bound.delivery = &*delivery;
      continue;
    }
    bound.body = bindAll(action.body, program, code, memory, deliveries, backlogs);
    if (action.kind != ActionKind::Map && action.kind != ActionKind::Traverse) {
      continue;
    }
    if (action.kind == ActionKind::Traverse) {
      bound.blocks = memory.tables[action.subject].blocks;
      bound.arrivals.resize(action.traverse == program::TraverseKind::Arrive ? threads : 0);
      auto backlog = std::find_if(backlogs.begin(), backlogs.end(),
                                  [&](const Backlog& one) { return one.action.subject == action.subject; });
      bound.backlog = backlog == backlogs.end() ? nullptr : &*backlog;
    }
    bindKernel(bound, action.kernel, program, code, memory);
    bindCounting(bound, program, code, memory);
  }
  return schedule;
}

void countWriters(const Schedule& schedule, std::map<Index, int>& writers) {
  for (const BoundAction& bound : schedule) {
    for (Index events : bound.action->writesEvents) {
      ++writers[events];
    }
    countWriters(bound.body, writers);
  }
}

/// `always`: whether the actions are done in every step.
void chooseShows(Schedule& schedule, const std::map<Index, int>& writers, bool always) {
  for (BoundAction& bound : schedule) {
    const std::vector<Index>& written = bound.action->writesEvents;
    bound.showsAtOnce = std::any_of(written.begin(), written.end(),
                                    [&](Index events) { return !always || writers.at(events) > 1; });
    chooseShows(bound.body, writers, /*always=*/false);
  }
}

void addEventsRead(const BoundAction& bound, std::set<Index>& events) {
  const Action& action = *bound.action;
  for (const Action& one : bound.delivery ? bound.delivery->actions : std::span(&action, 1)) {
    if (one.kind == ActionKind::Traverse && one.events != program::none) {
      events.insert(one.events);
    } else if (one.kind == ActionKind::When) {
      events.insert(one.subject);
    }
  }
  for (Index set : bound.backlog ? bound.backlog->eventsOfGroup() : std::vector<Index>()) {
    events.insert(set);
  }
  for (const BoundAction& inner : bound.body) {
    addEventsRead(inner, events);
  }
}

/// Events that nothing reads before the next step, and nobody has to hear of before this one ends.
void choosePosted(const Schedule& schedule, const program::Program& program, Memory& memory) {
  std::set<Index> read;
  std::vector<Index> posted;
  for (auto bound = schedule.rbegin(); bound != schedule.rend(); ++bound) {
    const std::vector<Index>& written = bound->action->writesEvents;
    for (auto set = written.rbegin(); !bound->showsAtOnce && set != written.rend(); ++set) {
      if (!read.contains(*set)) {
        posted.push_back(*set);
      }
    }
    addEventsRead(*bound, read);
  }
  std::reverse(posted.begin(), posted.end());
  memory.post(program, posted);
}

} // namespace

std::vector<size_t> widthsOf(const program::Program& program, const program::Kernel& kernel) {
  std::vector<size_t> widths;
  for (const program::Operand& operand : kernel.operands) {
    bool isState = operand.kind == OperandKind::State || operand.kind == OperandKind::HistorySlot;
    widths.push_back(isState ? program::sizeOf(program.states[operand.subject].type)
                     : operand.kind == OperandKind::PortSlot
                         ? program::sizeOf(program.ports[operand.subject].type)
                     : operand.kind == OperandKind::PortCounts ? sizeof(uint8_t)
                                                               : 0);
  }
  return widths;
}

Schedule bindSchedule(const std::vector<Action>& actions, const program::Program& program,
                      const CodeImage& code, Memory& memory, std::deque<Delivery>& deliveries,
                      std::deque<Backlog>& backlogs) {
  Schedule schedule = bindAll(actions, program, code, memory, deliveries, backlogs);
  std::map<Index, int> writers;
  countWriters(schedule, writers);
  chooseShows(schedule, writers, /*always=*/true);
  if (&actions == &program.schedule) {
    choosePosted(schedule, program, memory);
  }
  Meetings(program, memory).plan(schedule);
  return schedule;
}

namespace {

/// Whether a traversal adds the same to its ports whenever it is done.
bool isStatic(const Action& action, const program::Program& program) {
  const std::vector<program::Operand>& operands = program.kernels[action.kernel].operands;
  return action.traverse == program::TraverseKind::Emit &&
         std::all_of(operands.begin(), operands.end(), [&](const program::Operand& operand) {
           switch (operand.kind) {
           case OperandKind::State:
             return program.states[operand.subject].ofTable;
           case OperandKind::PortSlot:
           case OperandKind::PortRing:
           case OperandKind::Array:
           case OperandKind::Target:
             return true;
           default:
             return false;
           }
         });
}

} // namespace

int64_t postpone(Schedule& schedule, const program::Program& program, const Memory& memory) {
  constexpr int64_t mostSteps = 64; // as many steps' events are kept
  int64_t interval = mostSteps;
  std::vector<BoundAction*> postponed;
  std::set<Index> tables;
  for (BoundAction& bound : schedule) {
    const Action& action = *bound.action;
    auto waits = [&](Index events) { return memory.events[events].waits(); };
    bool alone = (action.kind == ActionKind::Sample || action.kind == ActionKind::Restore ||
                  action.kind == ActionKind::Map) &&
                 bound.reads.empty() && action.writesPorts.empty() &&
                 std::all_of(action.writesEvents.begin(), action.writesEvents.end(), waits);
    if (alone) {
      continue;
    }
    if (action.kind != ActionKind::Traverse || bound.backlog ||
        !(bound.delivery || isStatic(action, program))) {
      return 1;
    }
    for (const Action& one : bound.delivery ? bound.delivery->actions : std::span(&action, 1)) {
      if (!waits(one.events) ||
          !tables.insert(one.subject).second) { // what else visits a table may change it
        return 1;
      }
      interval = std::min(interval, program.tables[one.subject].minDelay + 1);
    }
    postponed.push_back(&bound);
  }
  for (BoundAction* bound : postponed) {
    bound->postpones = interval > 1;
  }
  return interval;
}

void* pointerOf(const program::Program& program, Memory& memory, const Action& action,
                const program::Operand& operand, unsigned thread, unsigned part) {
  Index subject = operand.subject;
  switch (operand.kind) {
  case OperandKind::State: {
    const program::State& state = program.states[subject];
    return state.ofTable ? memory.tables[state.owner].parts[part].fields[subject].data()
                         : memory.states[subject].base[thread];
  }
  case OperandKind::HistorySlot: {
    StateMemory& state = memory.states[subject];
    const Ring& ring = state.history[thread];
    int64_t slot = (ring.cursor + operand.lag) % ring.slots;
    return state.pushed.data() +
           slot * ring.stride * static_cast<int64_t>(program::sizeOf(program.states[subject].type));
  }
  case OperandKind::HistoryRing:
    return &memory.states[subject].history[thread];
  case OperandKind::PortSlot:
    return memory.ports[subject].slot(thread);
  case OperandKind::PortRing:
    return &memory.ports[subject].rings[thread];
  case OperandKind::PortCounts:
    return memory.ports[subject].counts.own[thread].counts;
  case OperandKind::EventMask:
    return memory.events[subject].mask[thread];
  case OperandKind::Input:
    return memory.inputs[subject].data();
  case OperandKind::Array:
    return const_cast<std::byte*>(program.arrays[subject].bytes.data());
  case OperandKind::Target:
    return memory.tables[subject].parts[part].target.data();
  case OperandKind::Source:
    return action.traverse == program::TraverseKind::Back
               ? memory.tables[subject].parts[part].sourceOfTarget.data()
               : memory.tables[subject].parts[part].sourceInOrder.data();
  case OperandKind::Ordinal:
    return memory.tables[subject].parts[part].ordinal.data();
  case OperandKind::Synapse:
    return memory.tables[subject].parts[part].synapse.data();
  }
  return nullptr;
}

} // namespace nissl::cpu
