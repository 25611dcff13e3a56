// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Delivery.h"

#include <algorithm>
#include <limits>

namespace nissl::cpu {

using program::Action;
using program::OperandKind;

/// Synapses that a segment has on the average where all are copied: more are better read where they lie.
static constexpr uint64_t mostCopied = 24;

Delivery::Delivery(std::span<const Action> actions, const program::Program& program, const CodeImage& code,
                   Memory& memory, const ForEachThread& forEachThread)
    : actions(actions), program(program), bundles(memory.slots.size()) {
  int64_t maxDelay = 0;
  for (const Action& action : actions) {
    maxDelay = std::max(maxDelay, program.tables[action.subject].maxDelay);
  }
  calendars.assign(bundles.size(), Calendar(static_cast<size_t>(maxDelay) + 1));
  emitting.resize(bundles.size());
  std::vector<Plan> plans = plan(code, memory);
  std::vector<const Action*> all;
  for (const Action& action : actions) {
    all.push_back(&action);
  }
  const bool oneCode = alike(plans) && fit(all, memory);
  for (unsigned thread = 0; thread < bundles.size(); ++thread) {
    for (const Plan& one : plans) {
      std::byte* stretch = stretchOf(oneCode ? all : one.members, thread, memory);
      std::vector<Bundle::Member> members;
      for (const Action* action : one.members) {
        auto bytes = static_cast<size_t>(firstTarget(*action, thread, memory) - stretch);
        members.push_back(
            {action, static_cast<uint32_t>(bytes / memory.ports[action->writesPorts.front()].width)});
      }
      bundles[thread].emplace_back(program, one.run, std::move(members), stretch);
    }
  }
  forEachThread([&](unsigned thread) {
    uint64_t segments = 0, synapses = 0;
    for (Bundle& bundle : bundles[thread]) {
      bundle.fill(thread, memory);
      bundle.forEachSegment([&](int64_t, uint64_t, uint32_t length) {
        ++segments;
        synapses += length;
      });
    }
    emitting[thread].copies = oneCode && synapses <= mostCopied * segments;
  });
  for (size_t b = 0; b < plans.size(); ++b) {
    for (size_t m = 0; m < plans[b].members.size(); ++m) {
      memory.tables[plans[b].members[m]->subject].elsewhere = [this, b, m, &memory](unsigned thread) {
        return bundles[thread][b].columnsOf(m, thread, memory);
      };
    }
  }
}

std::vector<Delivery::Plan> Delivery::plan(const CodeImage& code, const Memory& memory) const {
  std::vector<Plan> plans;
  for (const Action& action : actions) {
    KernelFunction run = code.kernel(action.kernel);
    size_t p = 0;
    while (p < plans.size() && !takes(plans, p, action, run, memory)) {
      ++p;
    }
    if (p == plans.size()) {
      plans.push_back({run, {}});
    }
    plans[p].members.push_back(&action);
  }
  return plans;
}

bool Delivery::takes(const std::vector<Plan>& plans, size_t p, const Action& action, KernelFunction run,
                     const Memory& memory) const {
  if (plans[p].run != run || plans[p].members.front()->events != action.events ||
      !likeCode(*plans[p].members.front(), action)) {
    return false;
  }
  // A port takes what the actions add in their order: not by source, then action, in one bundle, and not
  // before what a later bundle has.
  for (size_t later = p; later < plans.size(); ++later) {
    for (const Action* member : plans[later].members) {
      if (member->writesPorts.front() == action.writesPorts.front()) {
        return false;
      }
    }
  }
  std::vector<const Action*> all = plans[p].members;
  all.push_back(&action);
  return fit(all, memory);
}

/// Whether the targets of actions with one code can be told apart from the beginning of a stretch.
bool Delivery::fit(std::span<const Action* const> all, const Memory& memory) const {
  const Action& first = *all.front();
  unsigned bytes = targetBytes(program.extents[program.tables[first.subject].target].size);
  size_t limit = bytes == sizeof(uint16_t) ? size_t{1} << 16 : std::numeric_limits<uint32_t>::max();
  for (unsigned thread = 0; thread < memory.slots.size(); ++thread) {
    std::byte* begin = stretchOf(all, thread, memory);
    for (const Action* action : all) {
      Part own = memory.parts[program.tables[action->subject].target][thread];
      size_t width = memory.ports[action->writesPorts.front()].width;
      auto before = static_cast<size_t>(firstTarget(*action, thread, memory) - begin);
      if (before / width + static_cast<size_t>(own.end - own.begin) > limit) {
        return false;
      }
    }
  }
  return true;
}

/// Where the first of the thread's targets of all actions has its sum.
std::byte* Delivery::stretchOf(std::span<const Action* const> all, unsigned thread,
                               const Memory& memory) const {
  std::byte* begin = firstTarget(*all.front(), thread, memory);
  for (const Action* action : all) {
    begin = std::min(begin, firstTarget(*action, thread, memory));
  }
  return begin;
}

/// Whether synapses of all plans may be mixed.
bool Delivery::alike(const std::vector<Plan>& plans) const {
  return std::all_of(plans.begin(), plans.end(), [&, &first = plans.front()](const Plan& plan) {
    return plan.run == first.run && likeCode(*plan.members.front(), *first.members.front());
  });
}

/// Whether one call can serve synapses of both: all that is no column of their tables is the same.
bool Delivery::likeCode(const Action& a, const Action& b) const {
  const program::Kernel &first = program.kernels[a.kernel], &second = program.kernels[b.kernel];
  auto width = [&](const Action& action) {
    return program::sizeOf(program.ports[action.writesPorts.front()].type);
  };
  auto targets = [&](const Action& action) {
    return targetBytes(program.extents[program.tables[action.subject].target].size);
  };
  bool alike = first.constants == second.constants && first.operands.size() == second.operands.size() &&
               width(a) == width(b) && targets(a) == targets(b);
  for (size_t o = 0; alike && o < first.operands.size(); ++o) {
    const program::Operand &one = first.operands[o], &other = second.operands[o];
    alike = one.kind == other.kind;
    if (alike && one.kind == OperandKind::Array) {
      alike = one.subject == other.subject;
    } else if (alike && one.kind == OperandKind::State) {
      alike = program::sizeOf(program.states[one.subject].type) ==
              program::sizeOf(program.states[other.subject].type);
    }
  }
  return alike;
}

/// Where the thread's first target of an action has its sum.
std::byte* Delivery::firstTarget(const Action& action, unsigned thread, const Memory& memory) const {
  const PortMemory& port = memory.ports[action.writesPorts.front()];
  auto begin = static_cast<size_t>(memory.parts[program.tables[action.subject].target][thread].begin);
  return port.slot(thread) + begin * port.width;
}

void Delivery::list(unsigned thread, const Memory& memory) {
  const std::vector<Bundle>& own = bundles[thread];
  Emitting& now = emitting[thread];
  now.rows.clear();
  for (uint32_t b = 0; b < own.size(); ++b) {
    for (unsigned part = 0; part < memory.share.parts(); ++part) {
      for (uint32_t source : memory.list(own[b].events, part, thread)) {
        if (int64_t row = own[b].rowOf(source); row >= 0) {
          own[b].fetchSegments(row);
          now.rows.push_back({b, row});
        }
      }
    }
  }
  if (now.copies) {
    for (const Row& row : now.rows) {
      own[row.bundle].fetchRow(row.row);
    }
  }
}

uint64_t Delivery::file(unsigned thread, int64_t now) {
  uint64_t synapses = 0;
  const bool copies = emitting[thread].copies;
  // What is written to a page might be any of these, for all that the compiler knows.
  const std::span<Page> pages = calendars[thread];
  for (const Row& row : emitting[thread].rows) {
    const Bundle& bundle = bundles[thread][row.bundle];
    auto first = static_cast<size_t>(now + bundle.minDelay) % pages.size();
    auto pageOf = [first, pages](int64_t d) -> Page& {
      size_t page = first + static_cast<size_t>(d);
      return pages[page < pages.size() ? page : page - pages.size()];
    };
    if (copies) {
      synapses += bundle.copyRow(row.row, [&](int64_t d) -> Bundle::Copies& { return pageOf(d).copies; });
      continue;
    }
    bundle.forEachSegment(row.row, [&, number = row.bundle](int64_t d, uint64_t begin, uint32_t length) {
      pageOf(d).segments.push_back({number, length, begin});
      synapses += length;
    });
  }
  return synapses;
}

uint64_t Delivery::add(unsigned thread, int64_t now) {
  constexpr size_t ahead = 4;
  Page& page = calendars[thread][static_cast<size_t>(now) % calendars[thread].size()];
  std::vector<Segment>& due = page.segments;
  std::vector<Bundle>& own = bundles[thread];
  KernelCall call;
  if (page.copies.size > 0) {
    own.front().add(page.copies, call);
    page.copies.size = 0;
  }
  for (size_t s = 0; s < due.size(); ++s) {
    if (s + ahead < due.size()) {
      own[due[s + ahead].bundle].fetch(due[s + ahead].begin, due[s + ahead].length);
    }
    own[due[s].bundle].add(due[s].begin, due[s].length, call);
  }
  due.clear();
  return call.faults;
}

std::deque<Delivery> makeDeliveries(const program::Program& program, const CodeImage& code, Memory& memory,
                                    const ForEachThread& forEachThread) {
  std::deque<Delivery> deliveries;
  auto isDue = [](const Action& action) {
    return action.kind == program::ActionKind::Traverse && action.traverse == program::TraverseKind::Due;
  };
  const std::vector<Action>& schedule = program.schedule;
  for (auto first = schedule.begin(); first != schedule.end();) {
    first = std::find_if(first, schedule.end(), isDue);
    auto end = std::find_if_not(first, schedule.end(), isDue);
    if (first != end) {
      deliveries.emplace_back(std::span(first, end), program, code, memory, forEachThread);
    }
    first = end;
  }
  return deliveries;
}

} // namespace nissl::cpu
