// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an execution does for a traversal.
#include "targets/cpu/device/Backlog.h"
#include "targets/cpu/device/Execution.h"

#include <algorithm>
#include <utility>

namespace nissl::cpu {

using program::Action;
using program::TraverseKind;

void Execution::deliver(Delivery& delivery, unsigned thread) {
  Worker& worker = workers[thread];
  const int64_t step = worker.moment.step;
  worker.faults |= std::exchange(worker.early, 0);
  delivery.list(thread, memory);
  // Meanwhile memory brings what is asked for. What it adds to this step comes last.
  worker.faults |= delivery.add(thread, step);
  worker.synapticOps += delivery.file(thread, step);
  worker.faults |= delivery.add(thread, step);
}

void Execution::traverse(BoundAction& bound, unsigned thread) {
  const Action& action = *bound.action;
  if (bound.delivery) {
    return deliver(*bound.delivery, thread);
  }
  if (action.traverse == TraverseKind::Emit && memory.noEvents(action.events, thread)) {
    return; // as most tables of a network of many populations, in most steps
  }
  if (bound.backlog && action.traverse == TraverseKind::Back) {
    if (bound.backlog->full(thread)) {
      bound.backlog->settleAll(thread);
      team.meet(thread);
      bound.backlog->forget(thread);
    }
    workers[thread].synapticOps += bound.backlog->note(thread);
    return;
  }
  if (action.traverse == TraverseKind::Arrive) {
    keepArrivals(bound, thread);
  }
  BoundAction& now = inStep(bound, thread);
  KernelCall call = newCall(now, thread);
  for (unsigned part = thread * now.blocks; part < (thread + 1) * now.blocks; ++part) {
    void* const* operands = operandsOf(now, part);
    if (now.kernel->kind == program::KernelKind::List) {
      visitList(now, part, operands, call);
    } else {
      visitRows(now, part, operands, call);
    }
  }
  if ((call.faults & manyArrived) != 0) {
    memory.ports[now.counted.front()].counts.own[thread].many = true;
  }
  workers[thread].faults |= call.faults & ~manyArrived;
}

/// Each thread keeps the events until they arrive: none has to wait for another that does.
void Execution::keepArrivals(BoundAction& bound, unsigned thread) {
  std::deque<std::vector<uint32_t>>& past = bound.arrivals[thread].lists;
  std::vector<uint32_t> events;
  if (static_cast<int64_t>(past.size()) > program.tables[bound.action->subject].maxDelay) {
    events.swap(past.back());
    past.pop_back();
  }
  memory.join(bound.action->events, thread, events);
  past.push_front(std::move(events));
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
    workers[number / bound.blocks].synapticOps += end - begin;
  };
  auto fetchPlace = [&](int64_t row) {
    __builtin_prefetch(&part.rowStart[row + 1]);
    __builtin_prefetch(&part.firstOrdinal[row]);
    __builtin_prefetch(&synapses.rowStart[row]);
  };
  auto fetchRow = [&](int64_t row) {
    if (bound.backlog) {
      bound.backlog->fetch(number, static_cast<size_t>(row));
    } else {
      fetchColumns(bound.columns[number], part.rowStart[row], part.rowStart[row + 1] - part.rowStart[row]);
    }
  };
  auto visitAll = [&, ahead = bound.ahead](std::span<const int64_t> listed) {
    for (size_t i = 0; i < std::min(2 * ahead, listed.size()); ++i) {
      fetchPlace(listed[i]);
    }
    for (size_t i = 0; i < std::min(ahead, listed.size()); ++i) {
      fetchRow(listed[i]);
    }
    for (size_t i = 0; i < listed.size(); ++i) {
      if (i + 2 * ahead < listed.size()) {
        fetchPlace(listed[i + 2 * ahead]);
      }
      if (i + ahead < listed.size()) {
        fetchRow(listed[i + ahead]);
      }
      visit(listed[i], part.rowStart[listed[i]], part.rowStart[listed[i] + 1]);
    }
  };
  if (action.traverse == TraverseKind::All) {
    for (int64_t row = 0; row < rows; ++row) {
      visit(row, part.rowStart[row], part.rowStart[row + 1]);
    }
    return;
  }
  std::vector<int64_t>& listed = workers[number / bound.blocks].rows;
  listed.clear();
  auto list = [&](std::span<const uint32_t> sources) {
    for (uint32_t source : sources) {
      if (int64_t row = source - table.sourceBegin; row >= 0 && row < rows) {
        listed.push_back(row);
      }
    }
  };
  if (action.traverse == TraverseKind::Emit) {
    for (unsigned from = 0; from < memory.share.parts(); ++from) {
      list(memory.list(action.events, from, number / bound.blocks));
    }
    return visitAll(listed);
  }
  const std::deque<std::vector<uint32_t>>& past = bound.arrivals[number / bound.blocks].lists;
  if (!part.sortedByDelay) { // there is one delay
    if (const auto delay = static_cast<size_t>(table.minDelay); delay < past.size()) {
      list(past[delay]);
    }
    return visitAll(listed);
  }
  for (int64_t ago = static_cast<int64_t>(past.size()) - 1; ago >= table.minDelay; --ago) {
    listed.clear();
    list(past[static_cast<size_t>(ago)]);
    for (int64_t row : listed) {
      uint64_t begin = part.rowStart[row], end = part.rowStart[row + 1];
      synapses.withDelays(part, [&](const auto* delays) {
        auto [first, last] = std::equal_range(delays + begin, delays + end, ago);
        begin = static_cast<uint64_t>(first - delays);
        end = static_cast<uint64_t>(last - delays);
      });
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
    workers[number / bound.blocks].synapticOps += last - first;
  };
  if (action.traverse == TraverseKind::Back) {
    // Tables that are visited so have one part per thread, whose targets are events of that thread.
    Part owned = memory.parts[program.tables[action.subject].target][number];
    for (uint32_t target : memory.list(action.events, memory.share.first() + number, number)) {
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

} // namespace nissl::cpu
