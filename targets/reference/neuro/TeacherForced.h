// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A target's run held against the meaning of its neuro.network, step by step (architecture §4, "Equality"):
// each step of the interpreter starts from the target's own state and events, so errors do not add up and
// chaos does not matter.
#pragma once

#include "runtime/device/Device.h"
#include "targets/reference/neuro/Comparison.h"
#include "targets/reference/neuro/Rules.h"

#include <functional>

namespace nissl::reference {

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
  /// Compares the step that has passed; to be called after each step of the device.
  void endStep();
  const Comparison& comparison() const { return result; }

private:
  void addPopulation(neuro::PopulationOp op);
  void addProjection(neuro::ProjectionOp op);
  void deliver(bool fromCells);
  void readStates(Values Population::* into, std::vector<double> RuleVariable::* intoRules);
  void compareStart();
  void comparePopulation(Population& population);
  void compareProjection(Projection& projection);
  void compareParameter(Projection& projection, neuro::RuleOp rule, neuro::ParameterOp parameter);
  void takeInput(CellScope& scope, neuro::Applies when);
  void compareArrival();
  void compareStep();
  void compareRules(Projection& projection, std::vector<double> RuleVariable::* found);
  void detect(CellScope& scope);
  bool judge(CellScope& scope, EventRecord& event);
  void judge(const std::string& name, int64_t cell, bool found, const Quantity& expected);
  /// Whether a number of steps is so near to a half that it may be rounded up or down.
  bool isNearHalf(const Quantity& steps) const;
  void emit(CellScope& scope, EventRecord& event, bool happens);
  bool isTrueOnTarget(program::Index events, int64_t cell) const;
  /// A variable of a projection's rules says whose it is.
  void compare(const std::string& name, int64_t cell, double found, const Quantity& expected,
               const Projection* projection = nullptr, bool ofSynapse = false);

  runtime::Device& device;
  const program::Program& program;
  Forms forms;
  Network network;
  Comparison result;
  Values nextInputs;
  std::map<program::Index, std::set<int64_t>> fired; ///< in the step under way
  int64_t step = 0;
  std::string lastCompared;
  bool isFirst = true;
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
