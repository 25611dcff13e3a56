// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/NirNeuron.h"

#include <algorithm>
#include <functional>

using namespace mlir;

namespace nissl::nir {
namespace {

/// One value, or one per neuron.
using Values = std::vector<double>;

Values combine(const Values& a, const Values& b, const std::function<double(double, double)>& with) {
  Values result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) {
    result[i] = with(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]);
  }
  return result;
}

bool all(const Values& values, double value) {
  return std::all_of(values.begin(), values.end(), [&](double other) { return other == value; });
}

Values field(const PlanSignal& signal, const std::string& name, double otherwise) {
  const auto& arrays = signal.node->node->fields.arrays;
  auto found = arrays.find(name);
  return found == arrays.end() ? Values{otherwise} : found->second.values;
}

/// A map that updates one signal, with what all kinds of signals share.
class SignalMap {
public:
  SignalMap(StepWriter& writer, const PlanSignal& signal, const SignalNames& names)
      : writer(writer), signal(signal), names(names), body(writer.map(names.extent)) {}

  std::string nameOf(const std::string& what) { return writer.unique(names.label + "." + what); }

  /// A constant where all neurons agree, else a state that the setup fills.
  Value parameter(const std::string& what, const Values& values) {
    if (all(values, values[0])) {
      return body.constant(values[0]);
    }
    std::string name = nameOf(what);
    writer.parameter(name, names.extent, values, /*ofTable=*/false);
    return body.read(name, writer.real);
  }

  /// The port plus the bias; null where there is neither.
  Value input() {
    Value sum = names.port.empty() ? Value() : body.read(names.port, writer.real);
    if (!signal.bias.empty() && !all(signal.bias, 0)) {
      sum = add(sum, parameter("bias", signal.bias));
    }
    return sum;
  }

  /// A signal that is behind the inputs must not start before they reach it: it waits `depth` steps.
  void waitIfBehind(bool quietAtZero) {
    if (signal.depth == 0 || quietAtZero) {
      return;
    }
    std::string name = nameOf("wait");
    writer.counter(name, names.extent, static_cast<int32_t>(signal.depth));
    Value left = body.read(name, writer.integer), zero = body.constant(0);
    waiting = arith::CmpIOp::create(body.build, arith::CmpIPredicate::sgt, left, zero);
    Value less = arith::SubIOp::create(body.build, left, body.constant(1));
    body.writeState(name, arith::SelectOp::create(body.build, waiting, less, left));
  }

  void update(const std::string& name, Value before, Value after) {
    body.writeState(name, waiting ? arith::SelectOp::create(body.build, waiting, before, after).getResult()
                                  : after);
  }

  void spike(const std::string& name, Value fired) {
    if (waiting) {
      Value awake = arith::XOrIOp::create(
          body.build, waiting, arith::ConstantOp::create(body.build, body.build.getBoolAttr(true)));
      fired = arith::AndIOp::create(body.build, fired, awake);
    }
    body.writeEvent(name, fired);
  }

  // Arithmetic; a null operand of `add` is an absent term.
  Value add(Value a, Value b) {
    return !a ? b : !b ? a : arith::AddFOp::create(body.build, a, b).getResult();
  }
  Value sub(Value a, Value b) { return arith::SubFOp::create(body.build, a, b); }
  Value mul(Value a, Value b) { return arith::MulFOp::create(body.build, a, b); }
  Value above(Value a, Value b) { return arith::CmpFOp::create(body.build, arith::CmpFPredicate::OGT, a, b); }
  Value select(Value condition, Value yes, Value no) {
    return arith::SelectOp::create(body.build, condition, yes, no);
  }
  /// keep·x + gain·drive + constant, in this order; keep of 1 and constant of 0 are left out.
  Value relax(const std::string& of, Value x, const Values& keep, const Values& gain, Value drive,
              const Values& constant) {
    Value result = all(keep, 1) ? x : mul(parameter("keep_" + of, keep), x);
    if (drive) {
      result = add(result, mul(parameter("gain_" + of, gain), drive));
    }
    return all(constant, 0) ? result : add(result, parameter("leak_" + of, constant));
  }

