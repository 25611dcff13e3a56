// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A NIR graph as its file holds it, before anything is believed about it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nissl::nir {

/// A numeric dataset, widened to double. Row-major; an empty shape is a scalar with one value.
struct NirArray {
  std::vector<std::size_t> shape;
  std::vector<double> values;
};

/// The datasets of a group by name: numbers and texts. std::map, so that listings are deterministic.
struct NirFields {
  std::map<std::string, NirArray> arrays;
  std::map<std::string, std::string> texts;
};

struct NirNode;

/// An edge as written: names of nodes of the same graph.
using NirEdge = std::pair<std::string, std::string>;

/// The nodes and edges of one graph. Nodes are in alphabetical order, edges in the order of the file.
struct NirGraph {
  std::vector<NirNode> nodes;
  std::vector<NirEdge> edges;
};

/// One node. `path` names it from the root with '/' between levels, which no HDF5 name contains.
struct NirNode {
  std::string name;
  std::string path;
  std::string type;
  NirFields fields;
  NirFields metadata;
  /// Only a NIRGraph has one.
  std::unique_ptr<NirGraph> graph;
};

/// A whole file.
struct NirFile {
  std::string path;
  std::string version; ///< empty where the file names none
  NirNode root;        ///< a NIRGraph; its path is ""
};

} // namespace nissl::nir
