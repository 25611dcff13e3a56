// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contributions of static synapses, added to their ports in the step in which they arrive.
#pragma once

#include "targets/cpu/device/Bundle.h"

#include <deque>
#include <span>
#include <vector>

namespace nissl::cpu {

/// Traversals that are `due`, which follow each other in the schedule.
class Delivery {
public:
  /// Some synapses of a row, with one delay.
  struct Segment {
    uint32_t bundle, length;
    uint64_t begin;
  };
  /// What waits for a step, in the order in which it is added: where it lies, or copies of short segments.
  struct Page {
    std::vector<Segment> segments;
    Bundle::Copies copies;
  };
  /// By step of arrival modulo the size.
  using Calendar = std::vector<Page>;

  /// Takes over the synapses of the actions' tables, which keep no columns of their own.
  Delivery(std::span<const program::Action> actions, const program::Program& program, const CodeImage& code,
           Memory& memory, const ForEachThread& forEachThread);

  /// On every thread, when the events of a step are complete: asks for what they make.
  void list(unsigned thread, const Memory& memory);
  /// Files it: of step `now`, how many synapses. It may come later, in the order of the steps, as long as it
  /// comes before the last of what is due is added.
  uint64_t file(unsigned thread, int64_t now);
  /// On every thread: adds what is due in step `now`. The faults that it met.
  uint64_t add(unsigned thread, int64_t now);

  const std::span<const program::Action> actions;
  std::vector<Calendar> calendars; ///< by thread

private:
  struct Plan {
    KernelFunction run;
    std::vector<const program::Action*> members;
  };
  struct Row {
    uint32_t bundle;
    int64_t row;
  };
  /// On lines of its own, as every thread lists its rows at the same time.
  struct alignas(apart) Emitting {
    std::vector<Row> rows; ///< of a step
    bool copies = false;   ///< what rows have, as segments are short
  };
  std::vector<Plan> plan(const CodeImage& code, const Memory& memory) const;
  bool takes(const std::vector<Plan>& plans, size_t p, const program::Action& action, KernelFunction run,
             const Memory& memory) const;
  bool likeCode(const program::Action& a, const program::Action& b) const;
  bool fit(std::span<const program::Action* const> all, const Memory& memory) const;
  std::byte* stretchOf(std::span<const program::Action* const> all, unsigned thread,
                       const Memory& memory) const;
  bool alike(const std::vector<Plan>& plans) const;
  std::byte* firstTarget(const program::Action& action, unsigned thread, const Memory& memory) const;

  const program::Program& program;
  std::vector<std::vector<Bundle>> bundles; ///< by thread, in the order in which they deliver
  std::vector<Emitting> emitting;           ///< by thread
};

/// A delivery for each run of `due` actions in the program's schedule.
std::deque<Delivery> makeDeliveries(const program::Program& program, const CodeImage& code, Memory& memory,
                                    const ForEachThread& forEachThread);

} // namespace nissl::cpu
