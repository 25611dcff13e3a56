// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/Projection.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

/// The names of a projection's setup: a rule's variables mean their initial values.
class SynapseSetupNames : public Names {
public:
  SynapseSetupNames(Lowering& lowering, BodyWriter& body, Projection& projection)
      : Names(lowering, body, Phase::Setup, projection.name), projection(projection) {}

  /// The initial value of a quantity of `rule`, drawn from a stream of its own.
  Value initial(neuro::RuleOp inRule, StringRef name) {
    rule = inRule;
    return remembered(name, [&]() -> Value {
      auto variable = cast<neuro::VariableOp>(SymbolTable::lookupSymbolIn(rule, name));
      bool isWeight = name == "w" && !projection.op.getWeight().empty();
      return drawn(isWeight ? projection.op.getWeight() : variable.getBody(), name);
    });
  }
  Value drawn(Region& region, StringRef name) {
    std::string outer = std::exchange(stream, projection.name + "." + name.str());
    Value result = value(region);
    stream = outer;
    return result;
  }
  Value parameter(neuro::RuleOp inRule, neuro::ParameterOp parameter) {
    rule = inRule;
    return get(parameter.getSymName(), parameter);
  }

  Value get(StringRef name, Operation* at) override {
    Operation* op = rule ? SymbolTable::lookupSymbolIn(rule, name) : nullptr;
    if (auto parameter = dyn_cast_or_null<neuro::ParameterOp>(op)) {
      auto known = projection.parameters.find(rule.getSymName().str() + "." + name.str());
      if (known == projection.parameters.end()) {
        return remembered(name, [&] { return drawn(parameter.getBody(), name); });
      }
      return known->second.constant ? body.constant(*known->second.constant)
                                    : body.real(known->second.state, step::ReadRole::Broadcast);
    }
    if (isa_and_present<neuro::VariableOp>(op)) {
      return initial(rule, name);
    }
    at->emitError("reads @") << name << " in a value that is computed once, which cannot";
    return {};
  }

protected:
  Value readVariable(StringRef) override { return {}; }

private:
  Projection& projection;
  neuro::RuleOp rule;
};

step::ConnectAttr connectOf(Projection& projection, double probability) {
  neuro::ConnectAttr connect = projection.op.getConnect();
  Builder build(connect.getContext());
  FloatAttr chance;
  if (connect.getKind() == neuro::ConnectKind::Probability) {
    chance = build.getF64FloatAttr(probability);
  }
  // The lists of a neuro projection count from the beginning of its views.
  auto shifted = [&](DenseI32ArrayAttr list, neuro::ViewAttr view) {
    if (!list || view.getBegin() == 0) {
      return list;
    }
    SmallVector<int32_t> values;
    for (int32_t value : list.asArrayRef()) {
      values.push_back(value + static_cast<int32_t>(view.getBegin()));
    }
    return build.getDenseI32ArrayAttr(values);
  };
  return step::ConnectAttr::get(connect.getContext(), static_cast<step::ConnectKind>(connect.getKind()),
                                connect.getCount(), chance, connect.getAutapses(), connect.getMultapses(),
                                shifted(connect.getPre(), projection.op.getSource()),
                                shifted(connect.getPost(), projection.op.getTarget()));
}

DenseI64ArrayAttr rangeOf(neuro::ViewAttr view, MLIRContext* context) {
  return view.isWhole() ? DenseI64ArrayAttr()
                        : DenseI64ArrayAttr::get(context, ArrayRef<int64_t>{view.getBegin(), view.getEnd()});
}

/// Whether something changes the weight after setup.
bool isPlastic(Projection& projection) {
  bool changes = false;
  for (neuro::RuleOp rule : projection.rules) {
    rule.walk([&](Operation* op) {
      if (auto write = dyn_cast<neuro::WriteOp>(op)) {
        changes |= llvm::any_of(write.getWrites().getAsRange<neuro::WriteAttr>(), [](neuro::WriteAttr to) {
          return to.getKind() == neuro::WriteKind::Set && to.getTarget().getValue() == "w";
        });
      } else if (auto equation = dyn_cast<neuro::EquationOp>(op)) {
        changes |= equation.getVariable() == "w";
      } else if (auto program = dyn_cast<neuro::ProgramOp>(op); program && program.getRestores()) {
        changes |= llvm::is_contained(*program.getRestores(), FlatSymbolRefAttr::get(op->getContext(), "w"));
      }
    });
  }
  return changes;
}

bool delivers(Projection& projection) {
  bool found = false;
  for (neuro::RuleOp rule : projection.rules) {
    rule.walk([&](neuro::WriteOp write) {
      found |= llvm::any_of(write.getWrites().getAsRange<neuro::WriteAttr>(),
                            [](neuro::WriteAttr to) { return to.getKind() == neuro::WriteKind::Deliver; });
    });
  }
  return found;
}

