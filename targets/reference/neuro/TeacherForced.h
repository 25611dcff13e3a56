// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A target's run held against the meaning of its neuro.network, step by step (architecture §4, "Equality"):
// each step of the interpreter starts from the target's own state and events, so errors do not add up and
// chaos does not matter.
#pragma once

#include "runtime/device/Device.h"
#include "targets/reference/neuro/Population.h"

#include <functional>
#include <set>

namespace nissl::reference {

/// A value of the target that is not what the interpreter gets.
struct Deviation {
  std::string name; ///< "E.v"
  int64_t cell = 0, step = 0;
  double found = 0.0, expected = 0.0;
  double error = 0.0; ///< relative to the terms the value is made of
};

/// An event that the target has and the interpreter has not, or the other way round.
struct Disagreement {
  std::string event;
  int64_t cell = 0, step = 0;
  bool found = false;
};

struct Comparison {
  bool agrees() const { return deviations == 0 && disagreements == 0; }
  /// A few lines for a person: what was compared, the worst error, what was skipped and why.
  std::string text() const;

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

/// Watches one run from its first step. Every state of the cells, parameters and initial values included, is
/// read from the device at both sampling moments of a step.
class TeacherForced final : public runtime::StepObserver {
public:
  /// `network` is what `program` was compiled from; all three must outlive the object. Throws NS0621 where
  /// the program lacks a state or event of the network.
  TeacherForced(neuro::NetworkOp network, runtime::Device& device, const program::Program& program,
                double bound, uint64_t dynamicsSeed);
  /// To be called with what the device's setInput gets.
  void setInput(const std::string& name, std::span<const double> values);
  void onEvents(program::Index events, int64_t step, std::span<const uint32_t> cells) override;
  void onSample(int64_t step, bool before) override;
  /// Compares the last step; to be called once, after the run.
  const Comparison& finish();

private:
  void addPopulation(neuro::PopulationOp op);
  void readStates(std::map<std::string, std::vector<double>> Population::* into);
  void compareStart();
  void compareArrival();
  void compareStep();
  void detect(CellScope& scope);
  bool judge(CellScope& scope, EventRecord& event);
  bool isTrueOnTarget(program::Index events, int64_t cell) const;
  void compare(const std::string& name, int64_t cell, double found, const Quantity& expected);

  runtime::Device& device;
  const program::Program& program;
  Forms forms;
  Network network;
  Comparison result;
  std::map<std::string, std::vector<double>> nextInputs;
  std::map<program::Index, std::set<int64_t>> fired; ///< in the step under way
  int64_t step = 0;
  bool isFirst = true, isUnderWay = false;
};

struct ComparisonOptions {
  int64_t steps = 1000;
  uint64_t seed = 0;
  double bound = 0.0; ///< 0: that of the program's precision
  /// What the host feeds; none where it is empty.
  std::function<double(const std::string& input, int64_t step, int64_t cell)> input;
};

/// Loads `program`, compiled from `network`, into `device`, runs it and compares every step.
Comparison compare(neuro::NetworkOp network, runtime::Device& device, const program::Program& program,
                   const ComparisonOptions& options);

} // namespace nissl::reference
