// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The six neuron types of NIR, discretised: forward Euler, the current first, then the voltage with the new
// current, then the threshold (strict), the reset in the same step.
#pragma once

#include "compiler/import/nir/NirOptions.h"
#include "compiler/import/nir/NirPlan.h"
#include "compiler/import/nir/StepWriter.h"

#include <string>

namespace nissl::nir {

/// What the rest of the program may name of a signal; empty where it has no such thing.
struct SignalNames {
  std::string label; ///< what the others begin with
  std::string extent;
  std::string value;  ///< a continuous state that others read
  std::string events; ///< spikes
  std::string port;   ///< what it sums
};

/// Appends the map of a neuron node and declares what only it uses. What `names` holds is declared already;
/// `value` is the voltage. dt is in the file's time unit.
void writeNeuron(StepWriter& writer, const PlanSignal& signal, const SignalNames& names, double dt,
                 NirReset reset);

/// Likewise for a sum: value = port + bias.
void writeSum(StepWriter& writer, const PlanSignal& signal, const SignalNames& names);

} // namespace nissl::nir
