// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Steps on all threads. Every thread walks the whole schedule and computes its own parts; where one needs
// what others computed they meet.
#pragma once

#include "runtime/device/Device.h"
#include "targets/cpu/device/Exchange.h"
#include "targets/cpu/device/Memory.h"
#include "targets/cpu/device/Schedule.h"
#include "targets/cpu/device/ThreadTeam.h"

#include <exception>
#include <optional>
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

  /// Walks `actions`, which are a setup or the beginning of a step. The observer hears events, and the sample
  /// where it wants one; what it throws is thrown here, after the walk.
  void run(std::span<BoundAction> actions, Moment when, runtime::StepObserver* hears);
  /// Does `steps` steps from `when` on, of which the observer wants a sample in the first at most, or fewer:
  /// none after one in which kernels met a fault or the observer threw. How many were done without either.
  /// With other ranks no more than `postpone` found, and they tell each other once.
  int64_t advance(std::span<BoundAction> schedule, Moment when, int64_t steps, runtime::StepObserver* hears);

  /// What kernels met since it was last asked, or-ed.
  uint64_t takeFaults();
  uint64_t synapticOps() const;
  void setSynapticOps(uint64_t count);

private:
  /// What a thread keeps for itself, on cache lines of its own.
  struct alignas(apart) Worker {
    Moment moment;
    int64_t done = 0; ///< steps of an advance
    uint64_t synapticOps = 0;
    uint64_t faults = 0;         ///< that were met
    uint64_t early = 0;          ///< that were met before the step began
    std::vector<int64_t> rows;   ///< that a traversal visits
    std::vector<uint32_t> shown; ///< to the observer, by the first thread
  };

  void begin(Moment when, runtime::StepObserver* hears, std::span<BoundAction> actions);
  void rethrow();
  bool doStep(std::span<BoundAction> schedule, unsigned thread, bool isLast);
  bool hasToStop(unsigned thread) const;
  void moveRings(unsigned thread);
  void clearArrived(unsigned thread);
  void keepEvents(unsigned thread);
  void postKept(unsigned thread, int64_t step);
  void takeOthers(int64_t step);
  void deliverPostponed(std::span<BoundAction> schedule, unsigned thread, Moment first, int64_t steps);
  void showEnd(int64_t step);
  void walk(std::span<BoundAction> actions, unsigned thread);
  BoundAction& inStep(BoundAction& bound, unsigned thread) const;
  void map(BoundAction& bound, unsigned thread);
  void compute(BoundAction& bound, unsigned thread, Part owned);
  void traverse(BoundAction& bound, unsigned thread);
  void deliver(Delivery& delivery, unsigned thread);
  void keepArrivals(BoundAction& bound, unsigned thread);
  void visitRows(const BoundAction& bound, unsigned number, void* const* operands, KernelCall& call);
  void visitList(const BoundAction& bound, unsigned number, void* const* operands, KernelCall& call);
  void push(program::Index state, unsigned thread);
  void restore(program::Index state, unsigned thread);
  void reduce(const program::Action& action);
  std::vector<std::byte> valuesOf(program::Index state) const;
  std::vector<uint32_t> endsOf(program::Index table, bool sources) const;
  void noteInfinite(program::Index state);
  void* const* operandsOf(BoundAction& bound, unsigned part);
  KernelCall newCall(const BoundAction& bound, unsigned thread) const;
  void fetch(std::span<const Subject> subjects, unsigned thread);
  void showEvents(std::span<const program::Index> sets, int64_t step);
  /// An observer that throws must not leave the other threads waiting: it hears nothing more.
  template <typename Call>
  void show(Call call) {
    if (thrown) {
      return;
    }
    try {
      call();
    } catch (...) {
      thrown = std::current_exception();
      if (exchange) {
        exchange->ranks.fail(thrown); // the others may wait for what it was about to read
      }
    }
  }

  const program::Program& program;
  Memory& memory;
  ThreadTeam& team;
  Exchange* exchange;
  std::vector<Worker> workers; ///< by thread
  std::vector<bool> cleared;   ///< by port: whether a map clears it
  runtime::StepObserver* observer = nullptr;
  bool samples = false;              ///< whether the observer wants the first step's
  std::vector<program::Index> later; ///< sets that the actions write and nothing reads before the next step
  std::vector<program::Index> shownAtEnd; ///< of a step, to the observer
  std::exception_ptr thrown;              ///< by the observer, to the first thread
  bool showsAlone = false; ///< whether nothing that is shown at a step's end changes before the next one's
  bool postpones = false;  ///< whether an advance does so
  std::vector<std::vector<EventLists>> kept; ///< where it does, by step and by set of `later`
};

} // namespace nissl::cpu
