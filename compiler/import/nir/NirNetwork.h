// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A NIR file with its nested graphs flattened and every node's size known.
#pragma once

#include "compiler/import/nir/NirGraph.h"
#include "compiler/import/nir/NirProblem.h"
#include "compiler/import/nir/NirType.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace nissl::nir {

/// A node of the flat network; pointers lead into the NirFile, which must live on.
struct NetworkNode {
  const NirNode* node = nullptr;
  const NirTypeRule* rule = nullptr;
  std::optional<std::size_t> inSize, outSize;
  /// An Input or Output of a nested graph: hands on what it gets.
  bool passes = false;
};

struct NetworkEdge {
  std::size_t from, to;
};

struct NirNetwork {
  std::vector<NetworkNode> nodes; ///< as in the file, nested graphs in place
  std::vector<NetworkEdge> edges; ///< none touches a node that passes
};

/// Checks nodes and edges of every graph in `file`, lists everything that is wrong with them, and flattens.
/// Returned nodes are complete and fit together only where `problems` got no error.
NirNetwork flatten(const NirFile& file, NirProblems& problems);

} // namespace nissl::nir
