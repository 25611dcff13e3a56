// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Waiting.h"

#include "targets/cpu/device/Buffer.h"

#include <algorithm>

namespace nissl::cpu {
namespace {

using program::Action;
using program::ActionKind;
using program::Index;
using program::Operand;
using program::OperandKind;
using program::Program;
using program::TraverseKind;

/// The traversal back of a table in these actions, if there is one, and if all else that has to do with the
/// table goes along its rows.
struct Visits {
  const Action* back = nullptr;
  bool others = false;
};

void findVisits(const Program& program, const std::vector<Action>& actions, Index table, Visits& found) {
  for (const Action& action : actions) {
    bool visit = action.kind == ActionKind::Traverse && action.subject == table;
    if (visit && action.traverse == TraverseKind::Back) {
      found.others |= found.back != nullptr;
      found.back = &action;
    } else if (visit) {
      found.others |= action.traverse != TraverseKind::Emit && action.traverse != TraverseKind::Arrive;
    }
    if (action.kind == ActionKind::Reduce) {
      const program::State& state = program.states[action.subject];
      found.others |= state.ofTable && state.owner == table;
    }
    findVisits(program, action.body, table, found);
  }
}

/// Bytes that a kernel reads of each source; 0 where it needs something that a backlog does not keep.
size_t bytesOfSource(const Program& program, const program::Kernel& kernel) {
  size_t bytes = 0;
  for (const Operand& operand : kernel.operands) {
    bool known = operand.kind == OperandKind::State || operand.kind == OperandKind::HistorySlot ||
                 operand.kind == OperandKind::Source || operand.kind == OperandKind::Array;
    if (!known) {
      return 0;
    }
    bytes += ofSource(program, operand) ? program::sizeOf(program.states[operand.subject].type) : 0;
  }
  return bytes;
}

} // namespace

bool ofSource(const Program& program, const Operand& operand) {
  bool state = operand.kind == OperandKind::State || operand.kind == OperandKind::HistorySlot;
  return state && !program.states[operand.subject].ofTable;
}

Waiting findWaiting(const Program& program, Index index, double synapses, unsigned ranks) {
  constexpr double least = 128;
  const program::Table& table = program.tables[index];
  Visits found;
  findVisits(program, program.schedule, index, found);
  if (!found.back || found.others || table.delayField != program::none) {
    return {};
  }
  const program::Kernel& kernel = program.kernels[found.back->kernel];
  size_t bytes = kernel.waits ? bytesOfSource(program, kernel) : 0;
  if (bytes == 0) {
    return {};
  }
  // A byte of each synapse counts the events that it has met; the rest is for what the sources had.
  double row =
      synapses / static_cast<double>(std::max(int64_t{1}, table.sourceEnd - table.sourceBegin)) / ranks;
  double steps =
      std::min(static_cast<double>(mostSteps), row * (backlogBytes - 1) / static_cast<double>(bytes));
  return steps < least ? Waiting{} : Waiting{found.back, static_cast<size_t>(steps) / cacheLine * cacheLine};
}

} // namespace nissl::cpu
