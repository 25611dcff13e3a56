// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a projection does in one step of the description: arrivals, equations and programs, from the target's
// values. Results are in RuleVariable::now and in what the ports are due.
#pragma once

#include "targets/reference/neuro/RuleScope.h"

namespace nissl::reference {

class Rules {
public:
  Rules(Network& network, Projection& projection, int64_t step, const Forms& forms)
      : network(network), projection(projection), step(step), forms(forms) {}

  /// Phase 1, from the values before arrivals.
  void arrive();
  /// Phase 4, from the values after arrivals; notes what programs see of traces.
  void integrate();
  /// Phase 6, from the state that phase 4 has left.
  void runPrograms();

private:
  void jump(neuro::Scope side);
  void onPre(bool preJumped, bool postJumped);
  void onPost(bool preJumped, bool postJumped);
  void runAll(RuleScope& scope, neuro::ProgramKind kind);
  void run(RuleScope& scope, neuro::ProgramOp program, int64_t due);
  void restore(neuro::ProgramOp program);
  bool comesNow(neuro::TriggerOp trigger);
  bool has(neuro::ProgramKind kind);

  Network& network;
  Projection& projection;
  const int64_t step;
  const Forms& forms;
  RuleScope::Reductions reductions;
};

} // namespace nissl::reference
