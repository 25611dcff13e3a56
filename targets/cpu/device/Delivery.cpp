// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Delivery.h"

#include <algorithm>
#include <limits>

namespace nissl::cpu {

using program::Action;
using program::OperandKind;

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
  for (unsigned thread = 0; thread < bundles.size(); ++thread) {
    for (const Plan& one : plans) {
      std::byte* stretch = firstTarget(*one.members.front(), thread, memory);
      for (const Action* action : one.members) {
        stretch = std::min(stretch, firstTarget(*action, thread, memory));
      }
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
    for (Bundle& bundle : bundles[thread]) {
      bundle.fill(thread, memory);
    }
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
  if (plans[p].run != run || !likeCode(*plans[p].members.front(), action)) {
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
  unsigned bytes = targetBytes(program.extents[program.tables[action.subject].target].size);
  size_t limit = bytes == sizeof(uint16_t) ? size_t{1} << 16 : std::numeric_limits<uint32_t>::max();
  for (unsigned thread = 0; thread < memory.slots.size(); ++thread) {
    std::byte* begin = firstTarget(action, thread, memory);
    std::byte* end = begin;
    auto include = [&](const Action& one) {
      Part own = memory.parts[program.tables[one.subject].target][thread];
      std::byte* first = firstTarget(one, thread, memory);
      begin = std::min(begin, first);
      end = std::max(end, first + static_cast<size_t>(own.end - own.begin) *
                                      memory.ports[one.writesPorts.front()].width);
    };
    include(action);
    for (const Action* member : plans[p].members) {
      include(*member);
    }
    if (static_cast<size_t>(end - begin) / memory.ports[action.writesPorts.front()].width > limit) {
      return false;
    }
  }
  return true;
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
  bool alike = a.events == b.events && first.constants == second.constants &&
               first.operands.size() == second.operands.size() && width(a) == width(b) &&
               targets(a) == targets(b);
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

uint64_t Delivery::file(unsigned thread, int64_t now, const Memory& memory) {
  Calendar& calendar = calendars[thread];
  const std::vector<Bundle>& own = bundles[thread];
  std::vector<Row>& rows = emitting[thread].rows;
  rows.clear();
  for (uint32_t b = 0; b < own.size(); ++b) {
    for (const std::vector<uint32_t>& list : memory.events[own[b].events].lists) {
      for (uint32_t source : list) {
        if (int64_t row = own[b].rowOf(source); row >= 0) {
          own[b].fetchSegments(row);
          rows.push_back({b, row});
        }
      }
    }
  }
  uint64_t synapses = 0;
  // What `push_back` writes might be any of these, for all that the compiler knows.
  const std::span<std::vector<Segment>> pages = calendar;
  for (const Row& row : rows) {
    const Bundle& bundle = own[row.bundle];
    auto first = static_cast<size_t>(now + bundle.minDelay) % pages.size();
    bundle.forEachSegment(
        row.row, [&, pages, number = row.bundle](int64_t d, uint64_t begin, uint32_t length) {
          size_t page = first + static_cast<size_t>(d);
          pages[page < pages.size() ? page : page - pages.size()].push_back({number, length, begin});
          synapses += length;
        });
  }
  return synapses;
}

uint64_t Delivery::add(unsigned thread, int64_t now) {
  constexpr size_t ahead = 4;
  std::vector<Segment>& due = calendars[thread][static_cast<size_t>(now) % calendars[thread].size()];
  std::vector<Bundle>& own = bundles[thread];
  KernelCall call;
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
