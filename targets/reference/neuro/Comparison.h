// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a comparison with the reference found.
#pragma once

#include "runtime/program/Program.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace nissl::reference {

/// A value of the target that is not what the interpreter gets.
struct Deviation {
  std::string text() const;

  std::string name; ///< "E.v"
  int64_t cell = 0, step = 0;
  double found = 0.0, expected = 0.0;
  double error = 0.0;               ///< relative to the terms the value is made of
  bool ofProjection = false;        ///< `name` begins with a projection, not a population
  int64_t source = -1, target = -1; ///< the cells that a synapse joins
};

/// An event that the target has and the interpreter has not, or the other way round.
struct Disagreement {
  std::string text() const;

  std::string event;
  int64_t cell = 0, step = 0;
  bool found = false;
};

struct Comparison {
  bool agrees() const { return deviations == 0 && disagreements == 0; }
  /// A few lines for a person: what was compared, the worst error, what was skipped and why.
  std::string text() const;
  /// The first thing that is not right, in words; empty where everything is.
  std::string firstText() const;
  /// The same as an object (targets/reference/README.md).
  std::string json() const;

  int64_t steps = 0;
  double bound = 0.0;
  std::set<std::string> variables, events;    ///< that were compared
  std::map<std::string, std::string> skipped; ///< variables and events that were not, and why
  uint64_t values = 0, spikes = 0;            ///< compared values; events that happened and were judged
  uint64_t excused = 0; ///< values and events next to a threshold, where either side is right
  uint64_t deviations = 0, disagreements = 0;
  Deviation worst; ///< the largest error, whether within the bound or not
  std::optional<Deviation> firstDeviation;
  std::optional<Disagreement> firstDisagreement;
};

/// The bound for a precision: 1e-9 for f64, 1e-4 for f32. Throws NS0623 for fixed, where the distance is
/// measured and not bounded.
double boundOf(program::Precision precision);

} // namespace nissl::reference
