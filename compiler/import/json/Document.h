// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A JSON text as a tree that knows where each value stands.
#pragma once

#include "compiler/import/Diagnostic.h"

#include <memory>
#include <string>
#include <vector>

namespace nissl::import {

enum class NodeKind { Null, Boolean, Number, String, Array, Object };

/// A JSON value. Members keep the order of the file; a key occurs once.
struct Node {
  struct Member;

  NodeKind kind = NodeKind::Null;
  bool boolean = false;
  double number = 0.0;
  std::string string;
  std::vector<Node> elements;
  std::vector<Member> members;
  std::shared_ptr<const Source> source;
  size_t begin = 0;
  size_t end = 0;

  bool isString() const { return kind == NodeKind::String; }
  bool isNumber() const { return kind == NodeKind::Number; }
  bool isArray() const { return kind == NodeKind::Array; }
  bool isObject() const { return kind == NodeKind::Object; }
  /// The value of a key, or null.
  const Node* get(std::string_view key) const;
  Span span() const { return {source, begin, end}; }
  /// A string's text with the place of every byte; a number's text as written.
  Text text() const;
};

/// A key and its value.
struct Node::Member {
  std::string key;
  Span keySpan;
  Node value;
  /// The key's text with the place of every byte.
  Text keyText() const;
};

/// The members of an object that may be absent.
const std::vector<Node::Member>& membersOf(const Node* node);
/// The elements of an array that may be absent.
const std::vector<Node>& elementsOf(const Node* node);

/// "an object", "a string", … for messages.
std::string_view nameOf(NodeKind kind);

/// Parses a whole JSON text; null after saying what is wrong. Keys that occur twice are errors.
std::unique_ptr<Node> parseJson(const std::shared_ptr<const Source>& source, DiagnosticList& diagnostics);

} // namespace nissl::import
