// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Waiting.h"

#include "targets/cpu/device/DecayingPast.h"
#include "targets/cpu/device/StoredPast.h"

#include <algorithm>
#include <vector>

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

/// Widths of what a kernel reads of each source; none where it needs something that a backlog does not keep.
std::vector<size_t> widthsOfSource(const Program& program, const program::Kernel& kernel) {
  std::vector<size_t> widths;
  for (const Operand& operand : kernel.operands) {
    bool known = operand.kind == OperandKind::State || operand.kind == OperandKind::HistorySlot ||
                 operand.kind == OperandKind::Source || operand.kind == OperandKind::Array;
    if (!known) {
      return {};
    }
    if (ofSource(program, operand)) {
      widths.push_back(program::sizeOf(program.states[operand.subject].type));
    }
  }
  return widths;
}

/// Whether all that an action reads of its sources decays from one time that it is done to the next.
bool readsDecaying(const Program& program, const Action& action) {
  const std::vector<Operand>& operands = program.kernels[action.kernel].operands;
  return inSchedule(program, action) &&
         std::all_of(operands.begin(), operands.end(), [&](const Operand& operand) {
           return !ofSource(program, operand) || program.states[operand.subject].decay != 0;
         });
}

template <typename Past>
size_t bytesFor(size_t steps, const std::vector<size_t>& widths) {
  size_t bytes = 0;
  for (size_t width : widths) {
    bytes += Past::bytesOfSource(steps, width);
  }
  return bytes;
}

/// How many of the past's steps fit into so many bytes of each source.
template <typename Past>
size_t stepsIn(double bytes, const std::vector<size_t>& widths) {
  static_assert(cacheLine % DecayingPast::stretch == 0);
  size_t steps = 0;
  while (steps < Past::mostSteps && static_cast<double>(bytesFor<Past>(steps + cacheLine, widths)) <= bytes) {
    steps += cacheLine;
  }
  return steps;
}

} // namespace

bool inSchedule(const Program& program, const Action& action) {
  const Action *begin = program.schedule.data(), *end = begin + program.schedule.size();
  return begin <= &action && &action < end;
}

bool ofSource(const Program& program, const Operand& operand) {
  bool state = operand.kind == OperandKind::State || operand.kind == OperandKind::HistorySlot;
  return state && !program.states[operand.subject].ofTable;
}

Waiting findWaiting(const Program& program, Index index, double synapses, unsigned ranks) {
  constexpr double perSynapse = 16; // bytes, for what the sources had
  constexpr size_t leastSteps = 128;
  const program::Table& table = program.tables[index];
  Visits found;
  findVisits(program, program.schedule, index, found);
  if (!found.back || found.others || table.delayField != program::none) {
    return {};
  }
  const program::Kernel& kernel = program.kernels[found.back->kernel];
  std::vector<size_t> widths = kernel.waits ? widthsOfSource(program, kernel) : std::vector<size_t>();
  if (widths.empty()) {
    return {};
  }
  double row =
      synapses / static_cast<double>(std::max(int64_t{1}, table.sourceEnd - table.sourceBegin)) / ranks;
  Waiting waiting{found.back, readsDecaying(program, *found.back)};
  waiting.steps = waiting.decays ? stepsIn<DecayingPast>(row * perSynapse, widths)
                                 : stepsIn<StoredPast>(row * perSynapse, widths);
  waiting.bytesOfSource = waiting.decays ? bytesFor<DecayingPast>(waiting.steps, widths)
                                         : bytesFor<StoredPast>(waiting.steps, widths);
  return waiting.steps < leastSteps ? Waiting{} : waiting;
}

} // namespace nissl::cpu
