// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/equations/Lexer.h"

#include <fmt/format.h>

using namespace nissl::import;

static bool isDigit(char c) { return c >= '0' && c <= '9'; }

// Every byte above ASCII is taken for a letter, so that µ and Ω are.
static bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The end of the number that begins at `at`.
static size_t endOfNumber(std::string_view text, size_t at) {
  auto digits = [&] {
    while (at < text.size() && isDigit(text[at])) {
      ++at;
    }
  };
  digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    digits();
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    size_t sign = at + 1 < text.size() && (text[at + 1] == '+' || text[at + 1] == '-') ? 1 : 0;
    if (at + 1 + sign < text.size() && isDigit(text[at + 1 + sign])) {
      at += 1 + sign;
      digits();
    }
  }
  return at;
}

/// The end of the dotted name that begins at `at`. An index belongs to its name, whatever stands in it.
static size_t endOfName(std::string_view text, size_t at) {
  while (at < text.size()) {
    size_t close = text[at] == '[' ? text.find(']', at) : std::string_view::npos;
    if (close != std::string_view::npos) {
      at = close + 1;
    } else if (isLetter(text[at]) || isDigit(text[at]) ||
               (text[at] == '.' && at + 1 < text.size() && isLetter(text[at + 1]))) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

std::vector<Token> nissl::import::tokenize(const Text& source, DiagnosticList& diagnostics) {
  static constexpr std::string_view symbols[] = {"**", "+=", "-=", "*=", "/=", "<=", ">=", "==", "!=", "+",
                                                 "-",  "*",  "/",  "(",  ")",  ",",  "=",  "<",  ">"};
  std::string_view text = source.text;
  std::vector<Token> tokens;
  for (size_t at = 0; at < text.size();) {
    char c = text[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
      continue;
    }
    if (c == '#') {
      break;
    }
    size_t end = at;
    TokenKind kind = TokenKind::Symbol;
    if (isDigit(c) || (c == '.' && at + 1 < text.size() && isDigit(text[at + 1]))) {
      kind = TokenKind::Number;
      end = endOfNumber(text, at);
    } else if (isLetter(c)) {
      kind = TokenKind::Name;
      end = endOfName(text, at);
    } else {
      for (std::string_view symbol : symbols) {
        if (end == at && text.substr(at).starts_with(symbol)) {
          end = at + symbol.size();
        }
      }
    }
    if (end == at) {
      Diagnostic& error = diagnostics.error(Code::EquationSyntax, source.span(at, at + 1),
                                            fmt::format("'{}' has no meaning in an equation", c));
      if (c == '^') {
        error.suggest("a power is written **");
      } else if (c == '&' || c == '|' || c == '!') {
        error.suggest("logic is written with 'and', 'or' and 'not'");
      }
      return {};
    }
    tokens.push_back({kind, std::string(text.substr(at, end - at)), at, end});
    at = end;
  }
  tokens.push_back({TokenKind::End, "", text.size(), text.size()});
  return tokens;
}
