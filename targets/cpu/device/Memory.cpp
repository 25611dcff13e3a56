// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Memory.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cstring>
#include <functional>

using nissl::support::Error;

namespace nissl::cpu {
namespace {

void forEachAction(const std::vector<program::Action>& actions,
                   const std::function<void(const program::Action&)>& visit) {
  for (const program::Action& action : actions) {
    visit(action);
    forEachAction(action.body, visit);
  }
}

/// Room for an array of a byte or more per element: an odd number of lines, so that many of one size lie at
/// all places of the caches.
size_t roomOf(Part part, size_t width) {
  size_t bytes = static_cast<size_t>(part.end - part.begin) * width;
  return ((bytes + cacheLine - 1) / cacheLine | 1) * cacheLine;
}

/// Whole cache lines of the narrowest array (a byte per element) per part. What is left over of them goes to
/// the parts that have `had` the fewest, of all extents before: else the last thread would compute most of a
/// network of many populations.
std::vector<Part> cut(int64_t size, std::vector<int64_t>& had) {
  constexpr auto line = static_cast<int64_t>(cacheLine);
  const auto count = static_cast<int64_t>(had.size());
  const int64_t lines = (size + line - 1) / line;
  std::vector<int64_t> own(had.size(), lines / count);
  for (int64_t i = 0; i < lines % count; ++i) {
    auto fewest = std::min_element(had.begin(), had.end());
    ++*fewest;
    ++own[static_cast<size_t>(fewest - had.begin())];
  }
  std::vector<Part> parts;
  int64_t begin = 0;
  for (size_t p = 0; p < had.size(); ++p) {
    const int64_t end = std::min(size, begin + own[p] * line);
    parts.push_back({begin, end});
    begin = end;
  }
  return parts;
}

} // namespace

Memory::Memory(const program::Program& program, unsigned threads, runtime::Ranks* others,
               const ForEachThread& forEachThread)
    : share(others ? Share{threads, others->rank(), others->size()} : Share{threads}) {
  // Each rank's first thread also tells the observer what happened: about as long as two lines of cells take.
  std::vector<int64_t> lines(share.parts());
  for (unsigned rank = 0; rank < share.ranks; ++rank) {
    lines[rank * share.threads] = 2;
  }
  for (const program::Extent& extent : program.extents) {
    std::vector<Part> all = cut(extent.size, lines);
    parts.emplace_back(all.begin() + share.first(), all.begin() + share.first() + share.threads);
    std::vector<Part>& whole = ranks.emplace_back();
    for (unsigned rank = 0; rank < share.ranks; ++rank) {
      whole.push_back({all[rank * share.threads].begin, all[(rank + 1) * share.threads - 1].end});
    }
  }
  for (const program::State& state : program.states) {
    StateMemory& memory = states.emplace_back();
    if (state.ofTable) {
      if (state.history > 0) {
        throw Error::input(
            "NS0704", "state '{}' of a table has a history, which the cpu target does not build", state.name);
      }
      continue;
    }
    int64_t size = program.extents[state.owner].size;
    if (state.history > 0) {
      memory.pushed = Buffer(state.history * size * program::sizeOf(state.type));
      memory.history.assign(share.threads, {memory.pushed.data(), state.history, 0, size});
    }
  }
  for (size_t set = 0; set < program.events.size(); ++set) {
    events.push_back({{}, EventLists(share.parts())});
  }
  post(program, {});
  placeCells(program);
  placePorts(program);
  for (const program::Input& input : program.inputs) {
    inputs.emplace_back(program.extents[input.extent].size * program::sizeOf(input.type));
  }
  for (size_t table = 0; table < program.tables.size(); ++table) {
    tables.emplace_back(program, static_cast<program::Index>(table), parts[program.tables[table].target],
                        others, forEachThread);
  }
}

void Memory::post(const program::Program& program, std::span<const program::Index> sets) {
  std::vector<size_t> most(share.threads);
  for (size_t number = 0; number < sets.size(); ++number) {
    events[sets[number]].posted = number;
    for (unsigned thread = 0; thread < share.threads; ++thread) {
      const Part own = parts[program.events[sets[number]].extent][thread];
      most[thread] += static_cast<size_t>(own.end - own.begin);
    }
  }
  board = EventBoard(sets.size(), most);
}

bool Memory::noEvents(program::Index set, unsigned reader) const {
  for (unsigned part = 0; part < share.parts(); ++part) {
    if (!list(set, part, reader).empty()) {
      return false;
    }
  }
  return true;
}

void Memory::join(program::Index set, unsigned reader, std::vector<uint32_t>& all) const {
  all.clear();
  for (unsigned part = 0; part < share.parts(); ++part) {
    std::span<const uint32_t> own = list(set, part, reader);
    all.insert(all.end(), own.begin(), own.end());
  }
}

std::span<const uint32_t> Memory::allEvents(program::Index set, unsigned reader,
                                            std::vector<uint32_t>& room) const {
  std::span<const uint32_t> one;
  for (unsigned part = 0; part < share.parts(); ++part) {
    std::span<const uint32_t> own = list(set, part, reader);
    if (!own.empty() && !one.empty()) {
      join(set, reader, room);
      return room;
    }
    one = own.empty() ? one : own;
  }
  return one;
}

/// By state: whether its values are one array.
static std::vector<bool> wholeStates(const program::Program& program, const Share& share) {
  std::vector<bool> whole(program.states.size(), share.ranks > 1);
  for (const program::Kernel& kernel : program.kernels) {
    for (const program::Operand& operand : kernel.operands) {
      if (operand.kind == program::OperandKind::State && operand.shared) {
        whole[operand.subject] = true;
      }
    }
  }
  for (const auto* actions : {&program.setup, &program.schedule}) {
    forEachAction(*actions, [&](const program::Action& action) {
      if (action.kind == program::ActionKind::Reduce) {
        whole[action.subject] = whole[action.into] = true;
      }
    });
  }
  return whole;
}

void Memory::placeCells(const program::Program& program) {
  struct Place {
    std::byte** base;
    size_t begin, width;
    Part own;
  };
  std::vector<bool> whole = wholeStates(program, share);
  for (size_t s = 0; s < states.size(); ++s) {
    const program::State& state = program.states[s];
    if (!state.ofTable && whole[s]) {
      states[s].whole = Buffer(program.extents[state.owner].size * program::sizeOf(state.type));
    }
    states[s].base.assign(share.threads, states[s].whole.data());
  }
  for (EventMemory& set : events) {
    set.mask.resize(share.threads);
  }
  for (unsigned thread = 0; thread < share.threads; ++thread) {
    std::vector<Place> places;
    size_t end = 0;
    auto place = [&](std::byte*& base, program::Index extent, size_t width) {
      Part own = parts[extent][thread];
      places.push_back({&base, end, width, own});
      end += roomOf(own, width);
    };
    for (size_t s = 0; s < states.size(); ++s) {
      const program::State& state = program.states[s];
      if (!state.ofTable && !whole[s]) {
        place(states[s].base[thread], state.owner, program::sizeOf(state.type));
      }
    }
    for (size_t e = 0; e < events.size(); ++e) {
      place(events[e].mask[thread], program.events[e].extent, sizeof(uint8_t));
    }
    cells.emplace_back(end + beyond);
    for (const Place& one : places) {
      *one.base = countFrom(cells.back().data() + one.begin, one.own.begin, one.width);
    }
  }
}

void Memory::copyState(const program::Program& program, program::Index index, int64_t begin,
                       std::span<std::byte> out) const {
  const program::State& declared = program.states[index];
  const StateMemory& state = states[index];
  size_t width = program::sizeOf(declared.type);
  int64_t end = begin + static_cast<int64_t>(out.size() / width);
  auto copy = [&](const std::byte* base, Part part) {
    int64_t from = std::max(begin, part.begin), to = std::min(end, part.end);
    if (from < to) {
      std::memcpy(out.data() + static_cast<size_t>(from - begin) * width,
                  base + static_cast<size_t>(from) * width, static_cast<size_t>(to - from) * width);
    }
  };
  if (state.whole.size() > 0) {
    return copy(state.whole.data(), {begin, end});
  }
  for (unsigned thread = 0; thread < share.threads; ++thread) {
    copy(state.base[thread], parts[declared.owner][thread]);
  }
}

/// Whether a kernel adds to slots that lie ahead.
static bool looksAhead(const program::Program& program, size_t port) {
  return std::any_of(program.kernels.begin(), program.kernels.end(), [&](const program::Kernel& kernel) {
    return std::any_of(kernel.operands.begin(), kernel.operands.end(), [&](const program::Operand& operand) {
      return operand.kind == program::OperandKind::PortRing && static_cast<size_t>(operand.subject) == port;
    });
  });
}

void Memory::placePorts(const program::Program& program) {
  ports.resize(program.ports.size());
  std::vector<size_t> order;
  auto slotsOf = [&](size_t p) { return looksAhead(program, p) ? program.ports[p].slots : 1; };
  for (bool ahead : {false, true}) {
    for (size_t p = 0; p < ports.size(); ++p) {
      ports[p].width = program::sizeOf(program.ports[p].type);
      if ((slotsOf(p) > 1) == ahead) {
        order.push_back(p);
      }
    }
  }
  for (unsigned thread = 0; thread < share.threads; ++thread) {
    std::vector<size_t> begin(ports.size());
    size_t end = 0;
    for (size_t p : order) {
      Part own = parts[program.ports[p].extent][thread];
      size_t stride = roomOf(own, ports[p].width) / ports[p].width;
      begin[p] = end;
      end += static_cast<size_t>(slotsOf(p)) * stride * ports[p].width;
      ports[p].rings.push_back({nullptr, slotsOf(p), 0, static_cast<int64_t>(stride)});
    }
    std::vector<size_t> countsBegin(ports.size());
    for (size_t p : order) {
      if (program.ports[p].unit != 0) {
        countsBegin[p] = end;
        end += roomOf(parts[program.ports[p].extent][thread], sizeof(uint8_t));
      }
    }
    slots.emplace_back(end + beyond);
    for (size_t p : order) {
      if (program.ports[p].unit != 0) {
        std::byte* counts = countFrom(slots.back().data() + countsBegin[p],
                                      parts[program.ports[p].extent][thread].begin, sizeof(uint8_t));
        ports[p].counts.own.push_back({reinterpret_cast<uint8_t*>(counts)});
      }
      ports[p].rings[thread].base = countFrom(slots.back().data() + begin[p],
                                              parts[program.ports[p].extent][thread].begin, ports[p].width);
    }
  }
}

void Memory::finishSetup(const program::Program& program, const ForEachThread& forEachThread) {
  for (SynapseTable& table : tables) {
    table.finishSetup(forEachThread);
  }
  for (size_t s = 0; s < states.size(); ++s) {
    StateMemory& state = states[s];
    size_t bytes = state.pushed.size() / std::max<size_t>(1, static_cast<size_t>(program.states[s].history));
    for (size_t slot = 0; slot * bytes < state.pushed.size(); ++slot) {
      copyState(program, static_cast<program::Index>(s), 0, {state.pushed.data() + slot * bytes, bytes});
    }
  }
  forEachAction(program.schedule, [&](const program::Action& action) {
    if (action.kind == program::ActionKind::Restore) {
      const program::State& declared = program.states[action.subject];
      if (declared.ofTable) {
        throw Error::input("NS0705", "'{}' is restored, which the cpu target does not build for a table",
                           declared.name);
      }
      size_t bytes =
          static_cast<size_t>(program.extents[declared.owner].size) * program::sizeOf(declared.type);
      Buffer& initial = states[action.subject].initial;
      initial = Buffer(bytes);
      copyState(program, action.subject, 0, {initial.data(), bytes});
    }
  });
}

} // namespace nissl::cpu
