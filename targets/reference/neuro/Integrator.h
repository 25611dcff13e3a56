// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The update groups of a cell over one step, each by its method.
#pragma once

#include "targets/reference/neuro/Population.h"

namespace nissl::reference {

/// Advances the variables of `scope` by one step (architecture §4, phase 4). Throws NS0622 where a method
/// does not fit an equation.
void integrate(CellScope& scope);

/// x(h) of x' = a x + b, from the exponential of the matrix [[a, b], [0, 0]] h. `size` is b's; `a` is stored
/// by rows.
std::vector<double> solveLinear(const std::vector<double>& a, const std::vector<double>& b,
                                const std::vector<double>& x, double h);

} // namespace nissl::reference
