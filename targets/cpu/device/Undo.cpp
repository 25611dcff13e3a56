// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Undo.h"

#include "targets/cpu/device/Backlog.h"

#include <algorithm>
#include <cstring>

namespace nissl::cpu {

using program::Action;
using program::ActionKind;
using program::Index;

Undo::Undo(const program::Program& program, Memory& memory, std::span<BoundAction> actions) : memory(memory) {
  for (BoundAction& bound : actions) {
    keepChangesOf(program, bound);
  }
}

void Undo::keep(Buffer& buffer) {
  std::vector<std::byte>& copy = buffers[&buffer];
  if (copy.empty()) {
    copy.assign(buffer.data(), buffer.data() + buffer.size());
  }
}

void Undo::keepSlots() {
  for (Buffer& slots : memory.slots) {
    keep(slots);
  }
}

void Undo::keepCells() {
  for (Buffer& cells : memory.cells) {
    keep(cells);
  }
}

void Undo::keepState(const program::Program& program, Index index) {
  const program::State& state = program.states[index];
  if (!state.ofTable) {
    Buffer& whole = memory.states[index].whole;
    return whole.size() > 0 ? keep(whole) : keepCells();
  }
  for (TablePart& part : memory.tables[state.owner].parts) {
    keep(part.fields[index]);
  }
}

void Undo::keepChangesOf(const program::Program& program, BoundAction& bound) {
  const Action& action = *bound.action;
  arrivals.try_emplace(&bound, bound.arrivals);
  if (bound.delivery) {
    calendars.try_emplace(bound.delivery, bound.delivery->calendars);
    return keepSlots();
  }
  if (bound.backlog) { // before the synapses are kept: what waits is done, and what comes to wait is dropped
    bound.backlog->catchUp();
    backlogs.insert(bound.backlog);
  }
  switch (action.kind) {
  case ActionKind::Map:
  case ActionKind::Traverse:
    // The operands do not say what is written; an `emit` traversal writes no state.
    for (const program::Operand& operand : program.kernels[action.kernel].operands) {
      if (operand.clears) {
        keepSlots();
      }
      bool emits = action.kind == ActionKind::Traverse && action.traverse == program::TraverseKind::Emit;
      if (operand.kind == program::OperandKind::State && !emits) {
        keepState(program, operand.subject);
      }
    }
    if (!action.writesPorts.empty()) {
      keepSlots();
    }
    for (Index set : action.writesEvents) {
      keepCells();
      events.try_emplace(set, memory.events[set].lists);
    }
    break;
  case ActionKind::Push: {
    StateMemory& state = memory.states[action.subject];
    keep(state.pushed);
    rings.try_emplace(&state, state.history);
    break;
  }
  case ActionKind::Reduce:
    keepState(program, action.into);
    break;
  case ActionKind::Restore:
    keepState(program, action.subject);
    break;
  case ActionKind::Every:
  case ActionKind::When:
    for (BoundAction& inner : bound.body) {
      keepChangesOf(program, inner);
    }
    break;
  case ActionKind::Sample:
    break;
  }
}

void Undo::restore() {
  for (auto& [buffer, bytes] : buffers) {
    if (!bytes.empty()) {
      std::memcpy(buffer->data(), bytes.data(), bytes.size());
    }
  }
  // In place: kernels point at the rings.
  for (auto& [state, copies] : rings) {
    std::copy(copies.begin(), copies.end(), state->history.begin());
  }
  for (auto& [set, lists] : events) {
    memory.events[set].lists = std::move(lists);
  }
  memory.board.turn(); // back: the step before is on the other page still
  for (Backlog* backlog : backlogs) {
    backlog->forgetAll();
  }
  for (auto& [delivery, waiting] : calendars) {
    delivery->calendars = std::move(waiting);
  }
  for (auto& [bound, past] : arrivals) {
    bound->arrivals = std::move(past);
  }
}

} // namespace nissl::cpu
