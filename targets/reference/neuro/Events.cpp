// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase 5: events, with those of the target.
#include "targets/reference/neuro/TeacherForced.h"

#include <cmath>

using namespace mlir;

namespace nissl::reference {

/// How long after the event that it follows.
static int64_t waitOf(neuro::EventOp event, double dt) {
  return event.getAfter() ? stepsOf(event.getAfter()->convertToDouble(), dt) : 0;
}

bool TeacherForced::isTrueOnTarget(program::Index events, int64_t cell) const {
  auto found = fired.find(events);
  return found != fired.end() && found->second.contains(cell);
}

/// Whether the event happened on the target; it is noted if it should not have, or should.
bool TeacherForced::judge(CellScope& scope, EventRecord& event) {
  int64_t cell = scope.element;
  bool found = isTrueOnTarget(event.index, cell);
  std::string name = scope.population.name + "." + event.op.getSymName().str();
  Quantity expected = {event.op.getFrom() || !event.op.getCondition().empty() ? 1.0 : 0.0};
  if (event.op.getFrom()) {
    int64_t after = waitOf(event.op, scope.dt);
    EventRecord& from = scope.population.event(*event.op.getFrom());
    const std::vector<int64_t>& steps = from.emitted[cell];
    bool came = std::binary_search(steps.begin(), steps.end(), step - after);
    expected = Arithmetic::both(expected, {came ? 1.0 : 0.0});
  }
  if (!event.op.getCondition().empty()) {
    expected = Arithmetic::both(expected, scope.value(event.op.getCondition()));
  }
  // Without a block of its own, the hold blocks.
  const std::vector<int64_t>& busyTo = event.op.getBlock().empty() ? event.heldTo : event.blockedTo;
  expected = Arithmetic::both(expected, {busyTo[cell] >= step ? 0.0 : 1.0});
  judge(name, cell, found, expected);
  return found;
}

void TeacherForced::judge(const std::string& name, int64_t cell, bool found, const Quantity& expected) {
  if (expected.trust == Trust::Unknown) {
    result.skipped.try_emplace(name, *expected.reason);
    return;
  }
  result.events.insert(name);
  result.spikes += found ? 1 : 0;
  if (found != expected.isTrue() && expected.trust == Trust::Doubtful) {
    ++result.excused;
  } else if (found != expected.isTrue()) {
    ++result.disagreements;
    if (!result.firstDisagreement) {
      result.firstDisagreement = {name, cell, step, found};
    }
  }
}

bool TeacherForced::isNearHalf(const Quantity& steps) const {
  double up = steps.value + 0.5;
  return std::abs(up - std::round(up)) <= forms.bound * steps.slack;
}

/// Delayed emission: the event is seen after a time that is drawn when it happens.
void TeacherForced::emit(CellScope& scope, EventRecord& event, bool happens) {
  int64_t cell = scope.element;
  std::string name = scope.population.name + "." + event.op.getSymName().str() + ".emitted";
  if (happens) {
    Quantity steps = forms.divide(scope.value(event.op.getEmitAfter()), Arithmetic::constant(scope.dt));
    double rounded = std::floor(steps.value + 0.5);
    if (steps.trust == Trust::Unknown) {
      result.skipped.try_emplace(name, *steps.reason);
    }
    int64_t most = stepsOf(event.op.getEmitWithin()->convertToDouble(), scope.dt);
    int64_t after = std::clamp<int64_t>(static_cast<int64_t>(rounded), 0, most);
    bool close = isNearHalf(steps);
    event.due[{step + after, cell}] = {1.0, 0.0, close ? Trust::Doubtful : Trust::Sure};
    if (close) {
      int64_t other = after + (steps.value + 0.5 > rounded + 0.5 ? 1 : -1);
      event.due.try_emplace({step + std::clamp<int64_t>(other, 0, most), cell},
                            Quantity{0.0, 0.0, Trust::Doubtful});
    }
  }
  auto due = event.due.find({step, cell});
  Quantity expected = due == event.due.end() ? Quantity() : due->second;
  if (due != event.due.end()) {
    event.due.erase(due);
  }
  if (!result.skipped.contains(name)) {
    judge(name, cell, isTrueOnTarget(event.emittedIndex, cell), expected);
  }
}

/// Phase 5 with the target's events.
void TeacherForced::detect(CellScope& scope) {
  int64_t cell = scope.element;
  auto nothing = [](StringRef) { return false; };
  for (EventRecord& event : scope.population.events) {
    scope.carried.reset();
    if (event.op.getFrom() && waitOf(event.op, scope.dt) == 0) {
      auto& payloads = scope.population.event(*event.op.getFrom()).payloads;
      if (auto carried = payloads.find({step, cell}); carried != payloads.end()) {
        scope.carried = carried->second;
      }
    }
    bool happens = judge(scope, event);
    if (happens) {
      event.happened[cell].push_back(step);
      if (!event.op.getPayload().empty()) {
        event.payloads[{step, cell}] = scope.value(event.op.getPayload());
        int64_t oldest = step - scope.population.reach - 1;
        std::erase_if(event.payloads, [&](const auto& entry) { return entry.first.first < oldest; });
      }
      scope.run(event.op.getActions(), nothing);
      for (Attribute name :
           event.op.getRestoresAttr() ? event.op.getRestoresAttr().getValue() : ArrayRef<Attribute>()) {
        StringRef variable = cast<FlatSymbolRefAttr>(name).getValue();
        scope.assign(variable, Arithmetic::exact(scope.population.initial[variable.str()][cell]));
      }
      if (!event.op.getBlock().empty()) {
        event.blockedTo[cell] = step + stepsOf(scope.value(event.op.getBlock()).value, scope.dt);
      }
      if (!event.op.getHoldTime().empty()) {
        event.heldTo[cell] = step + stepsOf(scope.value(event.op.getHoldTime()).value, scope.dt);
      }
    }
    if (event.heldTo[cell] == step) {
      scope.run(event.op.getThen(), nothing);
    }
    if (!event.op.getEmitAfter().empty()) {
      emit(scope, event, happens);
    }
    if (isTrueOnTarget(event.emittedIndex, cell)) {
      event.emitted[cell].push_back(step);
    }
  }
  scope.carried.reset();
}

} // namespace nissl::reference
