// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Backlog.h"

#include "targets/cpu/device/DecayingPast.h"
#include "targets/cpu/device/DefinedArithmetic.h"
#include "targets/cpu/device/Schedule.h"
#include "targets/cpu/device/StoredPast.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace nissl::cpu {
namespace {

using program::Operand;
using program::OperandKind;
using program::Program;

bool alike(const Operand& a, const Operand& b) {
  return a.kind == b.kind && a.subject == b.subject && a.lag == b.lag;
}

} // namespace

Backlog::Backlog(const Program& program, const program::Action& back, const CodeImage& code, Memory& memory,
                 std::shared_ptr<SourcePast> past, std::shared_ptr<std::vector<Backlog*>> like,
                 const ForEachThread& forEachThread)
    : action(back), program(program), kernel(program.kernels[action.kernel]), run(code.kernel(action.kernel)),
      memory(memory), table(memory.tables[action.subject]), rows(table.rowStart.size() - 1),
      sources(std::move(past)), group(std::move(like)), parts(memory.share.threads) {
  group->push_back(this);
  forEachThread([&](unsigned thread) { setUp(thread); });
}

void Backlog::setUp(unsigned thread) {
  Part& part = parts[thread];
  const TablePart& synapses = table.parts[thread];
  cpu::Part own = memory.parts[program.tables[action.subject].target][thread];
  auto targets = static_cast<size_t>(own.end - own.begin);
  part.events = TargetEvents(own.begin, targets);
  part.degree.resize(targets);
  table.withTargets(synapses, [&](const auto* target) {
    for (size_t s = 0; s < synapses.size(); ++s) {
      ++part.degree[static_cast<size_t>(target[s] - own.begin)];
    }
  });
  part.since.resize(rows);
  size_t longest = 0;
  for (size_t row = 0; row < rows; ++row) {
    longest = std::max(longest, synapses.rowStart[row + 1] - synapses.rowStart[row]);
  }
  part.lacking = LackingEvents(longest);
  for (const Operand& operand : kernel.operands) {
    auto kept = std::find_if(sources->operands.begin(), sources->operands.end(),
                             [&](const Operand& one) { return alike(one, operand); });
    if (kept != sources->operands.end()) {
      auto number = static_cast<size_t>(kept - sources->operands.begin());
      part.past.resize(sources->operands.size());
      if (part.past[number].size() == 0) {
        part.past[number] = Buffer(sources->room(number));
      }
      part.broughtAs.push_back({part.operands.size(), number});
      part.operands.push_back(nullptr);
    } else if (operand.kind == OperandKind::Source) {
      part.placed.push_back(part.operands.size());
      part.operands.push_back(nullptr);
    } else {
      part.operands.push_back(pointerOf(program, memory, action, operand, thread, thread));
    }
  }
  for (size_t state = 0; state < synapses.fields.size(); ++state) {
    if (synapses.fields[state].data()) {
      part.columns.push_back(
          {synapses.fields[state].data(), table.widthOf(static_cast<program::Index>(state))});
    }
  }
  if (notesSources()) {
    sources->touch(thread);
  }
}

bool Backlog::full(unsigned thread) const {
  size_t step = parts[thread].step;
  return notesSources() &&
         (sources->full(thread) || std::any_of(group->begin(), group->end(), [&](const Backlog* one) {
            return std::any_of(one->parts.begin(), one->parts.end(),
                               [&](const Part& part) { return part.full[step]; });
          }));
}

std::vector<program::Index> Backlog::eventsOfGroup() const {
  std::vector<program::Index> events;
  for (const Backlog* one : *group) {
    events.push_back(one->action.events);
  }
  return events;
}

bool Backlog::hasEvents(unsigned reader) const {
  const unsigned first = memory.share.first();
  for (unsigned part = first; part < first + memory.share.threads; ++part) {
    if (!memory.list(action.events, part, reader).empty()) {
      return true;
    }
  }
  return false;
}