  StepWriter& writer;
  const PlanSignal& signal;
  const SignalNames& names;
  StepBody body;
  Value waiting;
};

/// The threshold and the reset: what fired, and the voltage that stays.
std::pair<Value, Value> fire(SignalMap& map, Value before, Value v, NirReset reset) {
  Value threshold = map.parameter("v_threshold", field(map.signal, "v_threshold", 0));
  switch (reset) {
  case NirReset::toValue: {
    Value fired = map.above(v, threshold);
    return {fired, map.select(fired, map.parameter("v_reset", field(map.signal, "v_reset", 0)), v)};
  }
  case NirReset::subtract: {
    Value fired = map.above(v, threshold);
    return {fired, map.select(fired, map.sub(v, threshold), v)};
  }
  case NirReset::subtractSnntorch: {
    // snnTorch's Leaky with reset_delay=False: reset = H(mem - θ); mem = β mem + x - reset θ;
    // spike = H(mem - θ); mem -= (spike - reset) θ.
    Value early = map.above(before, threshold);
    Value lowered = map.select(early, map.sub(v, threshold), v);
    Value fired = map.above(lowered, threshold);
    Value onlyEarly = map.select(early, map.add(lowered, threshold), lowered);
    Value onlyFired = map.select(early, lowered, map.sub(lowered, threshold));
    return {fired, map.select(fired, onlyFired, onlyEarly)};
  }
  }
  return {};
}

} // namespace

void writeNeuron(StepWriter& writer, const PlanSignal& signal, const SignalNames& names, double dt,
                 NirReset reset) {
  NirType type = signal.node->rule->type;
  bool cuba = type == NirType::cubaLif || type == NirType::cubaLi;
  bool leaky = type != NirType::ifNeuron && type != NirType::integrator;
  auto times = [](double a, double b) { return a * b; };
  auto rate = [&](const std::string& tau) {
    return combine({dt}, field(signal, tau, 1), [](double step, double t) { return step / t; });
  };
  auto keepOf = [](const Values& rates) {
    return combine({1}, rates, [](double one, double r) { return one - r; });
  };
  Values slow = leaky ? rate(cuba ? "tau_mem" : "tau") : Values{dt};
  Values constant = leaky ? combine(slow, field(signal, "v_leak", 0), times) : Values{0};
  Values threshold = signal.spikes ? field(signal, "v_threshold", 0) : Values{0};
  bool quiet = all(signal.bias, 0) && all(constant, 0) &&
               std::all_of(threshold.begin(), threshold.end(), [](double value) { return value >= 0; });

  SignalMap map(writer, signal, names);
  map.waitIfBehind(quiet);
  Value drive = map.input();
  if (cuba) {
    std::string name = map.nameOf("i");
    Values fast = rate("tau_syn");
    writer.state(name, names.extent, writer.real);
    Value before = map.body.read(name, writer.real);
    Value current =
        map.relax("i", before, keepOf(fast), combine(fast, field(signal, "w_in", 1), times), drive, {0});
    map.update(name, before, current);
    drive = current;
  }
  Value before = map.body.read(names.value, writer.real);
  Value after = map.relax("v", before, leaky ? keepOf(slow) : Values{1},
                          combine(slow, field(signal, "r", 1), times), drive, constant);
  if (signal.spikes) {
    auto [fired, kept] = fire(map, before, after, reset);
    map.update(names.value, before, kept);
    map.spike(names.events, fired);
  } else {
    map.update(names.value, before, after);
  }
  map.body.finish();
}

void writeSum(StepWriter& writer, const PlanSignal& signal, const SignalNames& names) {
  SignalMap map(writer, signal, names);
  map.waitIfBehind(all(signal.bias, 0));
  Value sum = map.input();
  // The old value is read only where the signal may have to wait.
  Value before = map.waiting ? map.body.read(names.value, writer.real) : Value();
  map.update(names.value, before, sum ? sum : map.body.constant(0.0));
  map.body.finish();
}

} // namespace nissl::nir
