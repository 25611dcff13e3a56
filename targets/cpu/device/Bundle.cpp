// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Bundle.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <tuple>

#include <immintrin.h>

namespace nissl::cpu {
namespace {

using program::OperandKind;

/// Moves synapses `begin` to `end` to where their delays' next ones go.
template <typename Value, typename Delays>
void deal(const Value* from, int64_t shift, const Delays& delay, int64_t minDelay, uint64_t begin,
          uint64_t end, std::vector<std::byte*>& next) {
  for (uint64_t i = begin; i < end; ++i) {
    std::byte*& to = next[static_cast<size_t>(delay[i] - minDelay)];
    auto value = static_cast<Value>(from[i] + static_cast<Value>(shift));
    std::memcpy(to, &value, sizeof(Value));
    to += sizeof(Value);
  }
}

template <typename Length>
uint64_t presentOneByOne(const Length* lengths, int64_t count) {
  uint64_t bits = 0;
  for (int64_t i = 0; i < count; ++i) {
    bits |= uint64_t{lengths[i] != 0} << i;
  }
  return bits;
}

[[gnu::target("avx512bw")]] uint64_t presentVectors(const uint16_t* lengths, int64_t count) {
  constexpr int lanes = 32;
  const uint64_t own = ~uint64_t{0} >> (2 * lanes - count);
  const __m512i low = _mm512_maskz_loadu_epi16(static_cast<__mmask32>(own), lengths);
  const __m512i high = _mm512_maskz_loadu_epi16(static_cast<__mmask32>(own >> lanes), lengths + lanes);
  return _mm512_test_epi16_mask(low, low) | uint64_t{_mm512_test_epi16_mask(high, high)} << lanes;
}

} // namespace

uint64_t Bundle::present(const uint16_t* lengths, int64_t count) {
  static const bool vectors = __builtin_cpu_supports("x86-64-v4");
  return vectors ? presentVectors(lengths, count) : presentOneByOne(lengths, count);
}

uint64_t Bundle::present(const uint32_t* lengths, int64_t count) { return presentOneByOne(lengths, count); }

Bundle::Bundle(const program::Program& program, KernelFunction run, std::vector<Member> all,
               std::byte* stretch)
    : events(all.front().action->events), members(std::move(all)), program(program),
      kernel(&program.kernels[members.front().action->kernel]), run(run), constants(kernel->constants.data()),
      stretch(stretch), displaced(members.size()) {
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
  next = {};
}

/// visit(member, its table, its part, begin, end) with what each has of a row, if it has the row.
template <typename Visit>
void Bundle::forEachPiece(int64_t row, unsigned thread, const Memory& memory, const Visit& visit) const {
  for (size_t m = 0; m < members.size(); ++m) {
    int64_t own = sourceBegin + row - tableOf(members[m]).sourceBegin;
    const SynapseTable& synapses = memory.tables[members[m].action->subject];
    const TablePart& part = synapses.parts[thread];
    if (own >= 0 && own + 1 < static_cast<int64_t>(part.rowStart.size())) {
      visit(m, synapses, part, part.rowStart[own], part.rowStart[own + 1]);
    }
  }
}

void Bundle::chooseValues(const Memory& memory) {
  const SynapseTable& table = memory.tables[members.front().action->subject];
  for (const program::Operand& operand : kernel->operands) {
    size_t number = operands.size();
    operands.push_back(operand.kind == OperandKind::PortSlot ? stretch
                       : operand.kind == OperandKind::Array
                           ? const_cast<std::byte*>(program.arrays[operand.subject].bytes.data())
                           : nullptr);
    if (operand.kind == OperandKind::Target) {
      values.push_back({number, bytesPerTarget, true});
    } else if (operand.kind == OperandKind::State) {
      values.push_back({number, table.widthOf(operand.subject), false});
    }
  }
  std::sort(values.begin(), values.end(), [](const Value& a, const Value& b) {
    return std::tie(b.width, a.operand) < std::tie(a.width, b.operand);
  });
  for (Value& value : values) {
    value.before = bytesPerSynapse;
    bytesPerSynapse += value.width;
    widest = std::max(widest, value.width);
  }
}

void Bundle::layRows(unsigned thread, const Memory& memory) {
  chooseValues(memory);
  auto rows = static_cast<size_t>(sourceEnd - sourceBegin);
  std::vector<uint64_t> sizes(rows);
  for (const Member& member : members) {
    const TablePart& part = memory.tables[member.action->subject].parts[thread];
    auto first = static_cast<size_t>(tableOf(member).sourceBegin - sourceBegin);
    for (size_t row = 0; row + 1 < part.rowStart.size(); ++row) {
      sizes[first + row] += part.rowStart[row + 1] - part.rowStart[row];
    }
  }
  if (std::any_of(sizes.begin(), sizes.end(),
                  [](uint64_t size) { return size > std::numeric_limits<uint16_t>::max(); })) {
    bytesPerLength = sizeof(uint32_t);
  }
  lengths = Buffer(rows * static_cast<size_t>(delays()) * bytesPerLength);
  rowStart.assign(rows + 1, 0);
  withLengths([&](auto* length) {
    for (size_t row = 0; row < rows; ++row, length += delays()) {
      auto count = [&](size_t, const SynapseTable& table, const TablePart& part, uint64_t begin,
                       uint64_t end) {
        table.withAnyDelays(part, [&](const auto& delay) {
          for (uint64_t i = begin; i < end; ++i) {
            ++length[delay[i] - minDelay];
          }
        });
      };
      forEachPiece(static_cast<int64_t>(row), thread, memory, count);
      rowStart[row + 1] = std::accumulate(length, length + delays(), rowStart[row],
                                          [&](uint64_t sum, uint64_t one) { return sum + bytesOf(one); });
    }
  });
  blocks = Buffer(rowStart.back());
}

void Bundle::fillRow(int64_t row, unsigned thread, const Memory& memory) {
  for (const Value& value : values) {
    next.assign(static_cast<size_t>(delays()), nullptr);
    forEachSegment(row, [&](int64_t d, uint64_t begin, uint32_t length) {
      next[static_cast<size_t>(d)] = blocks.data() + begin + length * value.before;
    });
    forEachPiece(
        row, thread, memory,
        [&](size_t m, const SynapseTable& table, const TablePart& part, uint64_t begin, uint64_t end) {
          const program::Kernel& own = program.kernels[members[m].action->kernel];
          int64_t shift = members[m].firstTarget - memory.parts[tableOf(members[m]).target][thread].begin;
          const Buffer& column =
              value.isTarget ? part.target : part.fields[own.operands[value.operand].subject];
          table.withAnyDelays(part, [&](const auto& delay) {
            withWidth(value.width, [&](auto one) {
              deal(column.as<decltype(one)>(), value.isTarget ? shift : 0, delay, minDelay, begin, end, next);
            });
          });
        });
  }
  forEachPiece(row, thread, memory,
               [&](size_t m, const SynapseTable& table, const TablePart& part, uint64_t begin, uint64_t end) {
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

void Bundle::makeRoom(Copies& copies, size_t more) const {
  Copies larger;
  larger.size = copies.size;
  larger.room = std::bit_ceil(copies.size + more + copiedBytes);
  larger.bytes.resize(larger.room * bytesPerSynapse);
  for (const Value& value : values) {
    std::copy_n(copies.bytes.data() + copies.room * value.before, copies.size * value.width,
                larger.bytes.data() + larger.room * value.before);
  }
  copies = std::move(larger);
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
    const std::byte* block;
    uint32_t length, place; ///< of the block, and in it
  };
  auto read = [](const Synapse& synapse, const Value& value, void* to) {
    std::memcpy(to, synapse.block + synapse.length * value.before + synapse.place * value.width, value.width);
  };
  const Value& target =
      *std::find_if(values.begin(), values.end(), [](const Value& v) { return v.isTarget; });
  auto displacedNext = displaced[member].begin();
  int64_t first = declared.sourceBegin - sourceBegin;
  for (size_t row = 0; row + 1 < part.rowStart.size(); ++row) {
    std::vector<Synapse> synapses;
    forEachSegment(first + static_cast<int64_t>(row), [&](int64_t d, uint64_t begin, uint32_t length) {
      for (uint32_t place = 0; place < length; ++place) {
        Synapse synapse = {0, minDelay + d, blocks.data() + begin, length, place};
        uint32_t at = 0; // of which fewer bytes are the first, on all that this target runs on
        read(synapse, target, &at);
        int64_t cell = int64_t{at} - members[member].firstTarget + own.begin;
        if (cell >= own.begin && cell < own.end) {
          synapse.target = static_cast<uint32_t>(cell);
          synapses.push_back(synapse);
        }
      }
    });
    std::sort(synapses.begin(), synapses.end(), [](const Synapse& a, const Synapse& b) {
      return std::tie(a.target, a.delay, a.place) < std::tie(b.target, b.delay, b.place);
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
      for (const Value& value : values) {
        if (!value.isTarget) {
          Buffer& field = part.fields[code.operands[value.operand].subject];
          read(ordered[i], value, field.data() + (begin + i) * value.width);
        }
      }
    }
  }
  return part;
}

} // namespace nissl::cpu
