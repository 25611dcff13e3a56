// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase 5: named events on the new state, their holds, blocks and delayed emission; and pulses.
#include "compiler/conversion/neuro_to_step/Populations.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

Value count(CellNames& names, const std::string& counter) {
  return names.body.read(names.lowering.counter(names.population, counter), names.body.build.getI32Type());
}

/// One step less, but not below zero.
Value countDown(BodyWriter& body, Value count) {
  return body.make<arith::MaxSIOp>(body.make<arith::SubIOp>(count, body.constant(int32_t(1))),
                                   body.constant(int32_t(0)));
}

Value one(BodyWriter& body, Value when) {
  return body.select(when, body.constant(int32_t(1)), body.constant(int32_t(0)));
}

//===-- What happened some steps ago ------------------------------------------------------------------===//

/// A wait of up to 32 steps is a word whose bit k says that it happened k + 1 steps ago; a longer one a port
/// that the cell sends to itself.
constexpr int64_t longestPast = 32;

Value past(CellNames& names, const std::string& name) {
  return names.body.read(names.lowering.counter(names.population, name + ".past"),
                         names.body.build.getI32Type());
}

/// 1 if it happened that many steps ago, else 0. `slots`, where it is a port: at least `ago` + 1.
Value happened(CellNames& names, const std::string& name, int64_t ago, int64_t slots) {
  BodyWriter& body = names.body;
  if (slots - 1 > longestPast) {
    return body.read(names.lowering.line(names.population, name, slots), body.build.getI32Type());
  }
  Value shifted = body.make<arith::ShRUIOp>(past(names, name), body.constant(int32_t(ago - 1)));
  return body.make<arith::AndIOp>(shifted, body.constant(int32_t(1)));
}

void remember(CellNames& names, const std::string& name, Value when, int64_t slots) {
  BodyWriter& body = names.body;
  Value bit = one(body, when);
  if (slots - 1 > longestPast) {
    body.writePort(names.lowering.line(names.population, name, slots), bit,
                   body.constant(int32_t(slots - 1)));
    return;
  }
  Value older = body.make<arith::ShLIOp>(past(names, name), body.constant(int32_t(1)));
  body.writeState(names.lowering.counter(names.population, name + ".past"),
                  body.make<arith::OrIOp>(older, bit));
}

class EventWriter {
public:
  explicit EventWriter(CellNames& names) : names(names), body(names.body), lowering(names.lowering) {}
  LogicalResult write(neuro::EventOp event);

private:
  FailureOr<Value> condition(neuro::EventOp event);
  LogicalResult run(Region& region, Value when);
  LogicalResult hold(neuro::EventOp event, Value fires);
  FailureOr<Value> emit(neuro::EventOp event, Value fires);
  Value dueNow(const std::string& name, Value later, Value delay, int64_t most);
  void restore(neuro::EventOp event, Value fires);

  CellNames& names;
  BodyWriter& body;
  Lowering& lowering;
  llvm::StringMap<Value> emitted, payloads; ///< of the events before, in this step
};

FailureOr<Value> EventWriter::condition(neuro::EventOp event) {
  Value fires;
  if (event.getFrom()) {
    StringRef from = *event.getFrom();
    int64_t after = event.getAfter() ? lowering.steps(event, event.getAfter()->convertToDouble(),
                                                      "the time after @" + from.str())
                                     : 0;
    if (after > 0) {
      fires = body.isPositive(happened(names, event.getSymName().str() + ".from", after, after + 1));
    } else if (!(fires = emitted.lookup(from))) {
      return event.emitError("follows @") << from << " in the same step, so it must stand after it";
    } else {
      names.payload = payloads.lookup(from);
    }
  }
  if (!event.getCondition().empty()) {
    Value holds = names.value(event.getCondition());
    if (!holds) {
      return failure();
    }
    fires = body.both(fires, holds);
  }
  if (!fires) {
    return body.truth(false);
  }
  std::string name = event.getSymName().str();
  if (!event.getBlock().empty()) {
    fires = body.both(fires, body.negate(body.isPositive(count(names, name + ".block"))));
  } else if (!event.getHoldTime().empty()) {
    fires = body.both(fires, body.negate(body.isPositive(count(names, name + ".hold"))));
  }
  return fires;
}

LogicalResult EventWriter::run(Region& region, Value when) {
  if (region.empty()) {
    return success();
  }
  auto write = cast<neuro::WriteOp>(region.front().getTerminator());
  SmallVector<Value> values = names.write(region);
  if (values.empty() && !write.getValues().empty()) {
    return failure();
  }
  for (auto [target, value] : llvm::zip_equal(write.getWrites().getAsRange<neuro::WriteAttr>(), values)) {
    StringRef variable = target.getTarget().getValue();
    names.assign(variable, body.select(when, value, names.variable(variable)));
  }
  return success();
}