uint64_t Backlog::note(unsigned thread) {
  Part& part = parts[thread];
  if (notesSources() &&
      (sources->notesAll() || std::any_of(group->begin(), group->end(),
                                          [thread](const Backlog* one) { return one->hasEvents(thread); }))) {
    sources->note(thread);
  }
  if (part.step == sources->steps(thread)) {
    return 0;
  }
  uint64_t synapses = 0;
  bool filled = false;
  for (uint32_t event : memory.list(action.events, memory.share.first() + thread, thread)) {
    auto target = static_cast<size_t>(event - part.events.firstTarget);
    filled |= part.events.add(target, part.step);
    synapses += part.degree[target];
  }
  ++part.step;
  part.full.set(part.step, filled);
  return synapses;
}

template <typename Target>
void Backlog::settleRow(Part& part, const TablePart& synapses, const Target* targets, size_t row) {
  part.lacking.find(part.events, targets, synapses.rowStart[row], synapses.rowStart[row + 1], part.since[row],
                    sources->places(), part.columns);
  if (part.lacking.rounds().empty()) {
    return;
  }
  for (auto [operand, number] : part.broughtAs) {
    part.operands[operand] =
        sources->bring(number, row, part.since[row], part.step, part.past[number].data());
  }
  KernelCall call;
  call.constants = kernel.constants.data();
  for (LackingRound round : std::views::reverse(part.lacking.rounds())) {
    for (size_t operand : part.placed) {
      part.operands[operand] = part.lacking.places(round);
    }
    call.list = part.lacking.synapses(round);
    call.end = static_cast<int64_t>(round.length);
    run(part.operands.data(), &call);
  }
  part.faults |= call.faults;
}

void Backlog::fetch(unsigned thread, size_t row) const {
  // The other columns are asked for as the row is settled.
  const TablePart& synapses = table.parts[thread];
  uint64_t begin = synapses.rowStart[row], length = synapses.rowStart[row + 1] - begin;
  fetchLines(synapses.target.data() + begin * table.bytesPerTarget, length * table.bytesPerTarget);
  sources->fetch(row, parts[thread].since[row], parts[thread].step);
}

void Backlog::settle(unsigned thread, size_t row) {
  Part& part = parts[thread];
  if (part.since[row] < part.step) {
    const TablePart& synapses = table.parts[thread];
    table.withTargets(synapses, [&](const auto* targets) { settleRow(part, synapses, targets, row); });
    part.since[row] = static_cast<uint16_t>(part.step);
  }
}

void Backlog::settleAll(unsigned thread) {
  for (Backlog* one : *group) {
    for (size_t row = 0; row < one->rows; ++row) {
      one->settle(thread, row);
    }
  }
}

void Backlog::catchUp() {
  DefinedArithmetic arithmetic; // whoever reads a state calls this
  for (unsigned thread = 0; thread < parts.size(); ++thread) {
    settleAll(thread);
  }
  forgetAll();
}

void Backlog::forgetAll() {
  for (unsigned thread = 0; thread < parts.size(); ++thread) {
    forget(thread);
  }
}

void Backlog::forget(unsigned thread) {
  for (Backlog* one : *group) {
    one->forgetOwn(one->parts[thread]);
  }
  sources->forget(thread);
}

void Backlog::forgetOwn(Part& part) const {
  if (part.step > 0) {
    part.events.forget();
    std::fill(part.since.begin(), part.since.end(), 0);
    part.step = 0;
    part.full = {};
  }
}

uint64_t Backlog::takeFaults() {
  uint64_t met = 0;
  for (Part& part : parts) {
    met |= std::exchange(part.faults, 0);
  }
  return met;
}

/// What a backlog keeps of the sources, each once.
static std::vector<Operand> keptOf(const Program& program, const program::Kernel& kernel) {
  std::vector<Operand> kept;
  for (const Operand& operand : kernel.operands) {
    if (ofSource(program, operand) &&
        std::none_of(kept.begin(), kept.end(), [&](const Operand& one) { return alike(one, operand); })) {
      kept.push_back(operand);
    }
  }
  return kept;
}

