// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which tables let post spikes wait; see Backlog.h.
#pragma once

#include "runtime/program/Program.h"

namespace nissl::cpu {

/// A traversal back whose synapses may wait, and how many steps with events before all catch up.
struct Waiting {
  const program::Action* back = nullptr; ///< null: none may, or it does not pay
  size_t steps = 0;
};

/// For which a number of a step fits into two bytes.
inline constexpr size_t mostSteps = 4096;
/// Of a table with about so many synapses, shared out among `ranks`.
Waiting findWaiting(const program::Program& program, program::Index table, double synapses, unsigned ranks);
/// Bytes that are kept for a synapse of such a table, at most.
inline constexpr size_t backlogBytes = 17;

/// Whether an operand of a traversal back is what the sources have.
bool ofSource(const program::Program& program, const program::Operand& operand);

} // namespace nissl::cpu
