// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/Names.h"

using namespace mlir;

namespace nissl::conversion {

SmallVector<Value> Names::write(Region& region) {
  IRMapping map;
  for (Operation& op : region.front().without_terminator()) {
    if (!isa<neuro::NeuroDialect>(op.getDialect())) {
      body.clone(op, map);
    } else if (Value value = resolve(op, map)) {
      map.map(op.getResult(0), value);
    } else {
      return {};
    }
  }
  SmallVector<Value> results;
  for (Value operand : region.front().getTerminator()->getOperands()) {
    results.push_back(map.lookup(operand));
  }
  return results;
}

Value Names::value(Region& region) {
  SmallVector<Value> results = write(region);
  return results.empty() ? Value() : results.front();
}

Value Names::variable(StringRef name) {
  auto found = values.find(name);
  return found == values.end() ? readVariable(name) : found->second;
}

void Names::assign(StringRef name, Value value) {
  values[name] = value;
  memory.clear();
}

Value Names::remembered(StringRef name, llvm::function_ref<Value()> compute) {
  if (Value known = memory.lookup(name)) {
    return known;
  }
  Value value = compute();
  memory[name] = value;
  return value;
}

//===-- Ops of expressions -----------------------------------------------------------------------===//

Value Names::resolve(Operation& op, IRMapping& map) {
  ImplicitLocOpBuilder& build = body.build;
  return TypeSwitch<Operation*, Value>(&op)
      .Case<neuro::GetOp>([&](neuro::GetOp get) -> Value {
        if (get.getAgo()) {
          get.emitError("reads ") << get.getName() << " as it was " << get.getAgo()->convertToDouble()
                                  << " s ago; 'ago' is not supported yet";
          return {};
        }
        return get.isBroadcast() ? broadcast(get)
                                 : this->get(get.getName().getLeafReference().getValue(), get);
      })
      .Case<neuro::LookupOp>([&](neuro::LookupOp lookup) -> Value {
        return step::LookupOp::create(build, lookup.getType(), lowering.array(lookup.getArray()),
                                      map.lookup(lookup.getIndex()));
      })
      .Case<neuro::RandomOp>([&](neuro::RandomOp draw) { return random(draw, map); })
      .Case<neuro::NoiseOp>([&](neuro::NoiseOp noise) -> Value {
        // Held over a step, so that its integral over the step is normal with variance dt.
        Value normal = step::RandomOp::create(build, build.getF64Type(), step::Distribution::Normal, Value(),
                                              stream + ".noise", noise.getPlace());
        return body.multiply(normal, body.constant(1.0 / std::sqrt(lowering.dt)));
      })
      .Case<neuro::TimeOp>([&](auto) -> Value {
        Value step = step::NowOp::create(build, build.getI64Type());
        return body.multiply(arith::SIToFPOp::create(build, build.getF64Type(), step),
                             body.constant(lowering.dt));
      })
      .Case<neuro::TimeStepOp>([&](auto) { return body.constant(lowering.dt); })
      .Case<neuro::IndexOp>([&](neuro::IndexOp index) -> Value {
        return index.getKind() == neuro::IndexKind::Element
                   ? element(index)
                   : Value(step::IndexOp::create(build, index.getType(),
                                                 static_cast<step::IndexKind>(index.getKind())));
      })
      .Case<neuro::FiredOp>([&](neuro::FiredOp op) { return fired(op); })
      .Case<neuro::PayloadOp>([&](neuro::PayloadOp op) -> Value {
        if (!payload) {
          op.emitError("reads a payload, but the event that starts this program carries none");
        }
        return payload;
      })
      .Case<neuro::ReduceOp>([&](neuro::ReduceOp op) { return reduce(op); })
      .Default([](Operation* op) -> Value {
        op->emitError("is not supported in an expression");
        return {};
      });
}

Value Names::broadcast(neuro::GetOp op) {
  Population* owner = lowering.population(op.getName().getRootReference().getValue());
  CellNames names(lowering, body, phase, *owner, step::ReadRole::Broadcast);
  return names.get(op.getName().getLeafReference().getValue(), op);
}

Value Names::element(neuro::IndexOp op) {
  return step::IndexOp::create(body.build, op.getType(), step::IndexKind::Element);
}

Value Names::fired(neuro::FiredOp op) {
  op.emitError("asks whether @") << op.getEvent() << " happened; only a cell's own equations and events can";
  return {};
}

Value Names::draw(neuro::RandomOp op, Value parameter, const std::string& suffix) {
  ImplicitLocOpBuilder& build = body.build;
  auto distribution = static_cast<step::Distribution>(op.getDistribution());
  bool count = distribution == step::Distribution::Poisson;
  Type type = count ? Type(build.getI32Type()) : Type(build.getF64Type());
  Value number = step::RandomOp::create(build, type, distribution, parameter, stream + suffix, op.getPlace());
  return count ? Value(arith::SIToFPOp::create(build, build.getF64Type(), number)) : number;
}

Value Names::random(neuro::RandomOp op, IRMapping& map) {
  if (!mayDraw()) {
    op.emitError("draws a random number in a quantity that a synapse or another cell reads; "
                 "give it a variable of its own");
    return {};
  }
  Value parameter = op.getParameter() ? map.lookup(op.getParameter()) : Value();
  std::string suffix = phase == Phase::Setup ? "" : ".rand";
  Value number = draw(op, parameter, suffix);
  if (!op.getLower()) {
    return number;
  }
  // 'keep': the first of some draws that lies in the interval, else the nearest bound.
  int tries = op.getDistribution() == neuro::Distribution::Gamma ? 6 : 16;
  op.emitRemark("keeps the first of ") << tries << " draws that lies in the interval, else the nearest bound";
  Value lower = map.lookup(op.getLower()), upper = map.lookup(op.getUpper());
  Value kept = body.make<arith::MinimumFOp>(body.make<arith::MaximumFOp>(number, lower), upper);
  for (int attempt = tries; attempt > 0; --attempt) {
    Value next = attempt == 1 ? number : draw(op, parameter, suffix + ".keep" + std::to_string(attempt));
    Value inside = body.both(body.make<arith::CmpFOp>(arith::CmpFPredicate::OGE, next, lower),
                             body.make<arith::CmpFOp>(arith::CmpFPredicate::OLE, next, upper));
    kept = body.select(inside, next, kept);
  }
  return kept;
}

Value Names::reduce(neuro::ReduceOp op) {
  Phase when = phase <= Phase::Arrive        ? Phase::Begin
               : phase <= Phase::Populations ? Phase::Parameters
                                             : phase;
  StringRef root = op.getSource().getRootReference().getValue();
  StringRef leaf = op.getSource().getLeafReference().getValue();
  std::string source, owner = op.getBy() == neuro::ReduceBy::All ? lowering.writer.networkExtent().str() : "";
  if (Population* population = lowering.population(root)) {
    source = population->variables[leaf];
  } else {
    Lowering::Table& table = lowering.tables[root];
    source = table.fields[leaf];
    if (owner.empty()) {
      owner = op.getBy() == neuro::ReduceBy::Pre ? table.source->name : table.target->name;
    }
  }
  std::string into = lowering.reduction(op, source, owner, when, body.operation());
  bool all = op.getBy() == neuro::ReduceBy::All;
  return body.real(into, all ? step::ReadRole::Broadcast : sideOf(static_cast<step::ReduceBy>(op.getBy())));
}

//===-- Cells ------------------------------------------------------------------------------------===//

Value CellNames::get(StringRef name, Operation* at) {
  Operation* op = population.find(name);
  bool own = role == step::ReadRole::Own;
  return TypeSwitch<Operation*, Value>(op)
      .Case<neuro::ParameterOp>([&](neuro::ParameterOp parameter) -> Value {
        const Parameter& form = population.parameters[name];
        if (form.constant) {
          return body.constant(*form.constant);
        }
        if (!form.state.empty()) {
          return body.real(form.state, role);
        }
        return remembered(name, [&] { return value(population.valueOf(parameter)); });
      })
      .Case<neuro::VariableOp>([&](auto) { return variable(name); })
      .Case<neuro::DerivedOp>([&](neuro::DerivedOp derived) {
        return remembered(name, [&] { return value(derived.getBody()); });
      })
      .Case<neuro::PortOp, neuro::PulseOp>([&](auto quantity) -> Value {
        if (!own) {
          at->emitError("reads @") << name << " of population @" << population.name
                                   << " from elsewhere; only the cell itself can read its ports and pulses";
          return {};
        }
        if constexpr (std::is_same_v<decltype(quantity), neuro::PortOp>) {
          return portSum(*this, quantity);
        } else {
          return pulseValue(*this, quantity);
        }
      })
      .Default([&](Operation*) -> Value {
        at->emitError("reads @") << name << ", which population @" << population.name << " does not have";
        return {};
      });
}

Value CellNames::readVariable(StringRef name) {
  bool late = phase > Phase::Parameters;
  if (role == step::ReadRole::Broadcast && late) {
    return body.real(lowering.seen(population, name), role);
  }
  if (lag != step::ReadAttr::noLag) {
    // Equations see others as they are after arrivals; what arrives sees them before.
    Phase when = phase == Phase::Programs ? phase : late ? Phase::Parameters : Phase::Begin;
    std::string past = lowering.pushed(population.variables[name], population.name, when);
    lowering.writer.needHistory(past, depth);
    return body.real(past, role, lag);
  }
  return body.real(population.variables[name], role);
}

Value CellNames::fired(neuro::FiredOp op) {
  if (role != step::ReadRole::Own) {
    return Names::fired(op);
  }
  return body.read(lowering.flag(population, op.getEvent()), body.build.getI1Type());
}

Value CellNames::element(neuro::IndexOp op) {
  if (role == step::ReadRole::Broadcast) {
    return body.constant(int32_t(0));
  }
  auto kind = role == step::ReadRole::Pre    ? step::IndexKind::Pre
              : role == step::ReadRole::Post ? step::IndexKind::Post
                                             : step::IndexKind::Element;
  return step::IndexOp::create(body.build, op.getType(), kind);
}

Value SetupNames::get(StringRef name, Operation* at) {
  return remembered(name, [&]() -> Value {
    std::string outer = std::exchange(stream, population.name + "." + name.str());
    Value result = value(population.valueOf(population.find(name)));
    stream = outer;
    return result;
  });
}

} // namespace nissl::conversion
