// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Who is connected with whom.
#pragma once

#include "compiler/import/json/Network.h"

namespace nissl::import {

/// What "connect" says.
struct NetworkImporter::Connect {
  neuro::ConnectKind kind = neuro::ConnectKind::AllToAll;
  int64_t count = 0;
  bool autapses = true, multapses = false;
  std::optional<ValueSpec> probability;
  std::vector<std::pair<int32_t, int32_t>> pairs; ///< ascending by source
  std::vector<size_t> order;                      ///< of each pair, its place in the file
  std::optional<ValueSpec> weights, delays;       ///< of "list" and "dense"

  neuro::ConnectAttr attribute(mlir::OpBuilder& builder) const;
};

/// Reads the "connect" of one projection.
class ConnectReader {
public:
  ConnectReader(const Projection& projection, DiagnosticList& diagnostics)
      : projection(projection), diagnostics(diagnostics) {}
  std::optional<NetworkImporter::Connect> read();

private:
  using Connect = NetworkImporter::Connect;

  bool readNamed(const Node& node, Connect& connect);
  bool readPairs(const Node& node, Connect& connect);
  bool readList(const Node& node, Connect& connect);
  bool readDense(const Node& node, const Node* unit, Connect& connect);
  bool check(const Node& node, const Connect& connect);
  bool addPair(const Node& pre, const Node& post, Connect& connect);
  void sortPairs(Connect& connect);
  int64_t sources() const { return projection.from.end - projection.from.begin; }
  int64_t targets() const { return projection.to.end - projection.to.begin; }

  const Projection& projection;
  DiagnosticList& diagnostics;
};

} // namespace nissl::import
