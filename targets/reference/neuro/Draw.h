// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The random numbers that the target draws too (architecture §4, "Random numbers").
#pragma once

#include "targets/reference/neuro/Population.h"

namespace nissl::reference {

/// Whose number it is. The stream is named after who draws, `stream` ends the name (".rand", ".noise").
struct DrawPlace {
  std::string drawer, stream;
  uint64_t entity = 0; ///< a cell's position, or that of a synapse
  bool isSynapse = false;
  int64_t place = 0, step = 0;
  bool isSetup = false; ///< from the structure seed
};

/// `mean` is that of Poisson numbers.
Quantity draw(const Network& network, const Forms& forms, neuro::Distribution distribution,
              const DrawPlace& at, const Quantity& mean);

} // namespace nissl::reference
