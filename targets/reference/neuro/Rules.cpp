// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Rules.h"

using namespace mlir;

namespace nissl::reference {

using neuro::ProgramKind;
using Moment = RuleScope::Moment;

static ArrayRef<Attribute> restoredBy(neuro::ProgramOp program) {
  return program.getRestoresAttr() ? program.getRestoresAttr().getValue() : ArrayRef<Attribute>();
}

bool Rules::has(ProgramKind kind) {
  return llvm::any_of(projection.rules, [&](neuro::RuleOp rule) {
    return llvm::any_of(rule.getBody().getOps<neuro::ProgramOp>(),
                        [&](neuro::ProgramOp program) { return program.getKind() == kind; });
  });
}

/// A body's writes happen all at once, then its deliveries; what it delivers reaches the port in step `due`.
void Rules::run(RuleScope& scope, neuro::ProgramOp program, int64_t due) {
  auto write = cast<neuro::WriteOp>(program.getBody().front().getTerminator());
  std::vector<Number> results = evaluate(program.getBody(), scope, forms);
  for (auto [target, result] : llvm::zip_equal(write.getWrites().getAsRange<neuro::WriteAttr>(), results)) {
    StringRef name = target.getTarget().getValue();
    if (target.getKind() == neuro::WriteKind::Set) {
      scope.assign(name, result.value);
    } else {
      StringRef port = name == "port" && !projection.port.empty() ? StringRef(projection.port) : name;
      projection.deliver(port, projection.targets[scope.element], due, result.value, forms);
    }
  }
}

void Rules::runAll(RuleScope& scope, ProgramKind kind) {
  for (neuro::RuleOp rule : projection.rules) {
    scope.rule = rule;
    for (neuro::ProgramOp program : rule.getBody().getOps<neuro::ProgramOp>()) {
      if (program.getKind() != kind) {
        continue;
      }
      run(scope, program, step + projection.dendritic);
      for (Attribute name : restoredBy(program)) {
        StringRef variable = cast<FlatSymbolRefAttr>(name).getValue();
        double initial = projection.variables[variable.str()].initial[scope.element];
        scope.assign(variable, Arithmetic::exact(initial));
      }
    }
  }
}

//===-- Phase 1 ------------------------------------------------------------------------------------===//

/// Once per event of a cell.
void Rules::jump(neuro::Scope side) {
  bool isPre = side == neuro::Scope::Pre;
  auto cells = (isPre ? projection.spikes : projection.postSpikes).find(step);
  if (cells == (isPre ? projection.spikes : projection.postSpikes).end()) {
    return;
  }
  for (int64_t cell : cells->second) {
    RuleScope scope(network, projection, side, cell, step, Moment::Event, reductions, forms);
    runAll(scope, isPre ? ProgramKind::PreSpike : ProgramKind::PostSpike);
  }
}

void Rules::onPre(bool preJumped, bool postJumped) {
  auto arriving = projection.arriving.find(step);
  if (arriving == projection.arriving.end()) {
    return;
  }
  auto weight = projection.variables.find("w");
  for (uint32_t synapse : arriving->second) {
    if (projection.deliversWeight) {
      Quantity value = weight == projection.variables.end()
                           ? Arithmetic::constant(projection.weights[synapse])
                           : weight->second.now[synapse];
      projection.deliver(projection.port, projection.targets[synapse], step + projection.dendritic, value,
                         forms);
    }
    if (projection.rules.empty()) {
      continue;
    }
    RuleScope scope(network, projection, neuro::Scope::Synapse, synapse, step, Moment::Event, reductions,
                    forms);
    scope.preJumped = preJumped;
    scope.postJumped = postJumped;
    runAll(scope, ProgramKind::OnPre);
  }
}

void Rules::onPost(bool preJumped, bool postJumped) {
  auto cells = projection.postSpikes.find(step - projection.back);
  if (cells == projection.postSpikes.end() || !has(ProgramKind::OnPost)) {
    return;
  }
  for (int64_t cell : cells->second) {
    for (uint32_t synapse : projection.ofTarget[cell]) {
      RuleScope scope(network, projection, neuro::Scope::Synapse, synapse, step, Moment::Event, reductions,
                      forms);
      scope.preJumped = preJumped;
      scope.postJumped = postJumped;
      runAll(scope, ProgramKind::OnPost);
    }
  }
}

/// Who comes first sees the other side as it was before; under `old` nobody sees a jump of this time.
void Rules::arrive() {
  for (auto& [name, variable] : projection.variables) {
    if (variable.rule || variable.now.empty()) {
      variable.now = exactly(variable.before);
    }
  }
  switch (projection.op.getTie()) {
  case neuro::Tie::Pre:
    jump(neuro::Scope::Pre);
    onPre(/*preJumped=*/true, /*postJumped=*/false);
    jump(neuro::Scope::Post);
    onPost(/*preJumped=*/true, /*postJumped=*/true);
    break;
  case neuro::Tie::Post:
    jump(neuro::Scope::Post);
    onPost(/*preJumped=*/false, /*postJumped=*/true);
    jump(neuro::Scope::Pre);
    onPre(/*preJumped=*/true, /*postJumped=*/true);
    break;
  case neuro::Tie::Old:
    onPre(/*preJumped=*/false, /*postJumped=*/false);
    onPost(/*preJumped=*/false, /*postJumped=*/false);
    jump(neuro::Scope::Pre);
    jump(neuro::Scope::Post);
    break;
  }
}

//===-- Phases 4 and 6 -----------------------------------------------------------------------------===//

void Rules::integrate() {
  if (projection.rules.empty()) {
    return;
  }
  for (auto& [name, variable] : projection.variables) {
    variable.now = exactly(variable.after);
  }
  reductions.clear();
  for (neuro::RuleOp rule : projection.rules) {
    for (neuro::Scope side :
         {neuro::Scope::Synapse, neuro::Scope::Pre, neuro::Scope::Post, neuro::Scope::Projection}) {
      auto takes = [&](StringRef name) { return projection.variables[name.str()].scope == side; };
      bool any = llvm::any_of(rule.getBody().getOps<neuro::EquationOp>(),
                              [&](neuro::EquationOp equation) { return takes(equation.getVariable()); });
      for (size_t i = 0; any && i < projection.sizeOf(side); ++i) {
        RuleScope scope(network, projection, side, static_cast<int64_t>(i), step, Moment::Equation,
                        reductions, forms);
        scope.rule = rule;
        reference::integrate(scope, rule, takes);
      }
    }
  }
  for (auto& [name, variable] : projection.variables) {
    if (variable.scope == neuro::Scope::Pre || variable.scope == neuro::Scope::Post) {
      variable.past[step].late = variable.now;
    }
  }
}

/// Those that the host sets, that are listed, or that are an event at the end of this step.
bool Rules::comesNow(neuro::TriggerOp trigger) {
  if (trigger.getTimes()) {
    return llvm::any_of(*trigger.getTimes(), [&](double time) { return stepsOf(time, network.dt) == step; });
  }
  if (!trigger.getOf()) {
    auto fed = network.hostInputs.find(trigger.getSymName().str());
    return fed != network.hostInputs.end() && fed->second.front() > 0;
  }
  neuro::ViewAttr view = *trigger.getOf();
  Population* population = network.find(view.getPopulation().getValue());
  const auto& emitted = population->event(*trigger.getEvent()).emitted;
  int64_t end = view.getEnd() < 0 ? population->size : view.getEnd();
  for (int64_t cell = view.getBegin(); cell < end; ++cell) {
    if (!emitted[cell].empty() && emitted[cell].back() == step) {
      return true;
    }
  }
  return false;
}

void Rules::runPrograms() {
  for (neuro::RuleOp rule : projection.rules) {
    for (neuro::ProgramOp program : rule.getBody().getOps<neuro::ProgramOp>()) {
      bool runs = program.getKind() == ProgramKind::Continuous;
      if (program.getKind() == ProgramKind::Every) {
        // The end of step k is t_(k + 1).
        runs = (step + 1) % stepsOf(program.getPeriod()->convertToDouble(), network.dt) == 0;
      } else if (program.getKind() == ProgramKind::Trigger) {
        runs =
            comesNow(cast<neuro::TriggerOp>(SymbolTable::lookupSymbolIn(network.op, *program.getTrigger())));
      }
      if (!runs) {
        continue;
      }
      reductions.clear();
      for (size_t i = 0; i < projection.size(); ++i) {
        RuleScope scope(network, projection, neuro::Scope::Synapse, static_cast<int64_t>(i), step,
                        Moment::Program, reductions, forms);
        scope.rule = rule;
        // What is delivered now bears the time at which the next step begins.
        run(scope, program, step + 1 + projection.dendritic);
      }
      restore(program);
    }
  }
}

void Rules::restore(neuro::ProgramOp program) {
  for (Attribute name : restoredBy(program)) {
    RuleVariable& variable = projection.variables[cast<FlatSymbolRefAttr>(name).getValue().str()];
    variable.now = exactly(variable.initial);
  }
}

} // namespace nissl::reference
