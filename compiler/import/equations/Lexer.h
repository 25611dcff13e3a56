// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tokens of an equation.
#pragma once

#include "compiler/import/Diagnostic.h"

#include <string>
#include <vector>

namespace nissl::import {

enum class TokenKind { Number, Name, Symbol, End };

/// `text` of a symbol is one of + - * / ** ( ) , = += -= *= /= < <= > >= == !=
struct Token {
  TokenKind kind;
  std::string text;
  size_t begin;
  size_t end;

  bool is(std::string_view symbol) const { return kind == TokenKind::Symbol && text == symbol; }
  bool isWord(std::string_view word) const { return kind == TokenKind::Name && text == word; }
};

/// The tokens of a text, ending with one of kind End. Names may have dots (`post.y`) and an
/// index (`dend[3].v`). Returns nothing and
/// says why where a character begins no token.
std::vector<Token> tokenize(const Text& text, DiagnosticList& diagnostics);

} // namespace nissl::import
