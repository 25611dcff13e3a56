// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/TreeSolver.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

using Neighbours = SmallVector<llvm::SmallSetVector<unsigned, 4>>;

/// In the order of their elimination: an unknown and the one that then remains beside it, itself for a root.
struct Elimination {
  SmallVector<std::pair<unsigned, unsigned>> order;
  Neighbours rest; ///< what no leaf's removal reaches
};

/// Takes off leaves, layer by layer.
Elimination eliminate(ArrayRef<TreeRow> rows) {
  Elimination result;
  result.rest.resize(rows.size());
  for (auto [i, row] : llvm::enumerate(rows)) {
    for (auto& [j, value] : row.others) {
      result.rest[i].insert(j);
      result.rest[j].insert(i);
    }
  }
  SmallVector<unsigned> layer, next;
  for (unsigned i = 0; i < rows.size(); ++i) {
    if (result.rest[i].size() <= 1) {
      layer.push_back(i);
    }
  }
  for (; !layer.empty(); std::swap(layer, next), next.clear()) {
    for (unsigned leaf : layer) {
      // The other end of the last link is a root by now.
      unsigned parent = result.rest[leaf].empty() ? leaf : result.rest[leaf].front();
      result.order.emplace_back(leaf, parent);
      result.rest[leaf].clear();
      if (parent != leaf) {
        result.rest[parent].remove(leaf);
        if (result.rest[parent].size() == 1) {
          next.push_back(parent);
        }
      }
    }
  }
  return result;
}

} // namespace

SmallVector<unsigned> findCycle(ArrayRef<TreeRow> rows) {
  Neighbours rest = eliminate(rows).rest;
  auto start = llvm::find_if(rest, [](const auto& neighbours) { return !neighbours.empty(); });
  if (start == rest.end()) {
    return {};
  }
  // Whoever is left has two neighbours at least: a walk that never turns back meets itself.
  llvm::SmallSetVector<unsigned, 16> walk;
  unsigned at = start - rest.begin(), before = at;
  while (walk.insert(at)) {
    unsigned next = rest[at][0] == before ? rest[at][1] : rest[at][0];
    before = at;
    at = next;
  }
  return SmallVector<unsigned>(llvm::find(walk, at), walk.end());
}

SmallVector<Value> solveTree(BodyWriter& body, ArrayRef<TreeRow> rows) {
  SmallVector<std::pair<unsigned, unsigned>> order = eliminate(rows).order;
  SmallVector<Value> diagonals, constants, inverses(rows.size()), solution(rows.size());
  for (const TreeRow& row : rows) {
    diagonals.push_back(row.diagonal);
    constants.push_back(row.constant);
  }
  for (auto [leaf, parent] : order) {
    inverses[leaf] = body.divide(body.constant(1.0), diagonals[leaf]);
    if (parent != leaf) {
      Value factor = body.multiply(rows[parent].others.lookup(leaf), inverses[leaf]);
      diagonals[parent] =
          body.subtract(diagonals[parent], body.multiply(factor, rows[leaf].others.lookup(parent)));
      constants[parent] = body.subtract(constants[parent], body.multiply(factor, constants[leaf]));
    }
  }
  for (auto [leaf, parent] : llvm::reverse(order)) {
    Value other =
        parent == leaf ? Value() : body.multiply(rows[leaf].others.lookup(parent), solution[parent]);
    solution[leaf] = body.multiply(body.subtract(constants[leaf], other), inverses[leaf]);
  }
  return solution;
}

} // namespace nissl::conversion
