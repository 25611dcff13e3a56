// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Text to trees.
#pragma once

#include "compiler/import/Diagnostic.h"
#include "compiler/import/equations/Ast.h"

#include <optional>

namespace nissl::import {

/// An expression, or null after saying what is wrong.
ExprPtr parseExpression(const Text& text, DiagnosticList& diagnostics);

/// An equation or action, or nothing after saying what is wrong.
std::optional<Statement> parseStatement(const Text& text, DiagnosticList& diagnostics);

} // namespace nissl::import
