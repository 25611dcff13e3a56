// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Everything that descriptions define by name before there is a network: cells, receptors, rules, functions.
#pragma once

#include "compiler/import/equations/Names.h"
#include "compiler/import/json/Document.h"

#include <map>
#include <set>

namespace nissl::import {

/// Where "import" looks for a file after the importing file's own folder.
struct JsonOptions {
  std::vector<std::string> searchPaths;
};

class Library {
public:
  explicit Library(JsonOptions options, DiagnosticList& diagnostics)
      : options(std::move(options)), diagnostics(diagnostics) {}

  /// Reads a file and all it imports; the root of its tree, or null after saying what is wrong.
  const Node* load(const std::string& path);

  const Node* findCell(std::string_view name) const { return find(cells, name); }
  const Node* findReceptor(std::string_view name) const { return find(receptors, name); }
  const Node* findRule(std::string_view name) const { return find(rules, name); }
  const Function* findFunction(std::string_view name) const;
  std::vector<std::string> cellNames() const { return names(cells); }
  std::vector<std::string> receptorNames() const { return names(receptors); }
  std::vector<std::string> ruleNames() const { return names(rules); }

private:
  using Table = std::map<std::string, const Node::Member*, std::less<>>;

  const Node* parseFile(const std::string& path, const Span& use);
  bool readImports(const Node& root, const std::string& path);
  void define(const Node& root, std::string_view key, Table& table);
  void defineFunctions(const Node& root);
  static const Node* find(const Table& table, std::string_view name);
  static std::vector<std::string> names(const Table& table);

  JsonOptions options;
  DiagnosticList& diagnostics;
  std::vector<std::unique_ptr<Node>> documents;
  std::set<std::string> loaded;
  std::vector<std::string> open;
  Table cells, receptors, rules;
  std::map<std::string, Function, std::less<>> functions;
};

} // namespace nissl::import
