// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/json/Document.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace nissl::import;

const Node* Node::get(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) {
      return &member.value;
    }
  }
  return nullptr;
}

const std::vector<Node::Member>& nissl::import::membersOf(const Node* node) {
  static const std::vector<Node::Member> none;
  return node ? node->members : none;
}

const std::vector<Node>& nissl::import::elementsOf(const Node* node) {
  static const std::vector<Node> none;
  return node ? node->elements : none;
}

std::string_view nissl::import::nameOf(NodeKind kind) {
  switch (kind) {
  case NodeKind::Null:
    return "null";
  case NodeKind::Boolean:
    return "a truth value";
  case NodeKind::Number:
    return "a number";
  case NodeKind::String:
    return "a string";
  case NodeKind::Array:
    return "an array";
  case NodeKind::Object:
    return "an object";
  }
  return "";
}

/// The text of a JSON string whose quotes stand at begin and end - 1, mapped byte by byte.
static Text unquote(const std::string& decoded, const std::shared_ptr<const Source>& source, size_t begin,
                    size_t end) {
  Text text{decoded, source, {}};
  std::string_view raw = source->text().substr(0, end - 1);
  for (size_t at = begin + 1; at < raw.size();) {
    size_t length = 1, bytes = 1;
    if (raw[at] == '\\' && at + 1 < raw.size()) {
      length = 2;
      if (raw[at + 1] == 'u') {
        unsigned code = std::stoul(std::string(raw.substr(at + 2, 4)), nullptr, 16);
        bool isPair = code >= 0xD800 && code < 0xDC00;
        length = isPair ? 12 : 6;
        bytes = isPair ? 4 : code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
      }
    }
    text.offsets.insert(text.offsets.end(), bytes, at);
    at += length;
  }
  text.offsets.push_back(end - 1);
  return text;
}

Text Node::text() const {
  if (isString()) {
    return unquote(string, source, begin, end);
  }
  Text text{std::string(source->text().substr(begin, end - begin)), source, {}};
  for (size_t at = begin; at <= end; ++at) {
    text.offsets.push_back(at);
  }
  return text;
}

Text Node::Member::keyText() const { return unquote(key, keySpan.source, keySpan.begin, keySpan.end); }

namespace {

/// Walks over the text and tells the tree builder how far the lexer has come.
class CountingIterator {
public:
  using difference_type = std::ptrdiff_t;
  using value_type = char;
  using pointer = const char*;
  using reference = const char&;
  using iterator_category = std::input_iterator_tag;

  CountingIterator(const char* at, size_t* consumed) : at(at), consumed(consumed) {}
  const char& operator*() const { return *at; }
  CountingIterator& operator++() {
    ++at;
    ++*consumed;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at == other.at; }

private:
  const char* at;
  size_t* consumed;
};

/// Builds nodes from nlohmann's events. The library gives no positions: a token begins at the first byte
/// after the one before that is neither space nor ':' nor ','.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
public:
  TreeBuilder(std::shared_ptr<const Source> source, const size_t& consumed, DiagnosticList& diagnostics)
      : source(std::move(source)), consumed(consumed), diagnostics(diagnostics) {}

  std::unique_ptr<Node> take() { return std::move(root); }

  bool null() override { return scalar(NodeKind::Null); }
  bool boolean(bool value) override {
    return scalar(NodeKind::Boolean, [&](Node& node) { node.boolean = value; });
  }
  bool number_integer(number_integer_t value) override { return number(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool string(string_t& value) override {
    return scalar(NodeKind::String, [&](Node& node) { node.string = std::move(value); });
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(NodeKind::Object); }
  bool start_array(std::size_t) override { return open(NodeKind::Array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override;
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override;

private:
  /// A description nested deeper than this is none.
  static constexpr size_t maxDepth = 100;

  size_t tokenBegin() const {
    size_t at = source->text().find_first_not_of(" \t\r\n:,", last);
    return at == std::string_view::npos ? source->text().size() : at;
  }
  /// A number is known to be over one byte late, except at the end of the text.
  size_t tokenEnd(NodeKind kind, size_t begin) const {
    if (kind != NodeKind::Number) {
      return consumed;
    }
    size_t at = source->text().find_first_not_of("+-.0123456789eE", begin);
    return at == std::string_view::npos ? source->text().size() : at;
  }
  Node* add(NodeKind kind) {
    Node* node = nullptr;
    if (stack.empty()) {
      root = std::make_unique<Node>();
      node = root.get();
    } else if (stack.back()->isArray()) {
      node = &stack.back()->elements.emplace_back();
    } else {
      node = &stack.back()->members.back().value;
    }
    node->kind = kind;
    node->source = source;
    node->begin = tokenBegin();
    return node;
  }
  template <typename Fill = void (*)(Node&)>
  bool scalar(NodeKind kind, Fill fill = [](Node&) {}) {
    Node* node = add(kind);
    node->end = last = tokenEnd(kind, node->begin);
    fill(*node);
    return true;
  }
  bool number(double value) {
    return scalar(NodeKind::Number, [&](Node& node) { node.number = value; });
  }
  bool open(NodeKind kind) {
    Node* node = add(kind);
    last = consumed;
    stack.push_back(node);
    if (stack.size() > maxDepth) {
      diagnostics.error(Code::JsonSyntax, {source, node->begin, consumed}, "the file is nested too deeply");
      return false;
    }
    return true;
  }
  bool close() {
    stack.back()->end = last = consumed;
    stack.pop_back();
    return true;
  }

  std::shared_ptr<const Source> source;
  const size_t& consumed;
  DiagnosticList& diagnostics;
  std::unique_ptr<Node> root;
  std::vector<Node*> stack;
  size_t last = 0;
};

} // namespace

bool TreeBuilder::key(string_t& value) {
  Span span{source, tokenBegin(), consumed};
  last = consumed;
  for (const Node::Member& member : stack.back()->members) {
    if (member.key == value) {
      diagnostics.error(Code::DuplicateKey, span, fmt::format("\"{}\" occurs twice in this object", value))
          .note(member.keySpan, "the first one is here");
    }
  }
  stack.back()->members.push_back({std::move(value), std::move(span), {}});
  return true;
}

bool TreeBuilder::parse_error(std::size_t position, const std::string&,
                              const nlohmann::json::exception& error) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while …": only the end
  // says what the excerpt does not.
  std::string what = error.what();
  size_t begin = what.find("; ") == std::string::npos ? what.find(": ") : what.find("; ");
  std::string reason = begin == std::string::npos ? what : what.substr(begin + 2);
  size_t at = std::min(position == 0 ? 0 : position - 1, source->text().size());
  diagnostics.error(Code::JsonSyntax, {source, at, at + 1}, "this is no JSON: " + reason);
  return false;
}

std::unique_ptr<Node> nissl::import::parseJson(const std::shared_ptr<const Source>& source,
                                               DiagnosticList& diagnostics) {
  size_t consumed = 0;
  const char* begin = source->text().data();
  TreeBuilder builder(source, consumed, diagnostics);
  bool complete =
      nlohmann::json::sax_parse(CountingIterator(begin, &consumed),
                                CountingIterator(begin + source->text().size(), &consumed), &builder);
  return complete && !diagnostics.hasErrors() ? builder.take() : nullptr;
}