/// Whether a probe or a reduction looks at the weight, so that it needs a state.
bool isWatched(Lowering& lowering, Projection& projection) {
  bool found = false;
  lowering.network.walk([&](Operation* op) {
    if (auto probe = dyn_cast<neuro::ProbeOp>(op)) {
      found |= probe.getOf().getPopulation().getValue() == projection.name && probe.getQuantity() == "w";
    } else if (auto reduce = dyn_cast<neuro::ReduceOp>(op)) {
      found |= reduce.getSource().getRootReference().getValue() == projection.name &&
               reduce.getSource().getLeafReference().getValue() == "w";
    }
  });
  return found;
}

/// Rules' parameters, and variables that are not of synapses.
LogicalResult setUpRules(Lowering& lowering, Projection& projection) {
  ProgramWriter& writer = lowering.writer;
  for (neuro::RuleOp rule : projection.rules) {
    for (neuro::ParameterOp parameter : rule.getBody().getOps<neuro::ParameterOp>()) {
      std::string key = rule.getSymName().str() + "." + parameter.getSymName().str();
      if (parameter.getModulated()) {
        projection.parameters[key] = {};
        continue;
      }
      BodyWriter body = writer.map(Phase::Setup, writer.networkExtent());
      SynapseSetupNames names(lowering, body, projection);
      Value value = names.parameter(rule, parameter);
      FloatAttr constant;
      if (!value) {
        return failure();
      }
      Parameter form;
      if (matchPattern(value, m_Constant(&constant))) {
        form.constant = constant.getValueAsDouble();
      } else {
        form.state =
            writer.parameter(projection.name + "." + parameter.getSymName().str(), writer.networkExtent());
        body.writeState(form.state, value);
      }
      projection.parameters[key] = form;
      body.finish();
      if (form.constant) {
        body.operation()->erase();
      }
    }
    for (neuro::VariableOp variable : rule.getBody().getOps<neuro::VariableOp>()) {
      neuro::Scope scope = variable.getScope();
      if (scope == neuro::Scope::Synapse) {
        continue;
      }
      bool pre = scope == neuro::Scope::Pre, post = scope == neuro::Scope::Post;
      std::string owner = pre    ? projection.source->name
                          : post ? projection.target->name
                                 : writer.networkExtent().str();
      llvm::StringMap<std::string>& states = pre    ? projection.preStates
                                             : post ? projection.postStates
                                                    : projection.ownStates;
      StringRef name = variable.getSymName();
      if (states.contains(name)) {
        return projection.op.emitError("has two rules with a variable @") << name << "; rename one of them";
      }
      states[name] = writer.state(projection.name + "." + name.str(), owner);
      BodyWriter body = writer.map(Phase::Setup, owner);
      SynapseSetupNames names(lowering, body, projection);
      Value value = names.initial(rule, name);
      if (!value) {
        return failure();
      }
      body.writeState(states[name], value);
      body.finish();
    }
  }
  return success();
}

} // namespace

