// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Table.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

using nissl::support::Error;

namespace nissl::cpu {
namespace {

using program::Action;
using program::ActionKind;
using program::OperandKind;

template <typename Visit>
bool any(const std::vector<Action>& actions, const Visit& visit) {
  return std::any_of(actions.begin(), actions.end(),
                     [&](const Action& action) { return visit(action) || any(action.body, visit); });
}

template <typename T>
void permute(std::vector<T>& values, const std::vector<uint32_t>& order) {
  if (values.empty()) {
    return;
  }
  std::vector<T> moved(values.size());
  for (size_t i = 0; i < order.size(); ++i) {
    moved[i] = values[order[i]];
  }
  values = std::move(moved);
}

void permute(Buffer& values, size_t width, const std::vector<uint32_t>& order) {
  Buffer moved(values.size());
  for (size_t i = 0; i < order.size(); ++i) {
    std::memcpy(moved.data() + i * width, values.data() + order[i] * width, width);
  }
  values = std::move(moved);
}

} // namespace

SynapseTable::SynapseTable(const program::Program& program, program::Index index, std::span<const Part> owner,
                           runtime::Ranks* others, const ForEachThread& forEachThread)
    : bytesPerTarget(targetBytes(program.extents[program.tables[index].target].size)), program(program),
      index(index) {
  const program::Table& table = program.tables[index];
  auto threads = static_cast<unsigned>(owner.size());
  const Part here{owner.front().begin, owner.back().end};
  program::Rows rows =
      program::expandRows(table.connect, program::shapeOf(table), program.structureSeed, table.name, threads,
                          others ? program::TargetRange{here.begin, here.end} : program::TargetRange{});
  blocks = blocksFor(rows, threads, others ? others->size() : 1);
  for (const Part& whole : owner) {
    for (unsigned b = 0; b < blocks; ++b) {
      auto edge = [&](unsigned number) { return whole.begin + (whole.end - whole.begin) * number / blocks; };
      owned.push_back({edge(b), edge(b + 1)});
    }
  }
  parts.resize(owned.size());
  rowStart = rows.rowStart;
  std::vector<int64_t> shifts;
  if (others) {
    shifts = placeRows(rows, here, *others);
  }
  waiting = findWaiting(program, index, static_cast<double>(size()), others ? others->size() : 1);
  forEachThread([&](unsigned thread) {
    for (unsigned p = thread * blocks; p < (thread + 1) * blocks; ++p) {
      take(parts[p], owned[p], rows, shifts);
      addColumns(parts[p]);
    }
  });
}

/// Events whose targets are few enough stay in the fastest cache while all sources of a step are visited; but
/// rows must not become so short that visiting them costs more than their synapses.
unsigned SynapseTable::blocksFor(const program::Rows& rows, unsigned threads, unsigned ranks) const {
  constexpr double cache = 16 << 10, shortestRow = 64;
  const program::Table& table = program.tables[index];
  size_t width = 0;
  bool only = !any(program.schedule, [&](const Action& action) {
    bool here = action.kind == ActionKind::Traverse && action.subject == index;
    for (program::Index port : action.writesPorts) {
      width = std::max(width, here ? program::sizeOf(program.ports[port].type) : 0);
    }
    return here && action.traverse != program::TraverseKind::Emit;
  });
  // With many delays the targets are those of as many slots.
  if (!only || table.delayField != program::none || rows.target.empty()) {
    return 1;
  }
  double bytes = static_cast<double>(width) * static_cast<double>(table.targetEnd - table.targetBegin) /
                 (threads * ranks);
  double row =
      static_cast<double>(rows.target.size()) / static_cast<double>(rows.rowStart.size() - 1) / threads;
  return static_cast<unsigned>(
      std::max(1.0, std::min(std::ceil(bytes / cache), std::floor(row / shortestRow))));
}

/// Lays out the rows of the whole table, of which this rank has expanded its own; gives by row what to add to
/// a place in `rows` for the ordinal.
std::vector<int64_t> SynapseTable::placeRows(const program::Rows& rows, Part here, runtime::Ranks& others) {
  const program::Table& table = program.tables[index];
  size_t count = rows.rowStart.size() - 1;
  std::vector<uint32_t> lengths(count);
  std::vector<int64_t> shifts(count);
  for (size_t row = 0; row < count; ++row) {
    auto begin = rows.target.begin() + static_cast<ptrdiff_t>(rows.rowStart[row]),
         end = rows.target.begin() + static_cast<ptrdiff_t>(rows.rowStart[row + 1]);
    auto first = std::lower_bound(begin, end, here.begin), last = std::lower_bound(first, end, here.end);
    lengths[row] = static_cast<uint32_t>(last - first);
    shifts[row] = begin - first;
  }
  const runtime::Ranks::Messages& all = others.allGather(std::as_bytes(std::span(lengths)));
  std::vector<uint64_t> whole(count);
  for (unsigned rank = 0; rank < others.size(); ++rank) {
    std::memcpy(lengths.data(), all[rank].data(), all[rank].size());
    for (size_t row = 0; row < count; ++row) {
      shifts[row] += rank < others.rank() ? lengths[row] : 0;
      whole[row] += lengths[row];
    }
  }
  for (size_t row = 0; row < count; ++row) {
    program::checkRowLength(table.name, sourceOf(row), whole[row]);
    rowStart[row + 1] = rowStart[row] + whole[row];
  }
  return shifts;
}

/// Rows are ascending, so that a part's share of one is a piece of it.
void SynapseTable::take(TablePart& part, const Part& own, const program::Rows& rows,
                        std::span<const int64_t> shifts) {
  size_t count = rows.rowStart.size() - 1;
  part.rowStart.assign(1, 0);
  part.rowStart.reserve(count + 1);
  part.firstOrdinal.reserve(count);
  std::vector<const uint32_t*> from; // by row: its first target in `rows`
  from.reserve(count);
  for (size_t row = 0; row < count; ++row) {
    auto begin = rows.target.begin() + static_cast<ptrdiff_t>(rows.rowStart[row]),
         end = rows.target.begin() + static_cast<ptrdiff_t>(rows.rowStart[row + 1]);
    auto first = std::lower_bound(begin, end, own.begin), last = std::lower_bound(first, end, own.end);
    int64_t shift = shifts.empty() ? 0 : shifts[row];
    part.firstOrdinal.push_back(static_cast<uint32_t>(first - begin + shift));
    from.push_back(rows.target.data() + (first - rows.target.begin()));
    part.rowStart.push_back(part.rowStart.back() + static_cast<uint64_t>(last - first));
  }
  layColumns(part);
  for (size_t row = 0; row < count; ++row) {
    size_t begin = part.rowStart[row], length = part.rowStart[row + 1] - begin;
    withTargets(part, [&](auto* targets) { std::copy_n(from[row], length, targets + begin); });
  }
}

void SynapseTable::layColumns(TablePart& part) const {
  part.target = Buffer(part.size() * bytesPerTarget);
  for (size_t state = 0; state < program.states.size(); ++state) {
    bool isOwn = program.states[state].ofTable && program.states[state].owner == index;
    part.fields.push_back(isOwn ? Buffer(part.size() * widthOf(static_cast<program::Index>(state)))
                                : Buffer());
  }
}

void SynapseTable::setEnds(const TablePart& part, size_t place, uint32_t target, int64_t delay) const {
  withTargets(part,
              [&](auto* targets) { targets[place] = static_cast<std::decay_t<decltype(*targets)>>(target); });
  if (program.tables[index].delayField == program::none) {
    return;
  }
  withDelays(part,
             [&](auto* delays) { delays[place] = static_cast<std::decay_t<decltype(*delays)>>(delay); });
}

void SynapseTable::addColumns(TablePart& part) const {
  auto named = [&](OperandKind kind) { return names(kind, program.setup) || names(kind, program.schedule); };
  bool sources = namesSource(program::TraverseKind::All), ordinals = named(OperandKind::Ordinal),
       synapses = named(OperandKind::Synapse);
  for (size_t row = 0; row + 1 < part.rowStart.size(); ++row) {
    for (uint64_t i = 0; i < part.rowStart[row + 1] - part.rowStart[row]; ++i) {
      uint64_t ordinal = part.firstOrdinal[row] + i;
      if (sources) {
        part.sourceInOrder.push_back(sourceOf(row));
      }
      if (ordinals) {
        part.ordinal.push_back(static_cast<uint32_t>(ordinal));
      }
      if (synapses) {
        part.synapse.push_back(static_cast<int64_t>(rowStart[row] + ordinal));
      }
    }
    if (!sources && !ordinals && !synapses) {
      break;
    }
  }
}

void SynapseTable::finishSetup(const ForEachThread& forEachThread) {
  const program::Table& table = program.tables[index];
  bool delayed = table.delayField != program::none, arrives = visits(program::TraverseKind::Arrive),
       back = visits(program::TraverseKind::Back) && !waiting.back;
  auto keep = [&](OperandKind column) { return names(column, program.schedule); };
  auto finish = [&](unsigned p) {
    TablePart& part = parts[p];
    part.ordinal = keep(OperandKind::Ordinal) ? std::move(part.ordinal) : std::vector<uint32_t>();
    part.synapse = keep(OperandKind::Synapse) ? std::move(part.synapse) : std::vector<int64_t>();
    if (delayed) {
      checkDelays(part);
      if (arrives) {
        sortByDelay(part);
      }
    }
    if (back) {
      listByTarget(owned[p], part);
    }
  };
  forEachThread([&](unsigned thread) {
    for (unsigned p = thread * blocks; p < (thread + 1) * blocks; ++p) {
      finish(p);
    }
  });
}

uint32_t SynapseTable::ownLength(size_t row) const {
  uint64_t length = 0;
  for (const TablePart& part : parts) {
    length += part.rowStart[row + 1] - part.rowStart[row];
  }
  return static_cast<uint32_t>(length);
}

size_t SynapseTable::widthOf(program::Index state) const {
  const program::Table& table = program.tables[index];
  return state == table.delayField ? delayBytes(table.maxDelay) : program::sizeOf(program.states[state].type);
}

uint32_t SynapseTable::targetAt(const TablePart& part, size_t place) const {
  uint32_t target = 0;
  withTargets(part, [&](const auto* targets) { target = targets[place]; });
  return target;
}

int32_t SynapseTable::delayAt(const TablePart& part, size_t place) const {
  int32_t delay = 0;
  withDelays(part, [&](const auto* delays) { delay = delays[place]; });
  return delay;
}

void SynapseTable::checkDelays(const TablePart& part) const {
  const program::Table& table = program.tables[index];
  withDelays(part, [&](const auto* delays) {
    for (size_t s = 0; s < part.size(); ++s) {
      if (int64_t delay = delays[s]; delay < table.minDelay || delay > table.maxDelay) {
        throw Error::input("NS0607", "table '{}' has a delay of {} steps, declared from {} to {}", table.name,
                           delay, table.minDelay, table.maxDelay);
      }
    }
  });
}

void SynapseTable::sortByDelay(TablePart& part) const {
  std::vector<uint32_t> order(part.size());
  std::iota(order.begin(), order.end(), 0);
  for (size_t row = 0; row + 1 < part.rowStart.size(); ++row) {
    std::sort(order.begin() + static_cast<ptrdiff_t>(part.rowStart[row]),
              order.begin() + static_cast<ptrdiff_t>(part.rowStart[row + 1]), [&](uint32_t a, uint32_t b) {
                int32_t first = delayAt(part, a), second = delayAt(part, b);
                return first != second ? first < second : a < b;
              });
  }
  part.inOrder.resize(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    part.inOrder[order[i]] = static_cast<uint32_t>(i);
  }
  permute(part.target, bytesPerTarget, order);
  permute(part.ordinal, order);
  permute(part.synapse, order);
  for (size_t state = 0; state < part.fields.size(); ++state) {
    if (part.fields[state].data()) {
      permute(part.fields[state], widthOf(static_cast<program::Index>(state)), order);
    }
  }
  part.sortedByDelay = true;
}

void SynapseTable::listByTarget(const Part& own, TablePart& part) const {
  part.targetStart.assign(static_cast<size_t>(own.end - own.begin) + 1, 0);
  for (size_t s = 0; s < part.size(); ++s) {
    ++part.targetStart[targetAt(part, s) - own.begin + 1];
  }
  std::partial_sum(part.targetStart.begin(), part.targetStart.end(), part.targetStart.begin());
  part.ofTarget.resize(part.size());
  bool sources = namesSource(program::TraverseKind::Back);
  part.sourceOfTarget.resize(sources ? part.size() : 0);
  std::vector<uint64_t> next(part.targetStart.begin(), part.targetStart.end() - 1);
  for (size_t row = 0; row + 1 < part.rowStart.size(); ++row) {
    for (uint64_t i = part.rowStart[row]; i < part.rowStart[row + 1]; ++i) {
      size_t place = part.place(i);
      uint64_t position = next[targetAt(part, place) - own.begin]++;
      part.ofTarget[position] = static_cast<uint32_t>(place);
      if (sources) {
        part.sourceOfTarget[position] = sourceOf(row);
      }
    }
  }
}

bool SynapseTable::names(OperandKind column, const std::vector<Action>& actions) const {
  return any(actions, [&](const Action& action) { return names(column, action); });
}

bool SynapseTable::names(OperandKind column, const Action& action) const {
  if (action.kind != ActionKind::Traverse || action.subject != index) {
    return false;
  }
  const std::vector<program::Operand>& operands = program.kernels[action.kernel].operands;
  return std::any_of(operands.begin(), operands.end(),
                     [&](const program::Operand& operand) { return operand.kind == column; });
}

/// Whether a list of synapses needs their sources.
bool SynapseTable::namesSource(program::TraverseKind kind) const {
  auto visit = [&](const Action& action) {
    return action.traverse == kind && names(OperandKind::Source, action);
  };
  return any(program.setup, visit) || any(program.schedule, visit);
}

bool SynapseTable::visits(program::TraverseKind kind) const {
  return any(program.schedule, [&](const Action& action) {
    return action.kind == ActionKind::Traverse && action.subject == index && action.traverse == kind;
  });
}

/// visit(part, place in it, place in the table) for every synapse that lies here.
template <typename Visit>
void SynapseTable::forEachSynapse(Visit visit) const {
  for (unsigned p = 0; p < parts.size(); ++p) {
    TablePart made = elsewhere ? elsewhere(p) : TablePart();
    const TablePart& part = elsewhere ? made : parts[p];
    for (size_t row = 0; row + 1 < part.rowStart.size(); ++row) {
      uint64_t inTable = rowStart[row] + part.firstOrdinal[row];
      for (uint64_t i = part.rowStart[row]; i < part.rowStart[row + 1]; ++i) {
        visit(part, part.place(i), inTable++);
      }
    }
  }
}

std::vector<std::byte> SynapseTable::values(program::Index state) const {
  if (settle) {
    settle();
  }
  const program::Table& table = program.tables[index];
  size_t width = program::sizeOf(program.states[state].type);
  std::vector<std::byte> values(width * size());
  forEachSynapse([&](const TablePart& part, size_t place, uint64_t inTable) {
    if (state == table.delayField) {
      int32_t delay = delayAt(part, place);
      std::memcpy(values.data() + width * inTable, &delay, width);
    } else {
      std::memcpy(values.data() + width * inTable, part.fields[state].data() + width * place, width);
    }
  });
  return values;
}

std::vector<uint32_t> SynapseTable::sources() const {
  std::vector<uint32_t> sources(size());
  for (size_t row = 0; row + 1 < rowStart.size(); ++row) {
    std::fill(sources.begin() + static_cast<ptrdiff_t>(rowStart[row]),
              sources.begin() + static_cast<ptrdiff_t>(rowStart[row + 1]), sourceOf(row));
  }
  return sources;
}

std::vector<uint32_t> SynapseTable::targets() const {
  std::vector<uint32_t> targets(size());
  forEachSynapse([&](const TablePart& part, size_t place, uint64_t inTable) {
    targets[inTable] = targetAt(part, place);
  });
  return targets;
}

} // namespace nissl::cpu
