// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase 1: sources and triggers are drawn, or take what the host or a list of times says.
#include "compiler/conversion/neuro_to_step/Populations.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

/// A rate's names.
class RateNames : public Names {
public:
  using Names::Names;
  Value get(StringRef name, Operation* at) override {
    at->emitError("reads @") << name << "; a rate reads positions, time, arrays and broadcasts";
    return {};
  }

protected:
  Value readVariable(StringRef) override { return {}; }
};

/// Elements of `owner` that happen at listed steps. `steps` are sorted by element and ascend within one;
/// those of element i begin at firsts[i].
class TimeList {
public:
  TimeList(Lowering& lowering, const std::string& name, StringRef owner, ArrayRef<int64_t> steps,
           ArrayRef<int32_t> firsts)
      : isEmpty(steps.empty()) {
    if (isEmpty) {
      return;
    }
    ProgramWriter& writer = lowering.writer;
    ImplicitLocOpBuilder& build = writer.declare();
    integer = build.getI32Type();
    // The low half of the step's number is enough where no time needs more: each time passes once, in order.
    bool isShort = llvm::all_of(steps, [](int64_t step) { return step <= INT32_MAX; });
    time = isShort ? integer : build.getI64Type();
    auto table = [&](const std::string& base, Type type, auto values) {
      auto tensor = RankedTensorType::get({static_cast<int64_t>(values.size())}, type);
      return writer.array(base, DenseElementsAttr::get(tensor, values));
    };
    SmallVector<int32_t> halves(steps);
    stepsName = isShort ? table(name + ".steps", time, ArrayRef<int32_t>(halves))
                        : table(name + ".steps", time, steps);
    firstsName = table(name + ".first", integer, firsts);
    next = writer.state(name + ".next", owner, integer);
    BodyWriter body = writer.map(Phase::Setup, owner);
    Value element = step::IndexOp::create(body.build, integer, step::IndexKind::Element);
    body.writeState(next, step::LookupOp::create(body.build, integer, firstsName, element));
    body.finish();
  }

  /// Whether the element happens now; advances.
  Value now(BodyWriter& body) {
    if (isEmpty) {
      return body.truth(false);
    }
    Value at = body.read(next, integer), one = body.constant(int32_t(1));
    Value element = step::IndexOp::create(body.build, integer, step::IndexKind::Element);
    Value end =
        step::LookupOp::create(body.build, integer, firstsName, body.make<arith::AddIOp>(element, one));
    Value due = step::LookupOp::create(body.build, time, stepsName, at);
    Value present = step::NowOp::create(body.build, body.build.getI64Type());
    if (time == integer) {
      present = arith::TruncIOp::create(body.build, integer, present);
    }
    Value happens = body.both(body.make<arith::CmpIOp>(arith::CmpIPredicate::slt, at, end),
                              body.make<arith::CmpIOp>(arith::CmpIPredicate::eq, due, present));
    body.writeState(next, body.select(happens, body.make<arith::AddIOp>(at, one), at));
    return happens;
  }

private:
  std::string stepsName, firstsName, next;
  bool isEmpty;
  Type integer, time;
};

/// Sorted, without repetitions; warns where some fall into one step.
SmallVector<int64_t> stepsOf(Lowering& lowering, Operation* op, ArrayRef<double> times, StringRef what) {
  SmallVector<int64_t> steps;
  for (double time : times) {
    steps.push_back(lowering.steps(op, time, what));
  }
  llvm::sort(steps);
  size_t before = steps.size();
  steps.erase(llvm::unique(steps), steps.end());
  if (steps.size() != before) {
    op->emitWarning() << before - steps.size()
                      << " of its times fall into the step of another one and are dropped";
  }
  return steps;
}

