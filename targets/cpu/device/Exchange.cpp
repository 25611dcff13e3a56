// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Exchange.h"

#include <algorithm>
#include <cstring>

namespace nissl::cpu {
namespace {

template <typename Value>
void append(std::vector<std::byte>& to, const Value* values, size_t count) {
  auto bytes = std::as_bytes(std::span(values, count));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void packList(std::span<const uint32_t> list, std::vector<std::byte>& bytes) {
  auto count = static_cast<uint32_t>(list.size());
  append(bytes, &count, 1);
  append(bytes, list.data(), list.size());
}

template <typename Value>
void take(std::span<const std::byte>& from, Value* values, size_t count) {
  if (count > 0) {
    std::memcpy(values, from.data(), count * sizeof(Value));
  }
  from = from.subspan(count * sizeof(Value));
}

} // namespace

Exchange::Exchange(const program::Program& program, Memory& memory, runtime::Ranks& ranks)
    : stale(program.states.size() + program.events.size()), ranks(ranks), program(program), memory(memory) {}

size_t Exchange::numberOf(Subject subject) const {
  return subject.kind == Subject::Kind::Events ? program.states.size() + static_cast<size_t>(subject.index)
                                               : static_cast<size_t>(subject.index);
}

void Exchange::noteWritten(std::span<const Subject> subjects) {
  for (Subject subject : subjects) {
    stale[numberOf(subject)] = true;
  }
}

void Exchange::fetchStates() {
  std::vector<Subject> all;
  for (size_t s = 0; s < program.states.size(); ++s) {
    if (!program.states[s].ofTable) {
      all.push_back({Subject::Kind::State, static_cast<program::Index>(s)});
    }
  }
  fetch(all);
}

void Exchange::fetchState(program::Index state) {
  Subject subject{Subject::Kind::State, state};
  fetch({&subject, 1});
}

void Exchange::fetch(std::span<const Subject> subjects) {
  wanted.clear();
  for (Subject subject : subjects) {
    if (stale[numberOf(subject)]) {
      stale[numberOf(subject)] = false;
      wanted.push_back(subject);
    }
  }
  if (wanted.empty()) {
    return;
  }
  const runtime::Ranks::Messages& all = ranks.allGather(pack());
  for (unsigned rank = 0; rank < ranks.size(); ++rank) {
    if (rank != ranks.rank()) {
      unpack(all[rank], rank);
    }
  }
}

void Exchange::fetchSteps(std::span<const program::Index> sets, std::span<std::vector<EventLists>> steps) {
  std::vector<std::byte> own;
  for (const std::vector<EventLists>& step : steps) {
    for (const EventLists& lists : step) {
      packLists(lists, own);
    }
  }
  for (program::Index set : sets) {
    stale[numberOf({Subject::Kind::Events, set})] = false;
  }
  const runtime::Ranks::Messages& all = ranks.allGather(own);
  for (unsigned rank = 0; rank < ranks.size(); ++rank) {
    std::span<const std::byte> bytes = all[rank];
    for (std::vector<EventLists>& step :
         rank == ranks.rank() ? std::span<std::vector<EventLists>>() : steps) {
      for (EventLists& lists : step) {
        unpackLists(bytes, rank, lists);
      }
    }
  }
}

void Exchange::packLists(const EventLists& lists, std::vector<std::byte>& bytes) const {
  for (unsigned thread = 0; thread < memory.share.threads; ++thread) {
    packList(lists[memory.share.first() + thread], bytes);
  }
}

void Exchange::unpackLists(std::span<const std::byte>& bytes, unsigned rank, EventLists& lists) const {
  for (unsigned thread = 0; thread < memory.share.threads; ++thread) {
    std::vector<uint32_t>& list = lists[rank * memory.share.threads + thread];
    uint32_t count = 0;
    take(bytes, &count, 1);
    list.resize(count);
    take(bytes, list.data(), count);
  }
}

std::vector<std::byte> Exchange::pack() const {
  std::vector<std::byte> bytes;
  for (Subject subject : wanted) {
    if (subject.kind == Subject::Kind::State) {
      const program::State& state = program.states[subject.index];
      size_t width = program::sizeOf(state.type);
      Part own = memory.ranks[state.owner][ranks.rank()];
      append(bytes, memory.states[subject.index].whole.data() + static_cast<size_t>(own.begin) * width,
             static_cast<size_t>(own.end - own.begin) * width);
      continue;
    }
    for (unsigned thread = 0; thread < memory.share.threads; ++thread) {
      packList(memory.list(subject.index, memory.share.first() + thread, 0), bytes);
    }
  }
  return bytes;
}

void Exchange::unpack(std::span<const std::byte> bytes, unsigned rank) {
  for (Subject subject : wanted) {
    if (subject.kind == Subject::Kind::State) {
      const program::State& state = program.states[subject.index];
      size_t width = program::sizeOf(state.type);
      Part part = memory.ranks[state.owner][rank];
      take(bytes, memory.states[subject.index].whole.data() + static_cast<size_t>(part.begin) * width,
           static_cast<size_t>(part.end - part.begin) * width);
      continue;
    }
    unpackLists(bytes, rank, memory.events[subject.index].lists);
  }
}

void Exchange::complete(program::Index index, size_t width, std::span<std::byte> values) const {
  // A rank's targets follow each other, and so do its synapses in a row.
  const SynapseTable& table = memory.tables[index];
  size_t rows = table.rowStart.size() - 1;
  std::vector<std::byte> own;
  std::vector<uint32_t> lengths(rows);
  for (size_t row = 0; row < rows; ++row) {
    lengths[row] = table.ownLength(row);
  }
  append(own, lengths.data(), rows);
  for (size_t row = 0; row < rows; ++row) {
    size_t begin = table.rowStart[row] + table.parts.front().firstOrdinal[row];
    append(own, values.data() + begin * width, lengths[row] * width);
  }
  const runtime::Ranks::Messages& all = ranks.allGather(own);
  std::vector<uint64_t> next(table.rowStart.begin(), table.rowStart.end() - 1);
  for (std::span<const std::byte> bytes : all) {
    take(bytes, lengths.data(), rows);
    for (size_t row = 0; row < rows; ++row) {
      take(bytes, values.data() + next[row] * width, lengths[row] * width);
      next[row] += lengths[row];
    }
  }
}

} // namespace nissl::cpu