void EventWriter::restore(neuro::EventOp event, Value fires) {
  for (Attribute name :
       event.getRestoresAttr() ? event.getRestoresAttr().getValue() : ArrayRef<Attribute>()) {
    StringRef variable = cast<FlatSymbolRefAttr>(name).getValue();
    Value initial = body.real(names.population.initials[variable]);
    names.assign(variable, body.select(fires, initial, names.variable(variable)));
  }
}

LogicalResult EventWriter::hold(neuro::EventOp event, Value fires) {
  std::string name = event.getSymName().str();
  if (!event.getBlock().empty()) {
    Value seconds = names.value(event.getBlock());
    if (!seconds) {
      return failure();
    }
    Value left = countDown(body, count(names, name + ".block"));
    body.writeState(lowering.counter(names.population, name + ".block"),
                    body.select(fires, body.steps(seconds, lowering.dt), left));
  }
  if (event.getHoldTime().empty()) {
    return success();
  }
  double constant = 0;
  if (std::optional<double> known = neuro::constantOf(event.getHoldTime())) {
    constant = *known;
    lowering.steps(event, constant, "the hold time of @" + name);
  }
  Value seconds = names.value(event.getHoldTime());
  if (!seconds) {
    return failure();
  }
  Value steps = body.steps(seconds, lowering.dt), before = count(names, name + ".hold");
  Value after = body.select(fires, steps, countDown(body, before));
  body.writeState(lowering.counter(names.population, name + ".hold"), after);
  if (event.getThen().empty()) {
    return success();
  }
  // A hold of no steps is over at once; 'then' follows 'do'.
  Value over = body.both(body.either(fires, body.isPositive(before)), body.equals(after, 0));
  return run(event.getThen(), over);
}

FailureOr<Value> EventWriter::emit(neuro::EventOp event, Value fires) {
  if (event.getEmitAfter().empty()) {
    return fires;
  }
  if (!event.getPayload().empty()) {
    return event.emitError("carries a payload and is emitted later; both together are not supported yet");
  }
  if (!event.getEmitWithin()) {
    return event.emitError("is emitted later, but 'within' does not say how much later at most");
  }
  std::string name = event.getSymName().str();
  int64_t most =
      lowering.steps(event, event.getEmitWithin()->convertToDouble(), "the largest delay of @" + name);
  Value seconds = names.value(event.getEmitAfter());
  if (!seconds) {
    return failure();
  }
  Value delay = body.make<arith::MinSIOp>(body.steps(seconds, lowering.dt), body.constant(int32_t(most)));
  Value later = body.both(fires, body.isPositive(delay));
  return body.either(dueNow(name + ".due", later, delay, most), body.both(fires, body.negate(later)));
}

/// Whether one is due; another, if it is to come `delay` steps later, is noted. Up to `longestPast` steps,
/// bit k of a word says that one is due k steps after this one.
Value EventWriter::dueNow(const std::string& name, Value later, Value delay, int64_t most) {
  if (most > longestPast) {
    std::string line = lowering.line(names.population, name, most + 1);
    Value due = body.read(line, body.build.getI32Type());
    body.writePort(line, one(body, later), delay);
    return body.isPositive(due);
  }
  std::string word = lowering.counter(names.population, name);
  Value coming = body.read(word, body.build.getI32Type()), unit = body.constant(int32_t(1));
  // A delay of 0 is not `later`; its shift by -1 is not chosen.
  Value bit = body.make<arith::ShLIOp>(unit, body.make<arith::SubIOp>(delay, unit));
  Value added = body.select(later, bit, body.constant(int32_t(0)));
  body.writeState(word, body.make<arith::OrIOp>(body.make<arith::ShRUIOp>(coming, unit), added));
  return body.isPositive(body.make<arith::AndIOp>(coming, unit));
}