/// Whether what one traversal back notes of its sources is what another one would: the same of the same
/// sources, and from the one to the other nothing changes it, nor any events, for a third may be noted with
/// them.
static bool noteTheSame(const Program& program, const program::Action& one, const program::Action& other) {
  const program::Table &first = program.tables[one.subject], &second = program.tables[other.subject];
  std::vector<Operand> kept = keptOf(program, program.kernels[one.kernel]);
  std::vector<Operand> more = keptOf(program, program.kernels[other.kernel]);
  if (first.source != second.source || first.sourceBegin != second.sourceBegin ||
      first.sourceEnd != second.sourceEnd || !inSchedule(program, one) || !inSchedule(program, other) ||
      !std::equal(kept.begin(), kept.end(), more.begin(), more.end(), alike)) {
    return false;
  }
  auto changes = [&](const program::Action& action) {
    auto keeps = [&](program::Index state, OperandKind kind) {
      return std::any_of(kept.begin(), kept.end(), [&](const Operand& operand) {
        return operand.subject == state && operand.kind == kind;
      });
    };
    switch (action.kind) {
    case program::ActionKind::Traverse:
    case program::ActionKind::Sample:
      return false;
    case program::ActionKind::Push:
      return keeps(action.subject, OperandKind::HistorySlot);
    case program::ActionKind::Map: {
      // The operands do not say what is written.
      const std::vector<Operand>& operands = program.kernels[action.kernel].operands;
      return std::any_of(operands.begin(), operands.end(),
                         [&](const Operand& operand) {
                           return operand.kind == OperandKind::State &&
                                  keeps(operand.subject, OperandKind::State);
                         }) ||
             !action.writesEvents.empty();
    }
    default:
      return true;
    }
  };
  return std::none_of(std::min(&one, &other), std::max(&one, &other), changes);
}

static std::shared_ptr<SourcePast> pastOf(const Program& program, const program::Action& action, bool decays,
                                          size_t steps, Memory& memory) {
  std::vector<Operand> kept = keptOf(program, program.kernels[action.kernel]);
  if (decays) {
    return std::make_shared<DecayingPast>(program, action, std::move(kept), memory,
                                          std::min(steps, DecayingPast::mostSteps));
  }
  return std::make_shared<StoredPast>(program, action, std::move(kept), memory,
                                      std::min(steps, StoredPast::mostSteps));
}

std::deque<Backlog> makeBacklogs(const Program& program, const CodeImage& code, Memory& memory,
                                 const ForEachThread& forEachThread) {
  std::vector<std::vector<const Waiting*>> groups;
  auto add = [&](const Waiting& waiting) {
    for (std::vector<const Waiting*>& group : groups) {
      if (noteTheSame(program, *group.front()->back, *waiting.back)) {
        group.push_back(&waiting);
        return;
      }
    }
    groups.push_back({&waiting});
  };
  for (const SynapseTable& table : memory.tables) {
    if (table.waiting.back) {
      add(table.waiting);
    }
  }
  std::deque<Backlog> backlogs;
  for (std::vector<const Waiting*>& waiting : groups) {
    std::sort(waiting.begin(), waiting.end(),
              [](const Waiting* a, const Waiting* b) { return a->back < b->back; });
    size_t steps = 0;
    for (const Waiting* one : waiting) {
      steps += one->steps;
    }
    const program::Action& first = *waiting.front()->back;
    std::shared_ptr<SourcePast> sources = pastOf(program, first, waiting.front()->decays, steps, memory);
    auto group = std::make_shared<std::vector<Backlog*>>();
    for (const Waiting* one : waiting) {
      Backlog& backlog =
          backlogs.emplace_back(program, *one->back, code, memory, sources, group, forEachThread);
      memory.tables[one->back->subject].settle = [&backlog] { backlog.catchUp(); };
    }
  }
  return backlogs;
}

} // namespace nissl::cpu
