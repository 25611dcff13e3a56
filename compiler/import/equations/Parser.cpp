// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/equations/Parser.h"
#include "compiler/import/equations/Lexer.h"

#include <fmt/format.h>

using namespace nissl::import;

ExprPtr Expr::clone() const {
  auto copy = std::make_unique<Expr>();
  copy->kind = kind;
  copy->text = text;
  copy->begin = begin;
  copy->end = end;
  copy->origin = origin;
  for (const ExprPtr& argument : arguments) {
    copy->arguments.push_back(argument->clone());
  }
  return copy;
}

namespace {

/// Recursive descent; every method returns null once something was said.
class Parser {
public:
  Parser(const Text& text, DiagnosticList& diagnostics)
      : origin(std::make_shared<Text>(text)), diagnostics(diagnostics), tokens(tokenize(text, diagnostics)) {}

  bool isReady();
  ExprPtr expression();
  std::optional<Statement> statement();
  bool atEnd();

private:
  ExprPtr conjunction();
  ExprPtr negation();
  ExprPtr comparison();
  ExprPtr sum();
  ExprPtr product();
  ExprPtr sign();
  ExprPtr power();
  ExprPtr atom();
  ExprPtr call(const Token& name);
  std::optional<Statement> rate();
  std::optional<Statement> wordStatement(StatementKind kind);

  const Token& peek(size_t ahead = 0) const { return tokens[std::min(at + ahead, tokens.size() - 1)]; }
  Token take() { return tokens[at + 1 < tokens.size() ? at++ : at]; }
  bool expect(std::string_view symbol, std::string_view why);
  void complain(const Token& token, std::string message, std::string help = "");
  ExprPtr make(ExprKind kind, std::string text, size_t begin, size_t end) {
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    expr->text = std::move(text);
    expr->begin = begin;
    expr->end = end;
    expr->origin = origin;
    return expr;
  }
  ExprPtr make(ExprKind kind, std::string text, ExprPtr left, ExprPtr right) {
    ExprPtr expr = make(kind, std::move(text), left->begin, right->end);
    expr->arguments.push_back(std::move(left));
    expr->arguments.push_back(std::move(right));
    return expr;
  }

  std::shared_ptr<const Text> origin;
  DiagnosticList& diagnostics;
  std::vector<Token> tokens;
  size_t at = 0;
  int depth = 0;
};

/// Deeper than any equation that a person writes, and far from the end of the stack.
constexpr int maxDepth = 200;

} // namespace

/// Trees are walked by recursion, so a sum of very many terms is refused as well.
static constexpr size_t maxTokens = 4000;

bool Parser::isReady() {
  if (tokens.size() > maxTokens) {
    complain(tokens[maxTokens], "the equation is too long", "split it into derived quantities");
    return false;
  }
  return !tokens.empty();
}

static std::string found(const Token& token) {
  return token.kind == TokenKind::End ? "the end" : fmt::format("'{}'", token.text);
}

void Parser::complain(const Token& token, std::string message, std::string help) {
  size_t end = std::max(token.end, std::min(token.begin + 1, origin->text.size()));
  diagnostics.error(Code::EquationSyntax, origin->span(token.begin, end), std::move(message))
      .suggest(std::move(help));
}

bool Parser::expect(std::string_view symbol, std::string_view why) {
  if (peek().is(symbol)) {
    take();
    return true;
  }
  complain(peek(), fmt::format("expected '{}' {}, found {}", symbol, why, found(peek())));
  return false;
}

bool Parser::atEnd() {
  if (peek().kind == TokenKind::End) {
    return true;
  }
  std::string help =
      peek().is("=") ? "an equation stands where a value is expected; equality is written ==" : "";
  complain(peek(), fmt::format("expected an operator or the end, found {}", found(peek())), help);
  return false;
}

ExprPtr Parser::expression() {
  ExprPtr left = conjunction();
  while (left && peek().isWord("or")) {
    take();
    ExprPtr right = conjunction();
    left = right ? make(ExprKind::Logical, "or", std::move(left), std::move(right)) : nullptr;
  }
  return left;
}

