// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Imports a .nir file and runs its step program on the step interpreter.
#pragma once

#include "compiler/import/nir/NirToStep.h"
#include "runtime/program/Program.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nissl::test {

/// Rows of values, one per step.
using Rows = std::vector<std::vector<double>>;

struct NirRun {
  std::string text;                   ///< of the module; empty where the import failed
  std::map<std::string, Rows> spikes; ///< 0 or 1 by the name of events, per step and element
  std::map<std::string, Rows> states; ///< by the name of extents' states: after each step
};

enum class NirPrecision { f64, f32 };

/// Runs `steps` steps with `inputs` by name; rows beyond an input's end are zero. f32 rounds every constant
/// and computes in f32.
NirRun runNir(const nir::NirReport& report, int64_t steps, const std::map<std::string, Rows>& inputs,
              NirPrecision precision = NirPrecision::f64);

} // namespace nissl::test
