// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dimensions and truth values of equations.
#pragma once

#include "compiler/import/equations/Constants.h"
#include "compiler/import/equations/Names.h"
#include "compiler/import/equations/Units.h"

namespace nissl::import {

/// Finds what each name is, puts functions of the description in place, and gives each node its dimension.
/// Every operator is checked; false after saying what is wrong.
bool typeExpression(Expr& expr, Names& names, DiagnosticList& diagnostics);

/// Checks that a typed expression has the dimension that `what` ("the rate of 'v'") needs.
bool expectDimension(const Expr& expr, const neuro::Dimension& expected, std::string_view what,
                     DiagnosticList& diagnostics);

} // namespace nissl::import
