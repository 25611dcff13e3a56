// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which edges act in the same step, in what order, and how layers are pipelined: worked out by hand.
#include "compiler/import/nir/NirOrder.h"

#include <catch2/catch.hpp>

using namespace nissl::nir;
using Edges = std::vector<NetworkEdge>;

TEST_CASE("Feedback reads the step before, whatever the order of edges", "[nir]") {
  // 0 input → 1 → 2 → 1, and 2 → 2.
  std::vector<bool> isInput = {true, false, false};
  CHECK(previousStepEdges(isInput, {{0, 1}, {1, 2}, {2, 1}, {2, 2}}) ==
        std::vector<bool>{false, false, true, true});
  CHECK(previousStepEdges(isInput, {{2, 2}, {2, 1}, {1, 2}, {0, 1}}) ==
        std::vector<bool>{true, true, false, false});
}

TEST_CASE("Two cells at the same distance treat each other alike", "[nir]") {
  std::vector<bool> isInput = {true, false, false};
  CHECK(previousStepEdges(isInput, {{0, 1}, {0, 2}, {1, 2}, {2, 1}}) ==
        std::vector<bool>{false, false, true, true});
}

TEST_CASE("Work is ordered by edges, then by name", "[nir]") {
  CHECK(workOrder({"d", "c", "b", "a"}, {{2, 3}, {2, 0}}) == std::vector<size_t>{2, 3, 1, 0}); // b a c d
}

TEST_CASE("Layers are pipelined one step each, and short cuts wait", "[nir]") {
  // 0 input → 1 → 2 → 3, 0 → 3, 1 → 1 (loop).
  std::vector<bool> isInput = {true, false, false, false};
  Edges edges = {{0, 1}, {1, 2}, {2, 3}, {0, 3}, {1, 1}};
  std::vector<size_t> cycle;
  CHECK(pipelineDepths(isInput, edges, {false, false, false, false, true}, cycle) ==
        std::vector<int64_t>{0, 0, 1, 2});
  CHECK(cycle.empty());
}

TEST_CASE("A loop of two layers with one step of delay cannot be pipelined", "[nir]") {
  std::vector<bool> isInput = {true, false, false};
  std::vector<size_t> cycle;
  pipelineDepths(isInput, {{0, 1}, {1, 2}, {2, 1}}, {false, false, true}, cycle);
  CHECK(cycle.size() == 2);
}