Value happens(Lowering& lowering, Population& population, BodyWriter& body) {
  if (auto poisson = dyn_cast<neuro::PoissonOp>(population.op)) {
    RateNames names(lowering, body, Phase::Sources, population.name);
    Value rate = names.value(poisson.getRate());
    if (!rate) {
      return {};
    }
    Value exponent = body.multiply(rate, body.constant(-lowering.dt));
    Value probability = body.make<arith::NegFOp>(math::ExpM1Op::create(body.build, exponent));
    Value number = step::RandomOp::create(body.build, body.build.getF64Type(), step::Distribution::Uniform,
                                          Value(), population.name + ".spike", 0);
    return body.make<arith::CmpFOp>(arith::CmpFPredicate::OLT, number, probability);
  }
  auto spikes = cast<neuro::SpikesOp>(population.op);
  if (spikes.getHost()) {
    std::string input = lowering.writer.input(population.name + ".host", population.name);
    return body.make<arith::CmpFOp>(arith::CmpFPredicate::OGT, body.real(input), body.constant(0.0));
  }
  SmallVector<SmallVector<double>> times(population.size);
  for (auto [time, id] : llvm::zip_equal(*spikes.getTimes(), *spikes.getIds())) {
    times[id].push_back(time);
  }
  SmallVector<int64_t> steps;
  SmallVector<int32_t> firsts;
  for (ArrayRef<double> own : times) {
    firsts.push_back(static_cast<int32_t>(steps.size()));
    llvm::append_range(steps, stepsOf(lowering, spikes, own, "a spike's time"));
  }
  firsts.push_back(static_cast<int32_t>(steps.size()));
  return TimeList(lowering, population.name, population.name, steps, firsts).now(body);
}

LogicalResult lowerTrigger(Lowering& lowering, neuro::TriggerOp trigger) {
  std::string name = trigger.getSymName().str(), owner;
  std::string& events = lowering.triggers[name];
  if (trigger.getOf()) {
    // An event of this step; programs see it in this step.
    Population& population = *lowering.population(trigger.getOf()->getPopulation().getValue());
    events = lowering.writer.events(name, population.name);
    BodyWriter body = lowering.writer.map(Phase::Programs, population.name);
    Value happened = body.read(lowering.flag(population, *trigger.getEvent()), body.build.getI1Type());
    if (!trigger.getOf()->isWhole()) {
      Value position = step::IndexOp::create(body.build, body.build.getI32Type(), step::IndexKind::Element);
      happened =
          body.both(happened, body.inside(position, trigger.getOf()->getBegin(), trigger.getOf()->getEnd()));
    }
    body.writeEvent(events, happened);
    body.finish();
    return success();
  }
  owner = lowering.writer.networkExtent().str();
  // A host's trigger is an input of this name, so its events take another one.
  std::string input = trigger.getHost() ? lowering.writer.input(name, owner) : "";
  events = lowering.writer.events(name + (trigger.getHost() ? ".now" : ""), owner);
  BodyWriter body = lowering.writer.map(Phase::Sources, owner);
  Value happened;
  if (trigger.getHost()) {
    happened = body.make<arith::CmpFOp>(arith::CmpFPredicate::OGT, body.real(input), body.constant(0.0));
  } else {
    SmallVector<int64_t> steps = stepsOf(lowering, trigger, *trigger.getTimes(), "a trigger's time");
    SmallVector<int32_t> firsts = {0, static_cast<int32_t>(steps.size())};
    happened = TimeList(lowering, name, owner, steps, firsts).now(body);
  }
  body.writeEvent(events, happened);
  body.finish();
  return success();
}

} // namespace

LogicalResult lowerSources(Lowering& lowering) {
  for (Population& population : lowering.populations) {
    if (population.cell) {
      continue;
    }
    lowering.writer.setLocation(population.op->getLoc());
    BodyWriter body = lowering.writer.map(Phase::Sources, population.name);
    Value fires = happens(lowering, population, body);
    if (!fires) {
      return failure();
    }
    body.writeEvent(population.name + ".spike", fires);
    if (std::string flag = population.flags.lookup("spike"); !flag.empty()) {
      body.writeState(flag, fires);
    }
    body.finish();
  }
  return success();
}

LogicalResult lowerTriggers(Lowering& lowering) {
  for (neuro::TriggerOp trigger : lowering.network.getBody().getOps<neuro::TriggerOp>()) {
    lowering.writer.setLocation(trigger.getLoc());
    if (failed(lowerTrigger(lowering, trigger))) {
      return failure();
    }
  }
  return success();
}

} // namespace nissl::conversion
