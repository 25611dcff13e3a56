// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Backlog.h"

#include "targets/cpu/device/DefinedArithmetic.h"
#include "targets/cpu/device/Schedule.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include <xmmintrin.h>

namespace nissl::cpu {
namespace {

using program::Operand;
using program::OperandKind;
using program::Program;

/// Events of one cell that wait at most; more would not fit into a byte.
constexpr size_t eventsPerCell = 128;

} // namespace

Backlog::Backlog(const Program& program, Waiting waiting, const CodeImage& code, Memory& memory,
                 const ForEachThread& forEachThread)
    : action(*waiting.back), program(program), kernel(program.kernels[action.kernel]),
      run(code.kernel(action.kernel)), memory(memory), table(memory.tables[action.subject]),
      rows(table.rowStart.size() - 1), most(waiting.steps), parts(memory.share.threads) {
  for (unsigned i = 0; i < kernel.operands.size(); ++i) {
    if (const Operand& operand = kernel.operands[i]; ofSource(program, operand)) {
      size_t width = program::sizeOf(program.states[operand.subject].type);
      // A line more than what is used, so that the rows do not meet in the same sets of a cache.
      pasts.push_back({i, width, Buffer(rows * (most * width + cacheLine)), Buffer(rows * cacheLine)});
    }
  }
  forEachThread([&](unsigned thread) { setUp(thread); });
}

void Backlog::setUp(unsigned thread) {
  Part& part = parts[thread];
  const TablePart& synapses = table.parts[thread];
  cpu::Part own = memory.parts[program.tables[action.subject].target][thread];
  auto targets = static_cast<size_t>(own.end - own.begin);
  part.firstTarget = own.begin;
  part.count.resize(targets);
  part.degree.resize(targets);
  part.steps.resize(targets * (eventsPerCell + 1));
  table.withTargets(synapses, [&](const auto* target) {
    for (size_t s = 0; s < synapses.size(); ++s) {
      ++part.degree[static_cast<size_t>(target[s] - own.begin)];
    }
  });
  part.seen = Buffer(synapses.size());
  part.since.resize(rows);
  size_t longest = 0;
  for (size_t row = 0; row < rows; ++row) {
    longest = std::max(longest, synapses.rowStart[row + 1] - synapses.rowStart[row]);
  }
  part.list.resize(longest);
  part.source.resize(longest);
  for (const Operand& operand : kernel.operands) {
    part.operands.push_back(operand.kind == OperandKind::Source
                                ? part.source.data()
                                : pointerOf(program, memory, action, operand, thread, thread));
  }
  for (Past& past : pasts) {
    part.operands[past.operand] = part.past.emplace_back(most * past.width).data();
    // Zero already; this has the system find the memory now.
    size_t share = past.values.size() / parts.size();
    std::memset(past.values.data() + thread * share, 0, share);
  }
}

bool Backlog::full(unsigned thread) const {
  size_t parity = parts[thread].step % 2;
  return std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return part.full[parity]; });
}

uint64_t Backlog::note(unsigned thread) {
  Part& part = parts[thread];
  const auto* lists = memory.events[action.events].lists.data() + memory.share.first();
  if (std::all_of(lists, lists + parts.size(), [](const auto& list) { return list.empty(); })) {
    return 0;
  }
  uint64_t synapses = 0;
  bool filled = false;
  for (uint32_t event : lists[thread]) {
    auto target = static_cast<size_t>(event - part.firstTarget);
    part.steps[part.count[target]++ * part.count.size() + target] = static_cast<uint16_t>(part.step);
    filled |= part.count[target] == eventsPerCell;
    synapses += part.degree[target];
  }
  size_t begin = rows * thread / parts.size(), end = rows * (thread + 1) / parts.size();
  auto first = static_cast<size_t>(program.tables[action.subject].sourceBegin);
  for (Past& past : pasts) {
    const auto* values = static_cast<const std::byte*>(
        pointerOf(program, memory, action, kernel.operands[past.operand], thread, thread));
    size_t slot = part.step % (cacheLine / past.width);
    std::memcpy(past.staged.data() + (slot * rows + begin) * past.width,
                values + (first + begin) * past.width, (end - begin) * past.width);
  }
  ++part.step;
  part.full[part.step % 2] = filled || part.step == most;
  for (Past& past : pasts) {
    if (part.step % (cacheLine / past.width) == 0) {
      flush(past, begin, end, part.step);
    }
  }
  return synapses;
}

/// Where the value of a row lies, as of step `step`.
template <typename Value>
static Value* placeOf(const Buffer& values, size_t most, size_t row, size_t step) {
  return values.as<Value>() + row * (most + cacheLine / sizeof(Value)) + step;
}

