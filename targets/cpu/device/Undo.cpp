// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Undo.h"

#include <cstring>

namespace nissl::cpu {

using program::Action;
using program::ActionKind;
using program::Index;

Undo::Undo(const program::Program& program, Memory& memory, std::span<const Action> actions)
    : memory(memory) {
  for (const Action& action : actions) {
    keepChangesOf(program, action);
  }
}

void Undo::keep(Buffer& buffer) {
  std::vector<std::byte>& copy = buffers[&buffer];
  if (copy.empty()) {
    copy.assign(buffer.data(), buffer.data() + buffer.size());
  }
}

void Undo::keepState(const program::Program& program, Index index) {
  const program::State& state = program.states[index];
  if (!state.ofTable) {
    keep(memory.states[index].values);
    return;
  }
  for (TablePart& part : memory.tables[state.owner].parts) {
    keep(part.fields[index]);
  }
}

void Undo::keepChangesOf(const program::Program& program, const Action& action) {
  switch (action.kind) {
  case ActionKind::Map:
  case ActionKind::Traverse:
    // The operands do not say what is written; an `emit` traversal writes no state.
    for (const program::Operand& operand : program.kernels[action.kernel].operands) {
      bool emits = action.kind == ActionKind::Traverse && action.traverse == program::TraverseKind::Emit;
      if (operand.kind == program::OperandKind::State && !emits) {
        keepState(program, operand.subject);
      }
    }
    for (Index port : action.writesPorts) {
      keep(memory.ports[port].slots);
    }
    for (Index set : action.writesEvents) {
      keep(memory.masks[set]);
      events.try_emplace(set, memory.events[set]);
    }
    break;
  case ActionKind::Push: {
    StateMemory& state = memory.states[action.subject];
    keep(state.pushed);
    rings.try_emplace(&state.history, state.history);
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
    for (const Action& inner : action.body) {
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
  for (auto& [ring, copy] : rings) {
    *ring = copy;
  }
  for (auto& [set, elements] : events) {
    memory.events[set] = std::move(elements);
  }
}

} // namespace nissl::cpu
