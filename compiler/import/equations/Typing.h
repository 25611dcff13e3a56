// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dimensions and truth values of equations.
#pragma once

#include "compiler/import/equations/Names.h"
#include "compiler/import/equations/Units.h"

namespace nissl::import {

/// Finds what each name is, puts functions of the description in place, and gives each node its dimension.
/// Every operator is checked; false after saying what is wrong.
bool typeExpression(Expr& expr, Names& names, DiagnosticList& diagnostics);

/// Checks that a typed expression has the dimension that `what` ("the rate of 'v'") needs.
bool expectDimension(const Expr& expr, const neuro::Dimension& expected, std::string_view what,
                     DiagnosticList& diagnostics);

/// The value of an expression without names. A number times a power of ten (a literal, units, products and
/// quotients of them: "0.2/ms", "-65 mV") is rounded once, so that "0.1 ms" is the same number as 1e-4;
/// other sums and products as they are computed. Nothing for any other expression.
std::optional<double> constantValue(const Expr& typed);

/// The power of ten of a typed expression that holds nothing but units, such as "(mV*ms)".
std::optional<int> unitExponent(const Expr& typed);

} // namespace nissl::import