/// work(a value of the width).
template <typename Work>
static void withWidth(size_t width, Work work) {
  switch (width) {
  case 1:
    return work(uint8_t{});
  case 2:
    return work(uint16_t{});
  case 4:
    return work(uint32_t{});
  default:
    return work(uint64_t{});
  }
}

/// Moves a cache line's worth of steps, which end before `step`, to their rows, from `begin` to `end`.
void Backlog::flush(Past& past, size_t begin, size_t end, size_t step) const {
  withWidth(past.width, [&](auto value) {
    using Value = decltype(value);
    constexpr size_t line = cacheLine / sizeof(Value);
    const auto* staged = past.staged.as<Value>();
    for (size_t row = begin; row < end; ++row) {
      std::array<Value, line> whole;
      for (size_t slot = 0; slot < line; ++slot) {
        whole[slot] = staged[slot * rows + row];
      }
      // Past the caches: nobody reads them before the row is visited.
      auto words = std::bit_cast<std::array<uint64_t, cacheLine / sizeof(uint64_t)>>(whole);
      auto* to = reinterpret_cast<uint64_t*>(placeOf<Value>(past.values, most, row, step - line));
      for (uint64_t word : words) {
        __builtin_nontemporal_store(word, to++);
      }
    }
  });
  _mm_sfence(); // such stores are not in order with what follows
}

/// Gives the kernel what the row has not met.
void Backlog::bringPast(Part& part, size_t row) {
  for (size_t p = 0; p < pasts.size(); ++p) {
    const Past& past = pasts[p];
    withWidth(past.width, [&](auto value) {
      using Value = decltype(value);
      constexpr size_t line = cacheLine / sizeof(Value);
      size_t begin = part.since[row] / line * line, flushed = part.step / line * line;
      auto* to = part.past[p].as<Value>();
      std::memcpy(to + begin, placeOf<Value>(past.values, most, row, begin),
                  (flushed - begin) * sizeof(Value));
      for (size_t step = flushed; step < part.step; ++step) {
        to[step] = past.staged.as<Value>()[step % line * rows + row];
      }
    });
  }
}

template <typename Target>
void Backlog::settleRow(Part& part, const TablePart& synapses, const Target* targets, size_t row) {
  size_t cells = part.count.size();
  const uint8_t* count = part.count.data() - part.firstTarget;
  const uint16_t* steps = part.steps.data() - part.firstTarget;
  auto* seen = part.seen.as<uint8_t>();
  uint32_t* list = part.list.data();
  uint32_t* source = part.source.data();
  // Without a branch, as half of the synapses lack events: what follows the last event is read, not used.
  size_t length = 0;
  auto take = [&](uint64_t s) {
    size_t target = targets[s], number = seen[s];
    bool lacks = count[target] != number;
    list[length] = static_cast<uint32_t>(s);
    source[length] = steps[number * cells + target];
    seen[s] = static_cast<uint8_t>(number + lacks);
    length += lacks;
  };
  for (uint64_t s = synapses.rowStart[row]; s < synapses.rowStart[row + 1]; ++s) {
    take(s);
  }
  if (length == 0) {
    return;
  }
  bringPast(part, row);
  KernelCall call;
  call.constants = kernel.constants.data();
  call.list = list;
  // Each round is one event of every synapse that still lacks one.
  while (length > 0) {
    call.end = static_cast<int64_t>(length);
    run(part.operands.data(), &call);
    size_t before = std::exchange(length, 0);
    for (size_t i = 0; i < before; ++i) {
      take(list[i]);
    }
  }
  part.faults |= call.faults;
}

void Backlog::fetch(unsigned thread, size_t row) const {
  const Part& part = parts[thread];
  constexpr size_t enough = 64; // lines
  for (const Past& past : pasts) {
    const std::byte* begin = past.values.data() + row * (most * past.width + cacheLine);
    size_t end = part.step * past.width / cacheLine, first = part.since[row] * past.width / cacheLine;
    for (size_t line = first; line < std::min(end, first + enough); ++line) {
      __builtin_prefetch(begin + line * cacheLine, /*write=*/0, /*locality=*/2);
    }
  }
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
  for (size_t row = 0; row < rows; ++row) {
    settle(thread, row);
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
  Part& part = parts[thread];
  if (part.step > 0) {
    std::fill(part.count.begin(), part.count.end(), 0);
    std::fill(part.since.begin(), part.since.end(), 0);
    std::memset(part.seen.data(), 0, part.seen.size());
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

std::deque<Backlog> makeBacklogs(const Program& program, const CodeImage& code, Memory& memory,
                                 const ForEachThread& forEachThread) {
  std::deque<Backlog> backlogs;
  for (SynapseTable& table : memory.tables) {
    if (table.waiting.back) {
      Backlog& backlog = backlogs.emplace_back(program, table.waiting, code, memory, forEachThread);
      table.settle = [&backlog] { backlog.catchUp(); };
    }
  }
  return backlogs;
}

} // namespace nissl::cpu
