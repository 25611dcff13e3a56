// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One node by itself: is its type built, are its fields there and of the right shape and range.
#pragma once

#include "compiler/import/nir/NirNetwork.h"

namespace nissl::nir {

/// Lists what is wrong with `node` and fills in its type rule and the sizes that it states itself.
NetworkNode checkNode(const NirNode& node, NirProblems& problems);

/// "node 'a/b'" or "the root graph".
std::string whereNode(const NirNode& node);

} // namespace nissl::nir
