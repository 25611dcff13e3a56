// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/json/Fields.h"

#include <cmath>
#include <fmt/format.h>

using namespace nissl::import;

void nissl::import::wrongKind(const Node& node, std::string_view expected, std::string_view where,
                              DiagnosticList& diagnostics) {
  diagnostics.error(Code::WrongType, node.span(),
                    fmt::format("{} is {}, expected {}", where, nameOf(node.kind), expected));
}

std::optional<int64_t> nissl::import::wholeNumber(const Node& node, std::string_view where, int64_t least,
                                                  DiagnosticList& diagnostics) {
  constexpr double exact = 9007199254740992.0; // 2^53
  if (!node.isNumber()) {
    wrongKind(node, "a whole number", where, diagnostics);
    return std::nullopt;
  }
  if (node.number != std::floor(node.number) || node.number < static_cast<double>(least) ||
      node.number >= exact) {
    diagnostics.error(
        Code::WrongValue, node.span(),
        fmt::format("{} is {}, expected a whole number of at least {}", where, node.text().text, least));
    return std::nullopt;
  }
  return static_cast<int64_t>(node.number);
}

Fields::Fields(const Node& node, std::string what, DiagnosticList& diagnostics)
    : node(node), what(std::move(what)), diagnostics(diagnostics) {
  if (!node.isObject()) {
    wrongKind(node, "an object", this->what, diagnostics);
  }
}

void Fields::allow(std::initializer_list<std::string_view> known) const {
  std::vector<std::string> candidates(known.begin(), known.end());
  for (const Node::Member& member : node.members) {
    bool isKnown = false;
    for (std::string_view key : known) {
      isKnown |= member.key == key || (key.ends_with(' ') && member.key.starts_with(key));
    }
    // A remark is allowed everywhere.
    if (isKnown || member.key == "comment") {
      continue;
    }
    std::string near = nearest(member.key, candidates);
    std::string list;
    for (const std::string& key : candidates) {
      list += (list.empty() ? "" : ", ") + key + (key.ends_with(' ') ? "…" : "");
    }
    diagnostics.error(Code::UnknownKey, member.keySpan, fmt::format("{} has no key \"{}\"", what, member.key))
        .suggest(near.empty() ? "it may have " + list
                              : fmt::format("did you mean \"{}\"? It may have {}", near, list));
  }
}

const Node* Fields::need(std::string_view key) const {
  const Node* value = find(key);
  if (!value && node.isObject()) {
    diagnostics.error(Code::MissingKey, {node.source, node.begin, node.begin + 1},
                      fmt::format("{} needs the key \"{}\"", what, key));
  }
  return value;
}

const Node* Fields::ofKind(std::string_view key, NodeKind kind) const {
  const Node* value = find(key);
  if (value && value->kind != kind) {
    wrongKind(*value, nameOf(kind), fmt::format("\"{}\" of {}", key, what), diagnostics);
    return nullptr;
  }
  return value;
}

bool Fields::flag(std::string_view key, bool otherwise) const {
  const Node* value = ofKind(key, NodeKind::Boolean);
  return value ? value->boolean : otherwise;
}

std::optional<int64_t> Fields::whole(std::string_view key, int64_t least) const {
  const Node* value = find(key);
  return value ? wholeNumber(*value, fmt::format("\"{}\" of {}", key, what), least, diagnostics)
               : std::nullopt;
}

std::vector<const Node*> Fields::strings(std::string_view key) const {
  const Node* value = find(key);
  if (!value) {
    return {};
  }
  if (value->isString()) {
    return {value};
  }
  std::vector<const Node*> list;
  if (!value->isArray()) {
    wrongKind(*value, "a string or an array of strings", fmt::format("\"{}\" of {}", key, what), diagnostics);
    return {};
  }
  for (const Node& element : value->elements) {
    if (element.isString()) {
      list.push_back(&element);
    } else {
      wrongKind(element, "a string", fmt::format("an entry of \"{}\"", key), diagnostics);
    }
  }
  return list;
}
