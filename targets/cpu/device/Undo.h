// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What actions may change in a program's memory, kept so that they can be undone.
#pragma once

#include "targets/cpu/device/Memory.h"
#include "targets/cpu/device/Schedule.h"

#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace nissl::cpu {

/// Copies what `actions` may change: states of extents and of the tables they visit, ports, events,
/// histories. Static synapses, which are most of the memory, are not among them.
class Undo {
public:
  Undo(const program::Program& program, Memory& memory, std::span<BoundAction> actions);
  /// Gives the memory what it held when this was made.
  void restore();

private:
  void keep(Buffer& buffer);
  void keepSlots();
  void keepCells();
  void keepState(const program::Program& program, program::Index state);
  void keepChangesOf(const program::Program& program, BoundAction& bound);

  Memory& memory;
  std::map<Buffer*, std::vector<std::byte>> buffers;
  std::map<StateMemory*, std::vector<Ring>> rings;
  std::map<program::Index, std::vector<std::vector<uint32_t>>> events;
  std::map<Delivery*, std::vector<Delivery::Calendar>> calendars;
  std::set<Backlog*> backlogs;
  std::map<BoundAction*, std::vector<PastEvents>> arrivals;
};

} // namespace nissl::cpu