ExprPtr Parser::conjunction() {
  ExprPtr left = negation();
  while (left && peek().isWord("and")) {
    take();
    ExprPtr right = negation();
    left = right ? make(ExprKind::Logical, "and", std::move(left), std::move(right)) : nullptr;
  }
  return left;
}

ExprPtr Parser::negation() {
  if (!peek().isWord("not")) {
    return comparison();
  }
  if (depth > maxDepth) {
    complain(peek(), "the equation is nested too deeply");
    return nullptr;
  }
  ++depth;
  Token word = take();
  ExprPtr inner = negation();
  --depth;
  if (!inner) {
    return nullptr;
  }
  ExprPtr expr = make(ExprKind::Not, "not", word.begin, inner->end);
  expr->arguments.push_back(std::move(inner));
  return expr;
}

ExprPtr Parser::comparison() {
  auto isComparison = [](const Token& token) {
    return token.is("<") || token.is("<=") || token.is(">") || token.is(">=") || token.is("==") ||
           token.is("!=");
  };
  ExprPtr left = sum();
  if (!left || !isComparison(peek())) {
    return left;
  }
  Token symbol = take();
  ExprPtr right = sum();
  if (!right) {
    return nullptr;
  }
  if (isComparison(peek())) {
    complain(peek(), "comparisons do not chain", "write a < b and b < c");
    return nullptr;
  }
  return make(ExprKind::Compare, symbol.text, std::move(left), std::move(right));
}

ExprPtr Parser::sum() {
  ExprPtr left = product();
  while (left && (peek().is("+") || peek().is("-"))) {
    Token symbol = take();
    ExprPtr right = product();
    left = right ? make(ExprKind::Binary, symbol.text, std::move(left), std::move(right)) : nullptr;
  }
  return left;
}

ExprPtr Parser::product() {
  ExprPtr left = sign();
  while (left && (peek().is("*") || peek().is("/"))) {
    Token symbol = take();
    ExprPtr right = sign();
    left = right ? make(ExprKind::Binary, symbol.text, std::move(left), std::move(right)) : nullptr;
  }
  return left;
}

ExprPtr Parser::sign() {
  if (depth > maxDepth) {
    complain(peek(), "the equation is nested too deeply");
    return nullptr;
  }
  ++depth;
  ExprPtr result;
  if (peek().is("-") || peek().is("+")) {
    Token symbol = take();
    result = sign();
    if (result && symbol.is("-")) {
      ExprPtr negated = make(ExprKind::Negate, "-", symbol.begin, result->end);
      negated->arguments.push_back(std::move(result));
      result = std::move(negated);
    }
  } else {
    result = power();
  }
  --depth;
  return result;
}

ExprPtr Parser::power() {
  ExprPtr base = atom();
  // "5 mV**2" is 5 (mV**2): the power belongs to the unit.
  ExprPtr number;
  if (base && base->kind == ExprKind::Number && peek().kind == TokenKind::Name && !peek().isWord("and") &&
      !peek().isWord("or") && !peek().isWord("not")) {
    Token unit = take();
    number = std::move(base);
    base = make(ExprKind::Unit, unit.text, unit.begin, unit.end);
  }
  if (base && peek().is("**")) {
    take();
    ExprPtr exponent = sign();
    base = exponent ? make(ExprKind::Binary, "**", std::move(base), std::move(exponent)) : nullptr;
  }
  return number && base ? make(ExprKind::Binary, "*", std::move(number), std::move(base)) : std::move(base);
}

ExprPtr Parser::atom() {
  const Token token = peek();
  if (token.kind == TokenKind::Number) {
    take();
    return make(ExprKind::Number, token.text, token.begin, token.end);
  }
  if (token.kind == TokenKind::Name && !token.isWord("and") && !token.isWord("or") && !token.isWord("not")) {
    take();
    return peek().is("(") ? call(token) : make(ExprKind::Name, token.text, token.begin, token.end);
  }
  if (token.is("(")) {
    take();
    ExprPtr inner = expression();
    if (!inner || !expect(")", "after the expression in parentheses")) {
      return nullptr;
    }
    inner->begin = token.begin;
    inner->end = tokens[at - 1].end;
    return inner;
  }
  complain(token, fmt::format("expected a number, a name or '(', found {}", found(token)));
  return nullptr;
}

