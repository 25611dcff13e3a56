// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One step on all threads. Every thread walks the whole schedule and computes its own parts; where one needs
// what others computed they meet.
#pragma once

#include "runtime/device/Device.h"
#include "targets/cpu/device/Exchange.h"
#include "targets/cpu/device/Memory.h"
#include "targets/cpu/device/Schedule.h"
#include "targets/cpu/device/ThreadTeam.h"

#include <exception>
#include <span>
#include <vector>

namespace nissl::cpu {

/// What random numbers and step.now depend on.
struct Moment {
  int64_t step = 0;
  uint64_t seed = 0;
};

class Execution {
public:
  /// `exchange` with other ranks, or null.
  Execution(const program::Program& program, Memory& memory, ThreadTeam& team, Exchange* exchange);

  /// Walks `actions`. The observer hears events, and the sample where `samples`; what it throws is thrown
  /// here, after the walk.
  void run(std::span<BoundAction> actions, Moment moment, runtime::StepObserver* observer);
  /// Ends the step: what arrived is gone, also where no map clears it.
  void clearArrived();

  /// What kernels met since it was last asked, or-ed.
  uint64_t takeFaults();
  uint64_t synapticOps() const;
  void setSynapticOps(uint64_t count);

private:
  /// On a cache line of its own, as each thread counts for itself.
  struct alignas(cacheLine) Counts {
    uint64_t faults = 0, synapticOps = 0;
  };

  void walk(std::span<BoundAction> actions, unsigned thread);
  void map(BoundAction& bound, unsigned thread);
  void traverse(BoundAction& bound, unsigned thread);
  void deliver(Delivery& delivery, unsigned thread);
  void visitRows(const BoundAction& bound, unsigned number, void* const* operands, KernelCall& call);
  void visitList(const BoundAction& bound, unsigned number, void* const* operands, KernelCall& call);
  void push(program::Index state, unsigned thread);
  void restore(program::Index state, unsigned thread);
  void reduce(const program::Action& action);
  std::vector<std::byte> valuesOf(program::Index state) const;
  std::vector<uint32_t> endsOf(program::Index table, bool sources) const;
  void noteInfinite(program::Index state);
  void* const* operandsOf(BoundAction& bound, unsigned part);
  KernelCall newCall(const BoundAction& bound) const;
  void fetch(std::span<const Subject> subjects, unsigned thread);
  void fetchEvents(std::span<const BoundAction> actions, bool atOnce);
  void showEvents(const BoundAction& bound);
  template <typename Call>
  void show(Call call);

  const program::Program& program;
  Memory& memory;
  ThreadTeam& team;
  Exchange* exchange;
  std::vector<Counts> counts; ///< by thread
  std::vector<bool> cleared;  ///< by port: whether a map clears it
  Moment moment;
  runtime::StepObserver* observer = nullptr;
  bool samples = false;        ///< whether the observer wants this step's
  std::vector<uint32_t> shown; ///< to the observer
  std::exception_ptr thrown;   ///< by the observer
};

} // namespace nissl::cpu
