// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a step does, in what order, before any IR: signals, wires between them, and their timing.
#pragma once

#include "compiler/import/nir/NirNetwork.h"
#include "compiler/import/nir/NirOptions.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nissl::nir {

/// Something with a value or events per element in every step: an Input, a neuron node, or a sum (an Affine
/// that something else than a neuron reads; an Output that several nodes feed).
struct PlanSignal {
  enum class Kind { input, neuron, sum };
  Kind kind;
  const NetworkNode* node;
  std::size_t size;
  bool spikes;
  /// Sum of the biases of the Affines that feed it, one per element; empty where there is none.
  std::vector<double> bias;
  /// Steps by which it is behind the input (NirAlignment::pipelined); 0 otherwise.
  std::int64_t depth = 0;
};

/// From one signal to another, through the weights of an Affine or Linear, or straight.
struct PlanWire {
  std::size_t from, to;                 ///< signals
  const NetworkNode* weights = nullptr; ///< null: one to one, weight 1
  bool previousStep = false;            ///< belongs to a loop: reads the step before
  /// How many steps after its source's step it acts; 0 acts in the same step.
  std::int64_t lag = 0;
};

struct PlanOutput {
  const NetworkNode* node;
  std::size_t signal;
};

struct NirPlan {
  double dt = 0;                   ///< seconds
  std::vector<PlanSignal> signals; ///< in the order of their work in a step
  std::vector<PlanWire> wires;     ///< in the order in which they add: by target's order, then as in the file
  std::vector<PlanOutput> outputs;
};

/// Decides. Needs a network without errors; adds notes, warnings and, where the options cannot be met,
/// errors.
NirPlan planStep(const NirFile& file, const NirNetwork& network, const NirOptions& options,
                 NirProblems& problems);

} // namespace nissl::nir
