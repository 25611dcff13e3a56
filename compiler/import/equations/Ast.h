// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Equations as trees.
#pragma once

#include "compiler/import/Source.h"
#include "dialects/neuro/Dimension.h"

#include <memory>
#include <string>
#include <vector>

namespace nissl::import {

enum class ExprKind {
  Number,  ///< text
  Name,    ///< text, with its dots
  Unit,    ///< text: a name right after a number ("5 mV"), which can only be a unit
  Negate,  ///< one argument
  Not,     ///< one argument
  Binary,  ///< text: + - * / **
  Compare, ///< text: < <= > >= == !=
  Logical, ///< text: and, or
  Call,    ///< text: the function
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

/// A node; [begin, end) are bytes of `text`'s source. Typing fills what follows `arguments`.
struct Expr {
  ExprKind kind;
  std::string text;
  size_t begin = 0;
  size_t end = 0;
  std::vector<ExprPtr> arguments;
  std::shared_ptr<const Text> origin; ///< a called function's body stands elsewhere than its call

  neuro::Dimension dimension;
  bool boolean = false;
  bool constant = false; ///< numbers and units alone
  bool flexible = false; ///< a literal 0 or inf, which fits every dimension
  std::string symbol;    ///< of a name: the quantity's symbol
  std::string owner;     ///< of a name: the population or projection that has it, if it is not at hand

  Span span() const { return origin->span(begin, end); }
  std::string_view written() const { return std::string_view(origin->text).substr(begin, end - begin); }
  ExprPtr clone() const;
};

enum class StatementKind {
  Rate,    ///< dx/dt = value
  Next,    ///< next(x) = value
  Assign,  ///< x = value; x += value and the like are expanded
  Deliver, ///< deliver(x, value)
  Restore, ///< restore(x)
};

/// One equation or action; `name` is the left-hand side.
struct Statement {
  StatementKind kind;
  std::string name;
  Span nameSpan;
  ExprPtr value;
  std::shared_ptr<const Text> origin;
};

} // namespace nissl::import