LogicalResult EventWriter::write(neuro::EventOp event) {
  StringRef name = event.getSymName();
  names.payload = {};
  FailureOr<Value> fires = condition(event);
  if (failed(fires)) {
    return failure();
  }
  Population& population = names.population;
  if (!event.getPayload().empty()) {
    Value value = names.value(event.getPayload());
    if (!value) {
      return failure();
    }
    payloads[name] = value;
    if (std::string state = population.payloads.lookup(name); !state.empty()) {
      body.writeState(state, body.select(*fires, value, body.real(state)));
    }
  }
  if (failed(run(event.getActions(), *fires))) {
    return failure();
  }
  restore(event, *fires);
  if (failed(hold(event, *fires))) {
    return failure();
  }
  FailureOr<Value> sent = emit(event, *fires);
  if (failed(sent)) {
    return failure();
  }
  emitted[name] = *sent;
  std::string symbol = population.name + "." + name.str(),
              sentSymbol = lowering.emittedEvents(population, name);
  body.writeEvent(symbol, *fires);
  if (sentSymbol != symbol) {
    body.writeEvent(sentSymbol, *sent);
  }
  if (std::string flag = population.flags.lookup(name); !flag.empty()) {
    body.writeState(flag, *sent);
  }
  for (neuro::EventOp other : population.cell.getBody().getOps<neuro::EventOp>()) {
    if (other.getFrom() != name || !other.getAfter()) {
      continue;
    }
    auto after = static_cast<int64_t>(std::floor(other.getAfter()->convertToDouble() / lowering.dt + 0.5));
    if (after > 0) {
      remember(names, other.getSymName().str() + ".from", *sent, after + 1);
    }
  }
  for (neuro::PulseOp pulse : population.cell.getBody().getOps<neuro::PulseOp>()) {
    if (pulse.getEvent() != name) {
      continue;
    }
    std::string start = pulse.getSymName().str() + ".start", end = pulse.getSymName().str() + ".end";
    int64_t after = lowering.steps(pulse, pulse.getAfter().convertToDouble(), "the pulse's wait");
    int64_t length = lowering.steps(pulse, pulse.getDuration().convertToDouble(), "the pulse's duration");
    remember(names, start, *fires, after + 2);
    if (pulse.getOverlap() == neuro::Overlap::Sum) {
      remember(names, end, *fires, after + length + 2);
    }
  }
  return success();
}

/// The pulse's counter in this step: the steps that it still lasts (union) or how many there are (sum).
Value pulseCount(CellNames& names, neuro::PulseOp pulse) {
  Lowering& lowering = names.lowering;
  BodyWriter& body = names.body;
  std::string name = pulse.getSymName().str();
  int64_t after = static_cast<int64_t>(std::floor(pulse.getAfter().convertToDouble() / lowering.dt + 0.5));
  int64_t length =
      static_cast<int64_t>(std::floor(pulse.getDuration().convertToDouble() / lowering.dt + 0.5));
  Value left = count(names, name + ".left");
  Value started = happened(names, name + ".start", after + 1, after + 2);
  if (pulse.getOverlap() == neuro::Overlap::Sum) {
    Value ended = happened(names, name + ".end", after + length + 1, after + length + 2);
    return body.make<arith::SubIOp>(body.make<arith::AddIOp>(left, started), ended);
  }
  Value fresh =
      body.select(body.isPositive(started), body.constant(int32_t(length)), body.constant(int32_t(0)));
  return body.make<arith::MaxSIOp>(left, fresh);
}

} // namespace

Value heldNow(CellNames& names, StringRef variable) {
  Value held;
  for (neuro::EventOp event : names.population.cell.getBody().getOps<neuro::EventOp>()) {
    for (Attribute name : event.getHeldAttr() ? event.getHeldAttr().getValue() : ArrayRef<Attribute>()) {
      if (cast<FlatSymbolRefAttr>(name).getValue() == variable) {
        held =
            names.body.either(held, names.body.isPositive(count(names, event.getSymName().str() + ".hold")));
      }
    }
  }
  return held;
}

Value pulseValue(CellNames& names, neuro::PulseOp pulse) {
  BodyWriter& body = names.body;
  Value count = pulseCount(names, pulse);
  if (pulse.getOverlap() == neuro::Overlap::Sum) {
    return body.make<arith::SIToFPOp>(body.build.getF64Type(), count);
  }
  return body.select(body.isPositive(count), body.constant(1.0), body.constant(0.0));
}

void advancePulses(CellNames& names) {
  for (neuro::PulseOp pulse : names.population.cell.getBody().getOps<neuro::PulseOp>()) {
    Value count = pulseCount(names, pulse);
    bool sum = pulse.getOverlap() == neuro::Overlap::Sum;
    names.body.writeState(names.lowering.counter(names.population, pulse.getSymName().str() + ".left"),
                          sum ? count : countDown(names.body, count));
  }
}

LogicalResult detectEvents(CellNames& names) {
  EventWriter writer(names);
  for (neuro::EventOp event : names.population.cell.getBody().getOps<neuro::EventOp>()) {
    if (failed(writer.write(event))) {
      return failure();
    }
  }
  names.payload = {};
  return success();
}

} // namespace nissl::conversion
