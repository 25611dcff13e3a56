// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/PortCounts.h"

#include "targets/cpu/device/Memory.h"
#include "targets/cpu/device/Schedule.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <unistd.h>

namespace nissl::cpu {
namespace {

using program::Action;
using program::Index;
using program::Operand;
using program::OperandKind;

/// The ports that a kernel counts.
std::vector<Index> portsOf(const program::Kernel& kernel) {
  std::vector<Index> ports;
  for (const Operand& operand : kernel.operands) {
    if (operand.kind == OperandKind::PortCounts) {
      ports.push_back(operand.subject);
    }
  }
  return ports;
}

/// Whether one of this thread's cells may get more in a step than a byte counts.
bool mayOverflow(Index port, const program::Program& program, const Memory& memory, unsigned thread) {
  Part own = memory.parts[program.ports[port].extent][thread];
  std::vector<uint32_t> synapses(static_cast<size_t>(own.end - own.begin));
  for (const Action& action : program.schedule) {
    if (action.kind != program::ActionKind::Traverse ||
        std::ranges::find(action.writesPorts, port) == action.writesPorts.end()) {
      continue;
    }
    const SynapseTable& table = memory.tables[action.subject];
    for (unsigned p = thread * table.blocks; p < (thread + 1) * table.blocks; ++p) {
      const TablePart& part = table.parts[p];
      table.withTargets(part, [&](const auto* targets) {
        for (size_t s = 0; s < part.size(); ++s) {
          ++synapses[static_cast<size_t>(targets[s] - own.begin)];
        }
      });
    }
  }
  return std::ranges::any_of(synapses, [](uint32_t count) { return count > mostCounts; });
}

/// Whether a thread's cells of a map are more than its second cache holds.
bool exceedsCache(const Action& map, const program::Program& program, const Memory& memory) {
  constexpr int64_t usual = 1 << 20;
  const int64_t known = sysconf(_SC_LEVEL2_CACHE_SIZE);
  Part own = memory.parts[map.subject].front();
  std::vector<size_t> widths = widthsOf(program, program.kernels[map.kernel]);
  size_t bytes = std::reduce(widths.begin(), widths.end()); // of a cell
  return (own.end - own.begin) * static_cast<int64_t>(bytes) > (known > 0 ? known : usual);
}

template <typename T>
void addUp(uint8_t* counts, std::byte* sums, double unit, Part own) {
  std::array<T, mostCounts + 1> sumOf{};
  for (size_t n = 1; n < sumOf.size(); ++n) {
    sumOf[n] = sumOf[n - 1] + static_cast<T>(unit);
  }
  T* to = reinterpret_cast<T*>(sums);
  for (int64_t i = own.begin; i < own.end; ++i) {
    to[i] = sumOf[counts[i]];
    counts[i] = 0;
  }
}

} // namespace

void choosePortCounts(const program::Program& program, Memory& memory, bool wide,
                      const ForEachThread& forEachThread) {
  auto countsOf = [&](Index port) -> PortCounts& { return memory.ports[port].counts; };
  for (size_t p = 0; p < memory.ports.size(); ++p) {
    const auto port = static_cast<Index>(p);
    if (countsOf(port).own.empty()) {
      continue;
    }
    std::atomic<bool> overflows = false;
    forEachThread([&](unsigned thread) {
      if (mayOverflow(port, program, memory, thread)) {
        overflows = true;
      }
    });
    countsOf(port).used = !overflows;
  }
  // A kernel counts at all of its ports or adds to all of them.
  for (bool changed = true; changed;) {
    changed = false;
    for (const Action& action : program.schedule) {
      if (action.kernel == program::none) {
        continue;
      }
      const program::Kernel& kernel = program.kernels[action.kernel];
      std::vector<Index> ports =
          kernel.counted == program::none ? std::vector<Index>() : portsOf(program.kernels[kernel.counted]);
      bool pays = wide || action.kind != program::ActionKind::Map || exceedsCache(action, program, memory);
      bool all = pays && std::ranges::all_of(ports, [&](Index port) { return countsOf(port).used; });
      for (const Operand& operand : kernel.operands) {
        bool isPort = operand.kind == OperandKind::PortSlot || operand.kind == OperandKind::PortRing;
        bool stays = all && std::ranges::find(ports, operand.subject) != ports.end();
        if (isPort && !stays && countsOf(operand.subject).used) {
          countsOf(operand.subject).used = false;
          changed = true;
        }
      }
    }
  }
}

void addUpWhereMany(std::span<const Index> ports, int64_t step, const program::Program& program,
                    Memory& memory, unsigned thread) {
  constexpr int64_t burst = 16; // steps
  auto ownOf = [&](Index port) -> PortCounts::Own& { return memory.ports[port].counts.own[thread]; };
  if (std::ranges::none_of(ports, [&](Index port) { return ownOf(port).many; })) {
    return;
  }
  for (Index port : ports) {
    PortCounts::Own& own = ownOf(port);
    const program::Port& declared = program.ports[port];
    auto add = declared.type == program::ScalarType::F64 ? addUp<double> : addUp<float>;
    add(own.counts, memory.ports[port].slot(thread), declared.unit, memory.parts[declared.extent][thread]);
    own.many = false;
    own.addsUntil = step + burst;
  }
}

} // namespace nissl::cpu
