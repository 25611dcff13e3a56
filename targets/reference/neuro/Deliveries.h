// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What spikes bring to ports over synapses without rules.
#pragma once

#include "targets/reference/neuro/Population.h"

#include <set>

namespace nissl::reference {

/// One projection whose synapses add their weights to a port. Weights and delays that differ between synapses
/// are the target's.
class Deliveries {
public:
  /// Says why the projection is not interpreted; empty where it is.
  static std::string refusal(neuro::ProjectionOp op);

  /// Expands the table of that name. Throws NS0621 where the program has none.
  Deliveries(Network& network, neuro::ProjectionOp op, runtime::Device& device,
             const program::Program& program);
  /// Notes what the spikes of these cells bring. `stamp` is the step whose beginning is their time.
  void emit(int64_t stamp, const std::set<int64_t>& cells);

  program::Index events = program::none; ///< of the source
  bool fromCells = false; ///< their events bear the end of the step, those of sources its beginning

private:
  Population* target;
  std::string port;
  int64_t firstSource = 0;
  std::vector<uint64_t> rowStart;
  std::vector<uint32_t> targets;
  std::vector<double> weights;
  std::vector<int64_t> delays; ///< in steps
};

} // namespace nissl::reference
