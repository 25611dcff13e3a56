// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NIR prescribes no discretisation: these choices change spikes, so each is explicit and recorded.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace nissl::nir {

/// Seconds in one unit of the file's time constants.
enum class NirTimeUnit { seconds, milliseconds };

/// What a spike does to the potential.
enum class NirReset {
  toValue,          ///< v = v_reset
  subtract,         ///< v -= v_threshold
  subtractSnntorch, ///< as snnTorch with reset_delay=False: a v that was left above threshold loses one
                    ///< threshold before the comparison, and gets it back where it then does not spike
};

/// What a spike is worth to what receives it.
enum class NirSpikes {
  sample, ///< the value 1 for one step
  delta,  ///< a Dirac pulse: the value 1/dt, dt in the file's time unit
};

/// What the host gives to an Input.
enum class NirInputs {
  graded, ///< any value; it multiplies the weights
  spikes, ///< 0 or 1; whatever is not 0 counts as one spike
};

/// When a layer sees the layer before it.
enum class NirAlignment {
  sameStep,  ///< in the same step; only loops use the previous step
  pipelined, ///< one step later per layer, other paths delayed alike: for machines without same-step edges
};

struct NirOptions {
  std::optional<double> dt; ///< seconds; without it the file's metadata must hold 'dt' in its time unit
  NirTimeUnit timeUnit = NirTimeUnit::seconds;
  NirReset reset = NirReset::toValue;
  NirSpikes spikes = NirSpikes::sample;
  NirInputs inputs = NirInputs::graded;
  NirAlignment alignment = NirAlignment::sameStep;
  /// What the host promises about graded inputs: [low, high], kept by saturation in fixed-point programs,
  /// which need it. Spikes are in [0, 1].
  std::optional<std::pair<double, double>> inputBounds;
  /// Likewise of every neuron's voltage: for neurons without a leak, whose range has no proof.
  std::optional<std::pair<double, double>> voltageBounds;
  bool recordVoltage =
      false; ///< a probe on every neuron's voltage; the other options change spikes, this does not

  double secondsPerUnit() const { return timeUnit == NirTimeUnit::seconds ? 1.0 : 1.0e-3; }
};

/// "time-unit=s reset=to_value …": how an artefact records the choices.
std::string optionsText(const NirOptions& options);

} // namespace nissl::nir