ExprPtr Parser::call(const Token& name) {
  take();
  ExprPtr expr = make(ExprKind::Call, name.text, name.begin, name.end);
  while (!peek().is(")")) {
    if (!expr->arguments.empty() && !expect(",", "or ')' after an argument")) {
      return nullptr;
    }
    ExprPtr argument = expression();
    if (!argument) {
      return nullptr;
    }
    expr->arguments.push_back(std::move(argument));
  }
  expr->end = take().end;
  return expr;
}

//===-- Statements -------------------------------------------------------------------------------===//

std::optional<Statement> Parser::rate() {
  Token name = take();
  take();
  take();
  if (!expect("=", "after the derivative")) {
    return std::nullopt;
  }
  ExprPtr value = expression();
  if (!value || !atEnd()) {
    return std::nullopt;
  }
  return Statement{StatementKind::Rate, name.text.substr(1), origin->span(name.begin + 1, name.end),
                   std::move(value), origin};
}

/// next(x) = value, deliver(x, value), restore(x)
std::optional<Statement> Parser::wordStatement(StatementKind kind) {
  Token word = take();
  take();
  Token name = take();
  if (name.kind != TokenKind::Name) {
    complain(name, fmt::format("expected a name after '{}(', found {}", word.text, found(name)));
    return std::nullopt;
  }
  ExprPtr value;
  if (kind == StatementKind::Deliver) {
    if (!expect(",", "between port and value") || !(value = expression())) {
      return std::nullopt;
    }
  }
  if (!expect(")", fmt::format("to end '{}(…'", word.text))) {
    return std::nullopt;
  }
  if (kind == StatementKind::Next) {
    if (!expect("=", "after 'next(…)'") || !(value = expression())) {
      return std::nullopt;
    }
  }
  if (!atEnd()) {
    return std::nullopt;
  }
  return Statement{kind, name.text, origin->span(name.begin, name.end), std::move(value), origin};
}

std::optional<Statement> Parser::statement() {
  if (peek().kind == TokenKind::Name && peek().text.size() > 1 && peek().text[0] == 'd' && peek(1).is("/") &&
      peek(2).isWord("dt") && peek(3).is("=")) {
    return rate();
  }
  for (auto [word, kind] :
       {std::pair("next", StatementKind::Next), std::pair("deliver", StatementKind::Deliver),
        std::pair("restore", StatementKind::Restore)}) {
    if (peek().isWord(word) && peek(1).is("(")) {
      return wordStatement(kind);
    }
  }
  Token name = peek();
  Token symbol = peek(1);
  bool assigns = symbol.is("=") || symbol.is("+=") || symbol.is("-=") || symbol.is("*=") || symbol.is("/=");
  if (name.kind != TokenKind::Name || !assigns) {
    complain(name, fmt::format("expected an equation, found {}", found(name)),
             "write dx/dt = …, next(x) = …, x = …, x += … or deliver(port, …)");
    return std::nullopt;
  }
  take();
  take();
  ExprPtr value = expression();
  if (!value || !atEnd()) {
    return std::nullopt;
  }
  if (!symbol.is("=")) {
    ExprPtr left = make(ExprKind::Name, name.text, name.begin, name.end);
    value = make(ExprKind::Binary, symbol.text.substr(0, 1), std::move(left), std::move(value));
  }
  return Statement{StatementKind::Assign, name.text, origin->span(name.begin, name.end), std::move(value),
                   origin};
}

ExprPtr nissl::import::parseExpression(const Text& text, DiagnosticList& diagnostics) {
  Parser parser(text, diagnostics);
  ExprPtr expr = parser.isReady() ? parser.expression() : nullptr;
  return expr && parser.atEnd() ? std::move(expr) : nullptr;
}

std::optional<Statement> nissl::import::parseStatement(const Text& text, DiagnosticList& diagnostics) {
  Parser parser(text, diagnostics);
  return parser.isReady() ? parser.statement() : std::nullopt;
}
