// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Networks whose synapses meet post spikes, for tests: rows so long that a device may let the spikes wait.
#pragma once

#include <string>

namespace nissl::conformance {

struct PostSpikes {
  int cells = 260;
  std::string type = "f64";     ///< of all states
  std::string lag = "";         ///< of what is read of the source: "", "lag 2" or "lag delay"
  std::string visit = "arrive"; ///< or "emit": what goes along rows
  std::string when = "";        ///< actions around the traversal back: "" or "step.every 3 offset 1"
  bool rare = false;            ///< whether cells fire, and what decays rises, in few steps
  bool two = false;             ///< whether two states of the source are read
  bool decays = false;          ///< whether what is read of the source decays in most steps, a float
  bool second = false; ///< whether the cells have synapses at others too, which fire in some steps only
};

/// Cells, all joined to all, that fire every fourth step or so (rare: every 128th), in no order; but 20 never
/// do. What a synapse does at one spike does not commute with what it does at another.
std::string postSpikes(const PostSpikes& network);

} // namespace nissl::conformance
