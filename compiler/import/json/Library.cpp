// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/json/Library.h"

#include "compiler/import/equations/Lexer.h"
#include "compiler/import/equations/Parser.h"
#include "compiler/import/json/Fields.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

using namespace nissl::import;
namespace fs = std::filesystem;

const Node* Library::find(const Table& table, std::string_view name) {
  auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second->value;
}

std::vector<std::string> Library::names(const Table& table) {
  std::vector<std::string> all;
  for (const auto& [name, member] : table) {
    all.push_back(name);
  }
  return all;
}

const Function* Library::findFunction(std::string_view name) const {
  auto found = functions.find(name);
  return found == functions.end() ? nullptr : &found->second;
}

const Node* Library::load(const std::string& path) {
  const Node* root = parseFile(path, {});
  return root && !diagnostics.hasErrors() ? root : nullptr;
}

const Node* Library::parseFile(const std::string& path, const Span& use) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  // A folder opens and reads as nothing.
  if (!stream.good() || fs::is_directory(path)) {
    diagnostics.error(Code::CannotRead, use, fmt::format("cannot read {}", path));
    return nullptr;
  }
  std::error_code ignored;
  std::string identity = fs::weakly_canonical(path, ignored).string();
  loaded.insert(identity);
  std::unique_ptr<Node> parsed = parseJson(std::make_shared<Source>(path, text.str()), diagnostics);
  if (!parsed) {
    return nullptr;
  }
  const Node& root = *documents.emplace_back(std::move(parsed));
  if (!root.isObject()) {
    wrongKind(root, "an object", "a description", diagnostics);
    return nullptr;
  }
  open.push_back(identity);
  bool ok = readImports(root, path);
  open.pop_back();
  define(root, "cells", cells);
  define(root, "receptors", receptors);
  define(root, "rules", rules);
  defineFunctions(root);
  return ok ? &root : nullptr;
}

bool Library::readImports(const Node& root, const std::string& path) {
  bool ok = true;
  for (const Node* name : Fields(root, "the description", diagnostics).strings("import")) {
    std::vector<fs::path> tried = {fs::path(path).parent_path() / name->string};
    for (const std::string& folder : options.searchPaths) {
      tried.push_back(fs::path(folder) / name->string);
    }
    auto found =
        std::find_if(tried.begin(), tried.end(), [](const fs::path& p) { return fs::is_regular_file(p); });
    if (found == tried.end()) {
      Diagnostic& error = diagnostics.error(Code::CannotRead, name->span(),
                                            fmt::format("there is no file \"{}\"", name->string));
      std::string list;
      for (const fs::path& p : tried) {
        list += (list.empty() ? "" : ", ") + p.lexically_normal().string();
      }
      error.suggest("looked for " + list);
      ok = false;
      continue;
    }
    std::error_code ignored;
    std::string identity = fs::weakly_canonical(*found, ignored).string();
    if (std::find(open.begin(), open.end(), identity) != open.end()) {
      diagnostics.error(Code::ImportCycle, name->span(), fmt::format("\"{}\" imports itself", name->string));
      ok = false;
    } else if (!loaded.contains(identity)) {
      ok = parseFile(found->lexically_normal().string(), name->span()) && ok;
    }
  }
  return ok;
}

void Library::define(const Node& root, std::string_view key, Table& table) {
  const Node* section = Fields(root, "the description", diagnostics).object(key);
  if (!section) {
    return;
  }
  for (const Node::Member& member : section->members) {
    auto [known, isNew] = table.try_emplace(member.key, &member);
    if (!isNew) {
      diagnostics
          .error(Code::Redefinition, member.keySpan,
                 fmt::format("\"{}\" under \"{}\" is defined twice", member.key, key))
          .note(known->second->keySpan, "the first definition is here");
    }
  }
}

void Library::defineFunctions(const Node& root) {
  const Node* section = Fields(root, "the description", diagnostics).object("functions");
  if (!section) {
    return;
  }
  for (const Node::Member& member : section->members) {
    std::vector<Token> head = tokenize(member.keyText(), diagnostics);
    std::optional<Function> function = Function();
    bool closes = head.size() >= 4 && head[0].kind == TokenKind::Name && head[1].is("(") &&
                  head[head.size() - 2].is(")");
    for (size_t i = 2; closes && i + 2 < head.size(); ++i) {
      bool isName = i % 2 == 0;
      closes = isName ? head[i].kind == TokenKind::Name : head[i].is(",");
      if (isName) {
        function->parameters.push_back(head[i].text);
      }
    }
    if (!closes) {
      diagnostics.error(Code::EquationSyntax, member.keySpan,
                        "a function is named as it is called: \"f(x, y)\"");
      continue;
    }
    if (!member.value.isString()) {
      wrongKind(member.value, "a string", "a function", diagnostics);
      continue;
    }
    function->body = parseExpression(member.value.text(), diagnostics);
    if (function->body && !functions.try_emplace(head[0].text, std::move(*function)).second) {
      diagnostics.error(Code::Redefinition, member.keySpan,
                        fmt::format("the function '{}' is defined twice", head[0].text));
    }
  }
}
