// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Expressions without names.
#pragma once

#include "compiler/import/equations/Ast.h"

#include <cmath>
#include <optional>
#include <string>

namespace nissl::import {

/// The value of an expression without names. A number times a power of ten (a literal, units, products and
/// quotients of them: "0.2/ms", "-65 mV") is rounded once, so that "0.1 ms" is the same number as 1e-4;
/// other sums and products as they are computed. Nothing for any other expression.
std::optional<double> constantValue(const Expr& typed);

/// A number as it is written ("-1.5e3") times 10^exponent, rounded once.
double scaledLiteral(const std::string& literal, int exponent);

/// The power of ten of a typed expression that holds nothing but units, such as "(mV*ms)".
std::optional<int> unitExponent(const Expr& typed);

/// A whole number that is no absurd exponent.
inline bool isWhole(double number) { return std::abs(number) < 1000.0 && number == std::floor(number); }

} // namespace nissl::import
