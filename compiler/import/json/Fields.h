// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading the members of a JSON object with the mistakes that people make.
#pragma once

#include "compiler/import/json/Document.h"

#include <initializer_list>
#include <optional>

namespace nissl::import {

/// The members of one object. Every getter reports a value of the wrong kind and returns nothing.
class Fields {
public:
  /// `what` names the object in messages ("a cell"). A node that is no object is reported, and then
  /// there are no members.
  Fields(const Node& node, std::string what, DiagnosticList& diagnostics);

  /// Reports every member that is not among the known ones, with the nearest known one. A name that ends in
  /// a space allows any key that begins so ("every ").
  void allow(std::initializer_list<std::string_view> known) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// The value of a key of any kind, or null.
  const Node* find(std::string_view key) const { return node.isObject() ? node.get(key) : nullptr; }
  /// The same, but reports its absence.
  const Node* need(std::string_view key) const;
  const Node* object(std::string_view key) const { return ofKind(key, NodeKind::Object); }
  const Node* array(std::string_view key) const { return ofKind(key, NodeKind::Array); }
  const Node* string(std::string_view key) const { return ofKind(key, NodeKind::String); }
  bool flag(std::string_view key, bool otherwise) const;
  /// A whole number of at least `least`.
  std::optional<int64_t> whole(std::string_view key, int64_t least) const;
  /// An array of strings; a single string counts as one. Empty if the key is absent.
  std::vector<const Node*> strings(std::string_view key) const;

private:
  const Node* ofKind(std::string_view key, NodeKind kind) const;

  const Node& node;
  std::string what;
  DiagnosticList& diagnostics;
};

/// Reports that a node is not what is expected ("a string or a number").
void wrongKind(const Node& node, std::string_view expected, std::string_view where,
               DiagnosticList& diagnostics);

/// The node as a whole number in [least, 2^53), or nothing after saying what is wrong.
std::optional<int64_t> wholeNumber(const Node& node, std::string_view where, int64_t least,
                                   DiagnosticList& diagnostics);

} // namespace nissl::import
