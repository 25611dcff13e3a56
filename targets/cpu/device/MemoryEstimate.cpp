// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/MemoryEstimate.h"

#include "targets/cpu/device/KernelCall.h"
#include "targets/cpu/device/Waiting.h"

#include <algorithm>

namespace nissl::cpu {
namespace {

using program::Action;
using program::OperandKind;
using program::Table;
using program::TraverseKind;

/// visit(action) for each traversal of a table, also inside others.
template <typename Visit>
void forEachVisit(const std::vector<Action>& actions, program::Index table, const Visit& visit) {
  for (const Action& action : actions) {
    if (action.kind == program::ActionKind::Traverse && action.subject == table) {
      visit(action);
    }
    forEachVisit(action.body, table, visit);
  }
}

double expectedSynapses(const Table& table) {
  auto sources = static_cast<double>(table.sourceEnd - table.sourceBegin);
  auto targets = static_cast<double>(table.targetEnd - table.targetBegin);
  auto count = static_cast<double>(table.connect.count);
  switch (table.connect.kind) {
  case program::ConnectKind::OneToOne:
    return sources;
  case program::ConnectKind::AllToAll:
    return sources * targets;
  case program::ConnectKind::Bernoulli:
    return sources * targets * table.connect.probability;
  case program::ConnectKind::FixedOutdegree:
    return sources * count;
  case program::ConnectKind::FixedIndegree:
    return targets * count;
  case program::ConnectKind::FixedTotal:
    return count;
  case program::ConnectKind::Pairs:
    return static_cast<double>(table.connect.pre.size());
  }
  return 0;
}

struct TableNeed {
  double resident = 0, loading = 0;
};

TableNeed needOf(const program::Program& program, program::Index index, unsigned parts, unsigned ranks) {
  const Table& table = program.tables[index];
  const double target = targetBytes(program.extents[table.target].size);
  double perSynapse = target, widest = target, passing = 0;
  bool due = false, named[2] = {false, false};
  const double synapses = expectedSynapses(table);
  Waiting waiting = findWaiting(program, index, synapses, ranks);
  forEachVisit(program.schedule, index, [&](const Action& action) {
    if (&action == waiting.back) {
      return; // nothing is kept of a synapse
    }
    due |= action.traverse == TraverseKind::Due;
    if (action.traverse == TraverseKind::Back) {
      perSynapse += sizeof(uint32_t);
    }
    if (action.traverse == TraverseKind::Arrive && table.delayField != program::none) {
      perSynapse += sizeof(uint32_t);
    }
    for (const program::Operand& operand : program.kernels[action.kernel].operands) {
      named[0] |= operand.kind == OperandKind::Ordinal;
      named[1] |= operand.kind == OperandKind::Synapse;
      perSynapse += operand.kind == OperandKind::Source ? sizeof(uint32_t) : 0;
    }
  });
  perSynapse += (named[0] ? sizeof(uint32_t) : 0) + (named[1] ? sizeof(int64_t) : 0);
  for (size_t s = 0; s < program.states.size(); ++s) {
    const program::State& state = program.states[s];
    if (!state.ofTable || state.owner != index) {
      continue;
    }
    bool isDelay = static_cast<program::Index>(s) == table.delayField;
    double width = isDelay ? delayBytes(table.maxDelay) : static_cast<double>(program::sizeOf(state.type));
    if (isDelay && due) {
      passing += width;
    } else {
      perSynapse += width;
      widest = std::max(widest, width);
    }
  }
  // A bundle of tables has one row per source, with a length per delay, whose synapses are one block.
  double together = static_cast<double>(
      std::count_if(program.schedule.begin(), program.schedule.end(), [&](const Action& action) {
        return action.kind == program::ActionKind::Traverse && action.traverse == TraverseKind::Due &&
               program.tables[action.subject].source == table.source;
      }));
  double lengths = due ? static_cast<double>(table.maxDelay - table.minDelay + 1) / together : 0;
  const auto sources = static_cast<double>(table.sourceEnd - table.sourceBegin);
  const double rows = sources * parts;
  TableNeed need;
  const double padding = std::min(rows * lengths, synapses) * (widest - target) / 2;
  need.resident = synapses * perSynapse + sources * static_cast<double>(waiting.bytesOfSource) * ranks +
                  rows * (sizeof(uint64_t) + sizeof(uint32_t) + sizeof(uint16_t) * lengths) + padding;
  need.loading = synapses * passing;
  return need;
}

} // namespace

runtime::MemoryNeed estimateMemory(const program::Program& program, unsigned threads, unsigned ranks) {
  double synapses = 0, cells = 0, ports = 0, loading = 0, largest = 0;
  for (size_t t = 0; t < program.tables.size(); ++t) {
    TableNeed need = needOf(program, static_cast<program::Index>(t), threads * ranks, ranks);
    synapses += need.resident;
    loading += need.loading;
    largest = std::max(largest, expectedSynapses(program.tables[t]));
  }
  loading += largest * sizeof(uint32_t); // a table's rows, before they are shared out
  for (const program::State& state : program.states) {
    if (!state.ofTable) {
      cells += static_cast<double>(program.extents[state.owner].size) *
               static_cast<double>(program::sizeOf(state.type)) * static_cast<double>(1 + state.history) *
               ranks;
    }
  }
  std::vector<bool> ahead(program.ports.size());
  for (const program::Kernel& kernel : program.kernels) {
    for (const program::Operand& operand : kernel.operands) {
      if (operand.kind == OperandKind::PortRing) {
        ahead[operand.subject] = true;
      }
    }
  }
  for (size_t p = 0; p < program.ports.size(); ++p) {
    const program::Port& port = program.ports[p];
    ports +=
        static_cast<double>(program.extents[port.extent].size) *
        (static_cast<double>(program::sizeOf(port.type)) * static_cast<double>(ahead[p] ? port.slots : 1) +
         (port.unit != 0 ? sizeof(uint8_t) : 0));
  }
  runtime::MemoryNeed need;
  need.parts = {{"synapses", static_cast<uint64_t>(synapses)},
                {"cells", static_cast<uint64_t>(cells)},
                {"ports", static_cast<uint64_t>(ports)}};
  need.loading = static_cast<uint64_t>(loading);
  return need;
}

} // namespace nissl::cpu
