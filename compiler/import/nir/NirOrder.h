// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Order of a network's work in a step: graph algorithms on indices, without NIR and without IR.
#pragma once

#include "compiler/import/nir/NirNetwork.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nissl::nir {

/// For each edge, whether it reads the step before: inside a strongly connected part, every edge that does
/// not increase the distance from the inputs (in nodes; unreachable nodes count as 0).
std::vector<bool> previousStepEdges(const std::vector<bool>& isInput, const std::vector<NetworkEdge>& edges);

/// A topological order of acyclic `edges`; among nodes that are free to go, by name.
std::vector<std::size_t> workOrder(const std::vector<std::string>& names,
                                   const std::vector<NetworkEdge>& edges);

/// How many steps each node is behind the inputs where an edge takes at least one step, except out of an
/// input: the smallest depths with depth(to) - depth(from) + (previous ? 1 : 0) >= (from is input ? 0 : 1).
/// Where a loop forbids any, `cycle` names it and the depths mean nothing.
std::vector<std::int64_t> pipelineDepths(const std::vector<bool>& isInput,
                                         const std::vector<NetworkEdge>& edges,
                                         const std::vector<bool>& previous, std::vector<std::size_t>& cycle);

} // namespace nissl::nir
