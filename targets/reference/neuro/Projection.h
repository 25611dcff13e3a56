// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A projection as the reference interpreter sees it: its synapses, with the target's values.
#pragma once

#include "targets/reference/neuro/Population.h"

#include <set>

namespace nissl::reference {

/// A variable of a projection's rules on the target, and as the reference computes it. Its positions are
/// synapses, source cells, target cells, or the projection alone.
struct RuleVariable {
  neuro::Scope scope = neuro::Scope::Synapse;
  neuro::RuleOp rule; ///< null for the weight of a projection whose rules have none
  program::Index state = program::none;
  std::vector<double> initial, before, after, next; ///< on the target, around the present step
  std::vector<Quantity> now;                        ///< the reference's, as the step goes on
  /// The same of earlier steps, as far as synapses look back; `late` is what programs saw.
  struct Past {
    std::vector<double> before, after;
    std::vector<Quantity> late;
  };
  std::map<int64_t, Past> past;
};

/// Synapses are numbered in table order: by source, then by their place in the source's row.
struct Projection {
  /// Expands the table of that name. Throws NS0621 where the program lacks it or a variable.
  Projection(Network& network, neuro::ProjectionOp op, runtime::Device& device,
             const program::Program& program);
  size_t size() const { return targets.size(); }
  /// How many values a variable of that scope has.
  size_t sizeOf(neuro::Scope scope) const;
  /// Notes what the events of these source cells bring. `stamp` is the step whose beginning is their time.
  void emit(int64_t stamp, const std::set<int64_t>& cells);
  /// Adds to a port of a target cell.
  void deliver(llvm::StringRef toPort, uint32_t cell, int64_t step, const Quantity& value,
               const Forms& forms);
  /// Moves the target's values on to the next step.
  void endStep(int64_t step);

  std::string name, port;
  neuro::ProjectionOp op;
  Population *source = nullptr, *target = nullptr; ///< no source where spikes come from outside
  llvm::SmallVector<neuro::RuleOp> rules;
  bool deliversWeight = false; ///< no rule delivers

  program::Index events = program::none, postEvents = program::none;
  int64_t sourceSize = 0;
  std::pair<int64_t, int64_t> sourceView, targetView; ///< [begin, end)
  std::vector<uint64_t> rowStart;
  std::vector<uint32_t> sources, targets, ordinals;
  std::vector<std::vector<uint32_t>> ofTarget; ///< synapses by target cell
  std::vector<int64_t> delays;                 ///< steps from the event to the synapse
  std::vector<double> weights;                 ///< where there is no variable w
  program::Index delayState = program::none;
  int64_t dendritic = 0, back = 0, reach = 0;

  std::map<std::string, RuleVariable> variables;
  std::map<std::string, Quantity> parameters;        ///< by "RULE.NAME"; those that are not modulated
  std::map<int64_t, std::vector<uint32_t>> arriving; ///< synapses, by the step in which events reach them
  std::map<int64_t, std::set<int64_t>> spikes, postSpikes; ///< of source and target cells, by stamp
};

std::vector<Quantity> exactly(const std::vector<double>& values);

/// A reduction over all `values`, or by source or target cell of `projection`, whose synapses they belong to.
std::vector<Quantity> reduceValues(neuro::ReduceOp op, const std::vector<Quantity>& values,
                                   const Projection* projection, const Forms& forms);

} // namespace nissl::reference
