// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The actions of a program with what their execution needs, found once when the program is loaded.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/CodeImage.h"
#include "targets/cpu/device/Delivery.h"
#include "targets/cpu/device/Memory.h"

#include <deque>
#include <vector>

namespace nissl::cpu {

class Backlog;

/// Something that one part may read of another.
struct Subject {
  enum class Kind { State, History, Events, Backlog };

  Kind kind = Kind::State;
  program::Index index = program::none;

  auto operator<=>(const Subject&) const = default;
};

/// Newest first.
struct alignas(apart) PastEvents {
  std::deque<std::vector<uint32_t>> lists;
};

struct BoundAction {
  const program::Action* action = nullptr; ///< of a delivery the first
  Delivery* delivery = nullptr;            ///< what it does, of traversals that are due
  Backlog* backlog = nullptr;              ///< of a traversed table whose post spikes wait
  KernelFunction run = nullptr;            ///< of maps and traversals
  const program::Kernel* kernel = nullptr; ///< likewise
  unsigned blocks = 1;                     ///< of the traversed table, per thread
  /// Of a map whose cells have so many arrays that the processor does not foresee them: bytes per cell, by
  /// operand.
  std::vector<size_t> fetched;
  int64_t piece = 0;                        ///< of a map: cells that are computed in one call
  std::vector<std::vector<void*>> operands; ///< of the kernel, by thread * blocks + block
  std::vector<std::vector<Column>> columns; ///< of the traversed table, likewise
  size_t ahead = 0;                         ///< rows of it that are asked for before they are visited
  std::vector<unsigned> moving;             ///< operands that point elsewhere in every step
  /// Threads meet before it: it reads what another thread may have written since they met, or writes what one
  /// may have read.
  bool meets = false;
  /// Where there are other ranks: what it reads of theirs, and what it writes.
  std::vector<Subject> reads, writes;
  /// With other ranks: it may wait until others' events of several steps are brought at once.
  bool postpones = false;
  /// An observer has to hear of its events before the step ends: they may be overwritten, or not be there.
  bool showsAtOnce = false;
  /// The same with counts in place of sums (PortCounts.h), where its ports have them; else empty.
  std::vector<BoundAction> counting;
  std::vector<program::Index> counted; ///< ports whose arrivals it counts itself
  /// Of a traversal on arrival, by thread: each keeps the events for itself.
  std::vector<PastEvents> arrivals;
  std::vector<BoundAction> body; ///< of Every and When
};

using Schedule = std::vector<BoundAction>;

/// Bytes of a cell by operand of a map.
std::vector<size_t> widthsOf(const program::Program& program, const program::Kernel& kernel);

/// Binds actions to memory that outlives them; a delivery stands for its actions. All threads stand at the
/// beginning of `actions` together. Those of a step are done again and again.
Schedule bindSchedule(const std::vector<program::Action>& actions, const program::Program& program,
                      const CodeImage& code, Memory& memory, std::deque<Delivery>& deliveries,
                      std::deque<Backlog>& backlogs);

/// For how many steps ranks need nothing of each other, where they bring events of all these steps at once:
/// the least delay, and one more, where all that they read is events of static synapses; else 1. Marks those
/// actions.
int64_t postpone(Schedule& schedule, const program::Program& program, const Memory& memory);

/// Where an operand of an action points for a thread, and for a part of the traversed table, at this moment.
void* pointerOf(const program::Program& program, Memory& memory, const program::Action& action,
                const program::Operand& operand, unsigned thread, unsigned part);

} // namespace nissl::cpu
