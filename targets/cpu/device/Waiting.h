// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which tables let post spikes wait; see Backlog.h.
#pragma once

#include "runtime/program/Program.h"

namespace nissl::cpu {

/// A traversal back whose synapses may wait, and how many steps before all catch up.
struct Waiting {
  const program::Action* back = nullptr; ///< null: none may, or it does not pay
  bool decays = false; ///< what the sources have, so that most of it is computed again, not kept
  size_t steps = 0;
  size_t bytesOfSource = 0; ///< that are kept of each
};

/// Of a table with about so many synapses, shared out among `ranks`.
Waiting findWaiting(const program::Program& program, program::Index table, double synapses, unsigned ranks);

/// Whether an action is one of every step: neither inside another nor of the setup.
bool inSchedule(const program::Program& program, const program::Action& action);
/// Whether an operand of a traversal back is what the sources have.
bool ofSource(const program::Program& program, const program::Operand& operand);

} // namespace nissl::cpu
