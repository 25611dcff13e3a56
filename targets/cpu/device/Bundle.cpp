// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Bundle.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

namespace nissl::cpu {
namespace {

using program::OperandKind;

/// to[places[i]] = from[i], values of `width` bytes.
template <size_t Width>
void scatter(std::byte* to, const std::byte* from, const std::vector<uint64_t>& places) {
  for (size_t i = 0; i < places.size(); ++i) {
    std::memcpy(to + places[i] * Width, from + i * Width, Width);
  }
}

void scatter(std::byte* to, const std::byte* from, size_t width, const std::vector<uint64_t>& places) {
  switch (width) {
  case 1:
    return scatter<1>(to, from, places);
  case 2:
    return scatter<2>(to, from, places);
  case 4:
    return scatter<4>(to, from, places);
  default:
    return scatter<8>(to, from, places);
  }
}

template <typename Value>
void shiftTargets(Value* to, const Value* from, int64_t shift, const std::vector<uint64_t>& places) {
  for (size_t i = 0; i < places.size(); ++i) {
    to[places[i]] = static_cast<Value>(from[i] + shift);
  }
}

} // namespace

Bundle::Bundle(const program::Program& program, KernelFunction run, std::vector<Member> all,
               std::byte* stretch)
    : run(run), kernel(&program.kernels[all.front().action->kernel]), events(all.front().action->events),
      members(std::move(all)), program(program), stretch(stretch), displaced(members.size()) {
  const program::Table& first = tableOf(members.front());
  sourceBegin = first.sourceBegin, sourceEnd = first.sourceEnd;
  minDelay = first.minDelay, maxDelay = first.maxDelay;
  bytesPerTarget = targetBytes(program.extents[first.target].size);
  for (const Member& member : members) {
    const program::Table& table = tableOf(member);
    sourceBegin = std::min(sourceBegin, table.sourceBegin);
    sourceEnd = std::max(sourceEnd, table.sourceEnd);
    minDelay = std::min(minDelay, table.minDelay);
    maxDelay = std::max(maxDelay, table.maxDelay);
  }
}

/// visit(column) for what the bundle has of a member's part; other states stay there.
template <typename Visit>
void Bundle::forEachTaken(const Member& member, TablePart& part, const Visit& visit) const {
  if (part.size() == 0) {
    return;
  }
  visit(part.target);
  if (tableOf(member).delayField != program::none) {
    visit(part.fields[tableOf(member).delayField]);
  }
  for (const program::Operand& operand : program.kernels[member.action->kernel].operands) {
    if (operand.kind == OperandKind::State) {
      visit(part.fields[operand.subject]);
    }
  }
}

void Bundle::fill(unsigned thread, Memory& memory) {
  layRows(thread, memory);
  int64_t rows = sourceEnd - sourceBegin;
  constexpr int64_t often = 256;
  for (int64_t row = 0; row < rows; ++row) {
    fillRow(row, thread, memory);
    // The tables are most of the memory: what was taken is given back on the way.
    for (const Member& member : members) {
      TablePart& part = memory.tables[member.action->subject].parts[thread];
      int64_t after = sourceBegin + row + 1 - tableOf(member).sourceBegin;
      if (after % often == 0 && after > 0 && after < static_cast<int64_t>(part.rowStart.size())) {
        forEachTaken(member, part, [&](Buffer& column) {
          column.drop(column.size() / part.size() * part.rowStart[after]);
        });
      }
    }
  }
  for (const Member& member : members) {
    TablePart& part = memory.tables[member.action->subject].parts[thread];
    forEachTaken(member, part, [](Buffer& column) { column = Buffer(); });
  }
  next = places = {};
  for (size_t o = 0; o < kernel->operands.size(); ++o) {
    const program::Operand& operand = kernel->operands[o];
    operands.push_back(operand.kind == OperandKind::Target     ? target.data()
                       : operand.kind == OperandKind::PortSlot ? stretch
                       : operand.kind == OperandKind::Array
                           ? const_cast<std::byte*>(program.arrays[operand.subject].bytes.data())
                           : fields[o].data());
  }
}

void Bundle::layRows(unsigned thread, const Memory& memory) {
  rowStart.assign(static_cast<size_t>(sourceEnd - sourceBegin) + 1, 0);
  for (const Member& member : members) {
    const TablePart& part = memory.tables[member.action->subject].parts[thread];
    auto first = static_cast<size_t>(tableOf(member).sourceBegin - sourceBegin);
    for (size_t row = 0; row + 1 < part.rowStart.size(); ++row) {
      rowStart[first + row + 1] += part.rowStart[row + 1] - part.rowStart[row];
    }
  }
  std::partial_sum(rowStart.begin(), rowStart.end(), rowStart.begin());
  for (size_t row = 0; row + 1 < rowStart.size(); ++row) {
    if (rowStart[row + 1] - rowStart[row] > std::numeric_limits<uint16_t>::max()) {
      bytesPerLength = sizeof(uint32_t);
    }
  }
  lengths = Buffer((rowStart.size() - 1) * static_cast<size_t>(delays()) * bytesPerLength);
  target = Buffer(rowStart.back() * bytesPerTarget);
  columns = {{target.data(), bytesPerTarget}};
  const SynapseTable& table = memory.tables[members.front().action->subject];
  for (const program::Operand& operand : kernel->operands) {
    bool state = operand.kind == OperandKind::State;
    size_t width = state ? table.widthOf(operand.subject) : 0;
    fields.push_back(state ? Buffer(rowStart.back() * width) : Buffer());
    if (state) {
      columns.push_back({fields.back().data(), width});
    }
  }
}

void Bundle::fillRow(int64_t row, unsigned thread, const Memory& memory) {
  next.assign(static_cast<size_t>(delays()), 0);
  auto visit = [&](auto work) {
    for (size_t m = 0; m < members.size(); ++m) {
      const program::Table& table = tableOf(members[m]);
      int64_t own = sourceBegin + row - table.sourceBegin;
      const SynapseTable& synapses = memory.tables[members[m].action->subject];
      const TablePart& part = synapses.parts[thread];
      if (own >= 0 && own + 1 < static_cast<int64_t>(part.rowStart.size())) {
        work(m, synapses, part, part.rowStart[own], part.rowStart[own + 1]);
      }
    }
  };
  visit([&](size_t, const SynapseTable& table, const TablePart& part, uint64_t begin, uint64_t end) {
    table.withAnyDelays(part, [&](const auto& delay) {
      for (uint64_t i = begin; i < end; ++i) {
        ++next[delay[i] - minDelay];
      }
    });
  });
  withLengths([&](auto* length) { std::copy(next.begin(), next.end(), length + row * delays()); });
  std::exclusive_scan(next.begin(), next.end(), next.begin(), rowStart[row]);
  visit([&](size_t m, const SynapseTable& table, const TablePart& part, uint64_t begin, uint64_t end) {
    places.resize(end - begin);
    table.withAnyDelays(part, [&](const auto& delay) {
      for (uint64_t i = begin; i < end; ++i) {
        places[i - begin] = next[delay[i] - minDelay]++;
      }
    });
    int64_t shift = members[m].firstTarget - memory.parts[tableOf(members[m]).target][thread].begin;
    table.withTargets(part, [&]<typename Target>(Target* from) {
      shiftTargets(target.as<Target>(), from + begin, shift, places);
    });
    const program::Kernel& own = program.kernels[members[m].action->kernel];
    for (size_t o = 0; o < own.operands.size(); ++o) {
      if (own.operands[o].kind == OperandKind::State) {
        size_t width = table.widthOf(own.operands[o].subject);
        scatter(fields[o].data(), part.fields[own.operands[o].subject].data() + begin * width, width, places);
      }
    }
    noteDisplaced(m, part, table, begin, end);
  });
}

void Bundle::noteDisplaced(size_t member, const TablePart& part, const SynapseTable& table, uint64_t begin,
                           uint64_t end) {
  auto note = [&](const auto* target, const auto& delay) {
    std::vector<uint64_t> group;
    for (uint64_t i = begin + 1; i < end; ++i) {
      if (target[i] != target[i - 1] || delay[i] >= delay[i - 1]) {
        continue;
      }
      uint64_t first = i - 1, last = i + 1;
      for (; first > begin && target[first - 1] == target[i]; --first) {
      }
      for (; last < end && target[last] == target[i]; ++last) {
      }
      group.resize(last - first);
      std::iota(group.begin(), group.end(), first);
      std::sort(group.begin(), group.end(),
                [&](uint64_t a, uint64_t b) { return delay[a] != delay[b] ? delay[a] < delay[b] : a < b; });
      for (uint64_t g = 0; g < group.size(); ++g) {
        if (group[g] != first + g) {
          displaced[member].push_back({static_cast<uint32_t>(group[g]), static_cast<uint32_t>(first + g)});
        }
      }
      i = last;
    }
  };
  table.withTargets(part, [&](auto* target) {
    table.withAnyDelays(part, [&](const auto& delay) { note(target, delay); });
  });
}

TablePart Bundle::columnsOf(size_t member, unsigned thread, const Memory& memory) const {
  const program::Action& action = *members[member].action;
  const SynapseTable& table = memory.tables[action.subject];
  const TablePart& shape = table.parts[thread];
  const program::Table& declared = program.tables[action.subject];
  Part own = memory.parts[declared.target][thread];
  TablePart part;
  part.rowStart = shape.rowStart;
  part.firstOrdinal = shape.firstOrdinal;
  table.layColumns(part);
  for (size_t state = 0; state < part.fields.size(); ++state) {
    if (shape.fields[state].size() > 0) { // what the bundle has not taken
      std::memcpy(part.fields[state].data(), shape.fields[state].data(), shape.fields[state].size());
    }
  }
  struct Synapse {
    uint32_t target;
    int64_t delay;
    uint64_t place; ///< in the bundle
  };
  auto displacedNext = displaced[member].begin();
  int64_t first = declared.sourceBegin - sourceBegin;
  for (size_t row = 0; row + 1 < part.rowStart.size(); ++row) {
    std::vector<Synapse> synapses;
    forEachSegment(first + static_cast<int64_t>(row), [&](int64_t d, uint64_t begin, uint32_t length) {
      for (uint64_t place = begin; place < begin + length; ++place) {
        int64_t at = bytesPerTarget == sizeof(uint16_t) ? target.as<uint16_t>()[place]
                                                        : int64_t{target.as<uint32_t>()[place]};
        int64_t cell = at - members[member].firstTarget + own.begin;
        if (cell >= own.begin && cell < own.end) {
          synapses.push_back({static_cast<uint32_t>(cell), minDelay + d, place});
        }
      }
    });
    std::sort(synapses.begin(), synapses.end(), [](const Synapse& a, const Synapse& b) {
      return a.target != b.target ? a.target < b.target : a.place < b.place;
    });
    std::vector<Synapse> ordered = synapses;
    uint64_t begin = part.rowStart[row];
    for (; displacedNext != displaced[member].end() && displacedNext->place < part.rowStart[row + 1];
         ++displacedNext) {
      ordered[displacedNext->place - begin] = synapses[displacedNext->byDelay - begin];
    }
    const program::Kernel& code = program.kernels[action.kernel];
    for (size_t i = 0; i < ordered.size(); ++i) {
      table.setEnds(part, begin + i, ordered[i].target, ordered[i].delay);
      for (size_t o = 0; o < code.operands.size(); ++o) {
        if (code.operands[o].kind == OperandKind::State) {
          size_t width = table.widthOf(code.operands[o].subject);
          std::memcpy(part.fields[code.operands[o].subject].data() + (begin + i) * width,
                      fields[o].data() + ordered[i].place * width, width);
        }
      }
    }
  }
  return part;
}

} // namespace nissl::cpu
