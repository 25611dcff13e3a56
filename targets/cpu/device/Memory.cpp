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

/// Whole cache lines of the narrowest array (a byte per element) per part.
std::vector<Part> cut(int64_t size, unsigned count) {
  constexpr auto line = static_cast<int64_t>(cacheLine);
  int64_t lines = (size + line - 1) / line;
  std::vector<Part> parts;
  for (unsigned p = 0; p < count; ++p) {
    auto edge = [&](unsigned number) { return std::min(size, lines * number / count * line); };
    parts.push_back({edge(p), p + 1 == count ? size : edge(p + 1)});
  }
  return parts;
}

} // namespace

bool EventMemory::empty() const {
  return std::all_of(lists.begin(), lists.end(), [](const auto& list) { return list.empty(); });
}

std::vector<uint32_t> EventMemory::all() const {
  std::vector<uint32_t> all;
  for (const std::vector<uint32_t>& list : lists) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

Memory::Memory(const program::Program& program, unsigned threads, runtime::Ranks* others,
               const ForEachThread& forEachThread)
    : share(others ? Share{threads, others->rank(), others->size()} : Share{threads}) {
  for (const program::Extent& extent : program.extents) {
    std::vector<Part> all = cut(extent.size, share.parts());
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
    memory.values = Buffer(size * program::sizeOf(state.type));
    if (state.history > 0) {
      memory.pushed = Buffer(state.history * size * program::sizeOf(state.type));
      memory.history.assign(share.threads, {memory.pushed.data(), state.history, 0, size});
    }
  }
  placePorts(program);
  for (const program::Events& set : program.events) {
    events.push_back(
        {Buffer(program.extents[set.extent].size), std::vector<std::vector<uint32_t>>(share.parts())});
  }
  for (const program::Input& input : program.inputs) {
    inputs.emplace_back(program.extents[input.extent].size * program::sizeOf(input.type));
  }
  for (size_t table = 0; table < program.tables.size(); ++table) {
    tables.emplace_back(program, static_cast<program::Index>(table), parts[program.tables[table].target],
                        others, forEachThread);
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
      if (slotsOf(p) > 1 == ahead) {
        order.push_back(p);
      }
    }
  }
  for (unsigned thread = 0; thread < share.threads; ++thread) {
    std::vector<size_t> begin(ports.size());
    size_t end = 0;
    for (size_t p : order) {
      Part own = parts[program.ports[p].extent][thread];
      size_t perLine = cacheLine / ports[p].width;
      size_t stride = (static_cast<size_t>(own.end - own.begin) + perLine - 1) / perLine * perLine;
      begin[p] = end;
      end += static_cast<size_t>(slotsOf(p)) * stride * ports[p].width;
      ports[p].rings.push_back({nullptr, slotsOf(p), 0, static_cast<int64_t>(stride)});
    }
    slots.emplace_back(end);
    for (size_t p : order) {
      auto first = static_cast<size_t>(parts[program.ports[p].extent][thread].begin);
      // Where element 0 would lie: an address to count from, which nobody reads.
      uintptr_t base = reinterpret_cast<uintptr_t>(slots.back().data()) + begin[p] - first * ports[p].width;
      ports[p].rings[thread].base = reinterpret_cast<void*>(base); // NOLINT(performance-no-int-to-ptr)
    }
  }
}

void Memory::finishSetup(const program::Program& program, const ForEachThread& forEachThread) {
  for (SynapseTable& table : tables) {
    table.finishSetup(forEachThread);
  }
  for (StateMemory& state : states) {
    for (size_t slot = 0; slot * state.values.size() < state.pushed.size(); ++slot) {
      std::memcpy(state.pushed.data() + slot * state.values.size(), state.values.data(), state.values.size());
    }
  }
  forEachAction(program.schedule, [&](const program::Action& action) {
    if (action.kind == program::ActionKind::Restore) {
      const program::State& declared = program.states[action.subject];
      if (declared.ofTable) {
        throw Error::input("NS0705", "'{}' is restored, which the cpu target does not build for a table",
                           declared.name);
      }
      StateMemory& state = states[action.subject];
      state.initial = Buffer(state.values.size());
      std::memcpy(state.initial.data(), state.values.data(), state.values.size());
    }
  });
}

} // namespace nissl::cpu