LogicalResult declareProjection(Lowering& lowering, Projection& projection) {
  ProgramWriter& writer = lowering.writer;
  neuro::ProjectionOp op = projection.op;
  writer.setLocation(op.getLoc());
  MLIRContext* context = op.getContext();
  if (op.getSameStep() && !projection.rules.empty()) {
    return op.emitError("arrives in the same step and has rules; both together are not supported yet");
  }
  double probability = 0;
  if (op.getConnect().getKind() == neuro::ConnectKind::Probability) {
    std::optional<double> constant = neuro::constantOf(op.getProbability());
    if (!constant) {
      return op.emitError("connects with a probability that depends on the pair, which is not supported yet; "
                          "give one number, or the list of pairs");
    }
    probability = *constant;
  }
  bool deliversItself = !delivers(projection);
  projection.dendritic =
      op.getDendritic() ? lowering.steps(op, op.getDendritic()->convertToDouble(), "'dendritic'") : 0;
  projection.back = op.getBack() ? lowering.steps(op, op.getBack()->convertToDouble(), "'back'") : 0;
  projection.deliversAtEmission =
      deliversItself && (projection.rules.empty() || (!isPlastic(projection) && projection.dendritic == 0));
  projection.deliversAtArrival = deliversItself && !projection.deliversAtEmission;

  int64_t least = 0, most = 0;
  std::optional<double> constant = neuro::constantOf(op.getDelay());
  if (constant) {
    least = most = lowering.steps(op, *constant, "the delay");
  } else if (!op.getDelay().empty()) {
    if (!op.getMinDelay() || !op.getMaxDelay()) {
      return op.emitError("has drawn delays, but 'within' does not bound them");
    }
    least = static_cast<int64_t>(std::floor(op.getMinDelay()->convertToDouble() / lowering.dt + 0.5));
    most = static_cast<int64_t>(std::floor(op.getMaxDelay()->convertToDouble() / lowering.dt + 0.5));
  }
  // With programs at the synapse, the table's delay is the way to it.
  int64_t beyond = projection.rules.empty() ? 0 : projection.dendritic;
  if (least < beyond) {
    return op.emitError("has a delay of ") << least << " steps, of which 'dendritic' takes " << beyond;
  }
  if (op.getSameStep() && most != 0) {
    return op.emitError("arrives in the same step, but has a delay of ") << most << " steps";
  }
  least -= beyond;
  most -= beyond;
  projection.axonal = most;

  std::string name = writer.unique(projection.name);
  bool drawsDelay = least != most;
  auto synapses =
      step::SynapsesOp::create(writer.declare(), name, projection.source->name, projection.target->name,
                               connectOf(projection, probability), least, most, FlatSymbolRefAttr(),
                               rangeOf(op.getSource(), context), rangeOf(op.getTarget(), context));
  std::string delayField;
  if (drawsDelay) {
    delayField = writer.parameter(projection.name + ".delay", name, IntegerType::get(context, 32));
    synapses.setDelayFieldAttr(FlatSymbolRefAttr::get(context, delayField));
  }
  if (failed(setUpRules(lowering, projection))) {
    return failure();
  }
  BodyWriter body = writer.traverse(Phase::Setup, name, step::TraverseKind::All);
  SynapseSetupNames names(lowering, body, projection);
  if (drawsDelay) {
    Value seconds = names.drawn(op.getDelay(), "delay");
    if (!seconds) {
      return failure();
    }
    Value steps = body.make<arith::SubIOp>(body.steps(seconds, lowering.dt), body.constant(int32_t(beyond)));
    steps = body.make<arith::MinSIOp>(body.make<arith::MaxSIOp>(steps, body.constant(int32_t(least))),
                                      body.constant(int32_t(most)));
    body.writeState(delayField, steps);
  }
  for (neuro::RuleOp rule : projection.rules) {
    llvm::StringSet<> restored;
    for (neuro::ProgramOp program : rule.getBody().getOps<neuro::ProgramOp>()) {
      for (Attribute target :
           program.getRestoresAttr() ? program.getRestoresAttr().getValue() : ArrayRef<Attribute>()) {
        restored.insert(cast<FlatSymbolRefAttr>(target).getValue());
      }
    }
    for (neuro::VariableOp variable : rule.getBody().getOps<neuro::VariableOp>()) {
      StringRef field = variable.getSymName();
      if (variable.getScope() != neuro::Scope::Synapse || (field == "w" && projection.fields.contains("w"))) {
        continue;
      }
      if (projection.fields.contains(field)) {
        return op.emitError("has two rules with a variable @") << field << "; rename one of them";
      }
      Value value = names.initial(rule, field);
      if (!value) {
        return failure();
      }
      projection.fields[field] = writer.state(projection.name + "." + field.str(), name);
      body.writeState(projection.fields[field], value);
      if (restored.contains(field)) {
        projection.initials[field] = writer.parameter(projection.fields[field] + ".initial", name);
        body.writeState(projection.initials[field], value);
      }
    }
  }
  if (!op.getWeight().empty() && !projection.fields.contains("w")) {
    Value weight = names.drawn(op.getWeight(), "w");
    FloatAttr known;
    if (!weight) {
      return failure();
    }
    if (matchPattern(weight, m_Constant(&known)) && !isWatched(lowering, projection)) {
      projection.weight = known.getValueAsDouble();
    } else {
      projection.fields["w"] = writer.parameter(projection.name + ".w", name);
      body.writeState(projection.fields["w"], weight);
    }
  }
  bool empty = body.writesNothing();
  body.finish();
  if (empty) {
    body.operation()->erase();
  }
  Lowering::Table& table = lowering.tables[projection.name];
  table.source = projection.source;
  table.target = projection.target;
  for (auto& field : projection.fields) {
    table.fields[field.first()] = field.second;
  }
  return success();
}

LogicalResult lowerEmission(Lowering& lowering, Projection& projection, Phase phase) {
  if (!projection.deliversAtEmission) {
    return success();
  }
  lowering.writer.setLocation(projection.op.getLoc());
  std::string events = lowering.emittedEvents(*projection.source, projection.event());
  BodyWriter body = lowering.writer.traverse(phase, projection.name, step::TraverseKind::Emit, events);
  Value weight = projection.weight ? body.constant(*projection.weight) : body.real(projection.fields["w"]);
  body.writePort(lowering.emitPort(*projection.target, *projection.op.getPort(), projection.axonal + 1),
                 weight);
  body.finish();
  return success();
}

} // namespace nissl::conversion
