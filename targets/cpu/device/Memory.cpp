// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Memory.h"

#include "runtime/program/Connectivity.h"
#include "runtime/support/Error.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <numeric>

using nissl::support::Error;

namespace nissl::cpu {
namespace {

constexpr size_t cacheLine = 64;

void forEachAction(const std::vector<program::Action>& actions,
                   const std::function<void(const program::Action&)>& visit) {
  for (const program::Action& action : actions) {
    visit(action);
    forEachAction(action.body, visit);
  }
}

bool hasTraversal(const program::Program& program, program::Index table, program::TraverseKind kind) {
  bool found = false;
  forEachAction(program.schedule, [&](const program::Action& action) {
    found |=
        action.kind == program::ActionKind::Traverse && action.subject == table && action.traverse == kind;
  });
  return found;
}

template <typename T>
void permute(std::vector<T>& values, const std::vector<uint32_t>& order) {
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

void checkDelays(const program::Table& table, const TablePart& part) {
  const auto* delay = part.fields[table.delayField].as<int32_t>();
  for (size_t s = 0; s < part.target.size(); ++s) {
    if (delay[s] < table.minDelay || delay[s] > table.maxDelay) {
      throw Error::input("NS0607", "table '{}' has a delay of {} steps, declared from {} to {}", table.name,
                         delay[s], table.minDelay, table.maxDelay);
    }
  }
}

void sortByDelay(const program::Program& program, const program::Table& table, TablePart& part) {
  const auto* delay = part.fields[table.delayField].as<int32_t>();
  std::vector<uint32_t> order(part.target.size());
  std::iota(order.begin(), order.end(), 0);
  for (size_t row = 0; row + 1 < part.rowStart.size(); ++row) {
    std::sort(order.begin() + static_cast<ptrdiff_t>(part.rowStart[row]),
              order.begin() + static_cast<ptrdiff_t>(part.rowStart[row + 1]),
              [&](uint32_t a, uint32_t b) { return delay[a] != delay[b] ? delay[a] < delay[b] : a < b; });
  }
  part.inOrder.resize(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    part.inOrder[order[i]] = static_cast<uint32_t>(i);
  }
  permute(part.target, order);
  permute(part.source, order);
  permute(part.ordinal, order);
  permute(part.synapse, order);
  for (size_t state = 0; state < part.fields.size(); ++state) {
    if (part.fields[state].data()) {
      permute(part.fields[state], program::sizeOf(program.states[state].type), order);
    }
  }
  part.sortedByDelay = true;
}

void listByTarget(const Part& owned, TablePart& part) {
  size_t targets = static_cast<size_t>(owned.end - owned.begin);
  part.targetStart.assign(targets + 1, 0);
  for (uint32_t target : part.target) {
    ++part.targetStart[target - owned.begin + 1];
  }
  std::partial_sum(part.targetStart.begin(), part.targetStart.end(), part.targetStart.begin());
  part.ofTarget.resize(part.target.size());
  std::vector<uint64_t> next(part.targetStart.begin(), part.targetStart.end() - 1);
  for (size_t i = 0; i < part.target.size(); ++i) {
    auto place = part.sortedByDelay ? part.inOrder[i] : static_cast<uint32_t>(i);
    part.ofTarget[next[part.target[place] - owned.begin]++] = place;
  }
}

} // namespace

Buffer::Buffer(size_t size) : bytes(size) {
  size_t padded = (size + 2 * cacheLine - 1) / cacheLine * cacheLine;
  void* fresh = std::aligned_alloc(cacheLine, padded);
  if (!fresh) {
    throw Error::machine("NS0703", "no memory for an array of {} bytes", size);
  }
  std::memset(fresh, 0, padded);
  memory.reset(static_cast<std::byte*>(fresh));
}

void Buffer::Free::operator()(std::byte* memory) const { std::free(memory); }

Memory::Memory(const program::Program& program, unsigned threads) {
  for (const program::Extent& extent : program.extents) {
    // Whole cache lines of the narrowest array (a byte per element) per thread.
    int64_t lines = (extent.size + static_cast<int64_t>(cacheLine) - 1) / static_cast<int64_t>(cacheLine);
    std::vector<Part>& cut = parts.emplace_back();
    for (unsigned t = 0; t < threads; ++t) {
      auto edge = [&](unsigned number) {
        return std::min(extent.size, lines * number / threads * static_cast<int64_t>(cacheLine));
      };
      cut.push_back({edge(t), t + 1 == threads ? extent.size : edge(t + 1)});
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
      memory.history = {memory.pushed.data(), state.history, 0, size};
    }
  }
  for (const program::Port& port : program.ports) {
    PortMemory& memory = ports.emplace_back();
    int64_t size = program.extents[port.extent].size;
    memory.slots = Buffer(port.slots * size * program::sizeOf(port.type));
    memory.ring = {memory.slots.data(), port.slots, 0, size};
  }
  for (const program::Events& set : program.events) {
    masks.emplace_back(program.extents[set.extent].size);
    events.emplace_back();
  }
  for (const program::Input& input : program.inputs) {
    inputs.emplace_back(program.extents[input.extent].size * program::sizeOf(input.type));
  }
  for (size_t table = 0; table < program.tables.size(); ++table) {
    expandTable(program, static_cast<program::Index>(table), threads);
  }
}

void Memory::expandTable(const program::Program& program, program::Index index, unsigned threads) {
  const program::Table& table = program.tables[index];
  program::Rows rows =
      program::expandRows(table.connect, program::shapeOf(table), program.structureSeed, table.name, threads);
  TableMemory& memory = tables.emplace_back();
  const std::vector<Part>& cut = parts[table.target];
  for (const Part& owned : cut) {
    TablePart& part = memory.parts.emplace_back();
    part.rowStart.push_back(0);
    for (size_t row = 0; row + 1 < rows.rowStart.size(); ++row) {
      for (uint64_t s = rows.rowStart[row]; s < rows.rowStart[row + 1]; ++s) {
        if (rows.target[s] < owned.begin || rows.target[s] >= owned.end) {
          continue;
        }
        part.target.push_back(rows.target[s]);
        part.source.push_back(static_cast<uint32_t>(table.sourceBegin + static_cast<int64_t>(row)));
        part.ordinal.push_back(static_cast<uint32_t>(s - rows.rowStart[row]));
        part.synapse.push_back(static_cast<int64_t>(s));
      }
      part.rowStart.push_back(part.target.size());
    }
    for (const program::State& state : program.states) {
      bool own = state.ofTable && state.owner == index;
      part.fields.push_back(own ? Buffer(part.target.size() * program::sizeOf(state.type)) : Buffer());
    }
  }
  memory.rowStart = std::move(rows.rowStart);
}

void Memory::finishSetup(const program::Program& program) {
  for (size_t t = 0; t < tables.size(); ++t) {
    const program::Table& table = program.tables[t];
    auto index = static_cast<program::Index>(t);
    bool arrives = hasTraversal(program, index, program::TraverseKind::Arrive);
    bool back = hasTraversal(program, index, program::TraverseKind::Back);
    for (size_t p = 0; p < tables[t].parts.size(); ++p) {
      TablePart& part = tables[t].parts[p];
      if (table.delayField != program::none) {
        checkDelays(table, part);
        if (arrives) {
          sortByDelay(program, table, part);
        }
      }
      if (back) {
        listByTarget(parts[table.target][p], part);
      }
    }
  }
  for (size_t s = 0; s < states.size(); ++s) {
    StateMemory& state = states[s];
    for (int64_t slot = 0; slot < state.history.slots; ++slot) {
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
