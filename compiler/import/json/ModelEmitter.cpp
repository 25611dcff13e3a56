// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/json/ModelEmitter.h"

#include "compiler/import/Bounds.h"

#include <fmt/format.h>

using namespace mlir;
using namespace nissl;
using namespace nissl::import;

void nissl::import::emitBody(Region& region, const Span& span, bool synapse, int64_t& nextPlace,
                             const std::function<void(Emitter&, OpBuilder&)>& fill) {
  OpBuilder builder(region.getContext());
  builder.createBlock(&region);
  Emitter emitter(builder, nextPlace, synapse);
  fill(emitter, builder);
}

void nissl::import::emitValue(Region& region, const ValueSpec& value, bool synapse, int64_t& nextPlace) {
  emitBody(region, value.span(), synapse, nextPlace, [&](Emitter& emitter, OpBuilder& builder) {
    mlir::Value result = value.emit(emitter, builder, nextPlace);
    neuro::YieldOp::create(builder, locationOf(value.span(), builder.getContext()), result);
  });
}

void nissl::import::emitLookup(Region& region, const Span& span, const std::string& array,
                               const std::function<mlir::Value(OpBuilder&, Location)>& index) {
  OpBuilder builder(region.getContext());
  builder.createBlock(&region);
  Location location = locationOf(span, builder.getContext());
  mlir::Value value =
      neuro::LookupOp::create(builder, location, builder.getF64Type(), array, index(builder, location));
  neuro::YieldOp::create(builder, location, value);
}

void nissl::import::emitArray(OpBuilder& arrays, const Span& span, const std::string& symbol,
                              const std::vector<double>& numbers) {
  auto type = RankedTensorType::get({static_cast<int64_t>(numbers.size())}, arrays.getF64Type());
  neuro::ArrayOp::create(arrays, locationOf(span, arrays.getContext()), symbol,
                         DenseElementsAttr::get(type, ArrayRef(numbers)));
}

namespace {

class ModelEmitter {
public:
  ModelEmitter(Model& model, const std::string& symbol, OpBuilder& builder, OpBuilder& arrays)
      : model(model), symbol(symbol), builder(builder), arrays(arrays) {}
  void emitItem(Item& item);
  void emitEquation(Equation& equation);
  void emitGroup(Group& group);
  void emitInput(OnInput& input);
  void emitEvent(Event& event);
  void emitProgram(Program& program);
  Location at(const Span& span) { return locationOf(span, builder.getContext()); }

private:
  void emitItemValue(Region& region, Item& item);
  void emitAction(Region& region, Action& action, const Span& span, bool synapse);
  void emitOptional(Region& region, const std::optional<ValueSpec>& value) {
    if (value) {
      emitValue(region, *value, false, model.nextPlace);
    }
  }
  neuro::DimensionAttr dimensionAttr(const neuro::Dimension& dimension) {
    return dimension.isNone() ? neuro::DimensionAttr()
                              : neuro::DimensionAttr::get(builder.getContext(), dimension);
  }
  FloatAttr seconds(std::optional<double> time) {
    return time ? builder.getF64FloatAttr(*time) : FloatAttr();
  }
  FlatSymbolRefAttr reference(const std::string& name) {
    return name.empty() ? FlatSymbolRefAttr() : FlatSymbolRefAttr::get(builder.getContext(), name);
  }
  ArrayAttr references(const std::vector<std::string>& names) {
    SmallVector<Attribute> list;
    for (const std::string& name : names) {
      list.push_back(reference(name));
    }
    return list.empty() ? ArrayAttr() : builder.getArrayAttr(list);
  }

  Model& model;
  const std::string& symbol;
  OpBuilder& builder;
  OpBuilder& arrays;
};

} // namespace

void ModelEmitter::emitItemValue(Region& region, Item& item) {
  bool synapse = item.owner == neuro::Scope::Synapse;
  if (!item.value) {
    emitBody(region, item.span, synapse, model.nextPlace, [&](Emitter& emitter, OpBuilder& body) {
      neuro::YieldOp::create(body, at(item.span), emitter.constant(0.0, at(item.span)));
    });
    return;
  }
  if (item.value->kind() != ValueSpec::Kind::Array) {
    return emitValue(region, *item.value, synapse, model.nextPlace);
  }
  std::string array = symbol + "." + item.name;
  emitArray(arrays, item.value->span(), array, item.value->numbers());
  emitLookup(region, item.value->span(), array, [&](OpBuilder& body, Location location) -> mlir::Value {
    auto kind = synapse ? neuro::IndexKind::Synapse : neuro::IndexKind::Element;
    Type type = synapse ? body.getI64Type() : body.getI32Type();
    return neuro::IndexOp::create(body, location, type, kind);
  });
}

void ModelEmitter::emitItem(Item& item) {
  Location location = at(item.span);
  neuro::DimensionAttr dimension = dimensionAttr(item.dimension);
  switch (item.kind) {
  case Item::Kind::Parameter: {
    auto op = neuro::ParameterOp::create(builder, location, item.name, dimension, item.modulated);
    return emitItemValue(op.getBody(), item);
  }
  case Item::Kind::Variable: {
    DenseF64ArrayAttr bounds = item.bounds ? builder.getDenseF64ArrayAttr(item.bounds->numbers()) : nullptr;
    auto op = neuro::VariableOp::create(builder, location, builder.getStringAttr(item.name), dimension,
                                        neuro::ScopeAttr::get(builder.getContext(), item.owner),
                                        item.broadcast ? builder.getUnitAttr() : UnitAttr(), bounds);
    return emitItemValue(op.getBody(), item);
  }
  case Item::Kind::Derived: {
    auto op = neuro::DerivedOp::create(builder, location, item.name, dimension, item.owner, item.broadcast);
    return emitItemValue(op.getBody(), item);
  }
  case Item::Kind::Port:
    neuro::PortOp::create(builder, location, item.name, dimension);
    return;
  case Item::Kind::Pulse:
    neuro::PulseOp::create(builder, location, item.name, item.event, APFloat(item.after),
                           APFloat(item.duration), item.overlap);
    return;
  }
}

void ModelEmitter::emitEquation(Equation& equation) {
  Span span = equation.statement.origin->span();
  auto op = neuro::EquationOp::create(builder, at(span), equation.kind, equation.target);
  bool synapse = model.find(equation.target)->owner == neuro::Scope::Synapse;
  emitBody(op.getBody(), span, synapse, model.nextPlace, [&](Emitter& emitter, OpBuilder& body) {
    neuro::YieldOp::create(body, at(span), emitter.number(*equation.statement.value));
  });
}

void ModelEmitter::emitGroup(Group& group) {
  std::vector<std::string> names = group.variables;
  for (const Equation& equation : model.equations) {
    if (group.variables.empty()) {
      names.push_back(equation.target);
    }
  }
  if (!names.empty()) {
    neuro::GroupOp::create(builder, at(group.span), references(names), group.method, group.substeps);
  }
}

void ModelEmitter::emitAction(Region& region, Action& action, const Span& span, bool synapse) {
  emitBody(region, span, synapse, model.nextPlace, [&](Emitter& emitter, OpBuilder& body) {
    // Statements run one after the other; what is left at the end is written.
    llvm::MapVector<StringRef, mlir::Value> sets;
    SmallVector<std::pair<std::string, mlir::Value>> deliveries;
    for (Statement& statement : action.statements) {
      mlir::Value value = emitter.number(*statement.value);
      if (statement.kind == StatementKind::Deliver) {
        deliveries.emplace_back(statement.name, value);
      } else {
        emitter.assign(statement.name, value);
        sets[statement.name] = value;
      }
    }
    SmallVector<mlir::Value> values;
    SmallVector<Attribute> writes;
    auto write = [&](StringRef name, neuro::WriteKind kind, mlir::Value value) {
      values.push_back(value);
      writes.push_back(
          neuro::WriteAttr::get(body.getContext(), FlatSymbolRefAttr::get(body.getContext(), name), kind));
    };
    for (auto& [name, value] : sets) {
      write(name, neuro::WriteKind::Set, value);
    }
    for (auto& [name, value] : deliveries) {
      write(name, neuro::WriteKind::Deliver, value);
    }
    neuro::WriteOp::create(body, at(span), values, body.getArrayAttr(writes));
  });
}

void ModelEmitter::emitInput(OnInput& input) {
  auto op = neuro::OnInputOp::create(builder, at(input.span), input.port, input.applies);
  emitAction(op.getBody(), input.action, input.span, false);
}

void ModelEmitter::emitEvent(Event& event) {
  auto op = neuro::EventOp::create(
      builder, at(event.span), builder.getStringAttr(event.name), reference(event.from), seconds(event.after),
      references(event.held), event.payload ? dimensionAttr(event.payloadDimension) : neuro::DimensionAttr(),
      seconds(event.within), references(event.restores));
  emitOptional(op.getHoldTime(), event.holdTime);
  emitOptional(op.getBlock(), event.block);
  if (event.condition) {
    emitBody(op.getCondition(), event.span, false, model.nextPlace, [&](Emitter& emitter, OpBuilder& body) {
      neuro::YieldOp::create(body, at(event.condition->span()), emitter.condition(*event.condition));
    });
  }
  emitOptional(op.getPayload(), event.payload);
  if (!event.actions.isEmpty()) {
    emitAction(op.getActions(), event.actions, event.span, false);
  }
  if (!event.then.isEmpty()) {
    emitAction(op.getThen(), event.then, event.span, false);
  }
  emitOptional(op.getEmitAfter(), event.emitAfter);
  if (event.emitAfter && !event.within) {
    std::optional<std::pair<double, double>> bounds = boundsOf(op.getEmitAfter());
    if (!bounds) {
      model.diagnostics
          .error(Code::Unbounded, event.emitAfter->span(),
                 "the largest value of \"emit_after\" is not known from this expression")
          .suggest("say it with \"emit_within\"");
      return;
    }
    op.setEmitWithinAttr(builder.getF64FloatAttr(bounds->second));
  }
}

void ModelEmitter::emitProgram(Program& program) {
  auto op = neuro::ProgramOp::create(builder, at(program.span), program.kind, seconds(program.period),
                                     reference(program.trigger), references(program.restores));
  bool perCell =
      program.kind == neuro::ProgramKind::PreSpike || program.kind == neuro::ProgramKind::PostSpike;
  emitAction(op.getBody(), program.action, program.span, !perCell);
}

Operation* nissl::import::emitModel(Model& model, const std::string& symbol, OpBuilder& builder,
                                    OpBuilder& arrays) {
  Location location = builder.getUnknownLoc();
  Operation* op = nullptr;
  if (model.rule) {
    op = neuro::RuleOp::create(builder, location, symbol);
  } else {
    op = neuro::CellOp::create(builder, location, symbol);
  }
  OpBuilder inside(builder.getContext());
  inside.createBlock(&op->getRegion(0));
  ModelEmitter emitter(model, symbol, inside, arrays);
  for (const auto& [name, span] : model.compartments) {
    Item* voltage = model.find(name + ".v");
    auto reference = voltage && voltage->kind == Item::Kind::Variable
                         ? FlatSymbolRefAttr::get(builder.getContext(), voltage->name)
                         : FlatSymbolRefAttr();
    neuro::CompartmentOp::create(inside, emitter.at(span), builder.getStringAttr(name), reference);
  }
  for (std::unique_ptr<Item>& item : model.items) {
    if (!item->automatic || item->used) {
      emitter.emitItem(*item);
    }
  }
  for (const Couple& couple : model.couples) {
    neuro::CoupleOp::create(inside, emitter.at(couple.span), couple.first, couple.second, couple.conductance);
  }
  for (Equation& equation : model.equations) {
    emitter.emitEquation(equation);
  }
  for (Group& group : model.groups) {
    emitter.emitGroup(group);
  }
  for (OnInput& input : model.inputs) {
    emitter.emitInput(input);
  }
  for (Event& event : model.events) {
    emitter.emitEvent(event);
  }
  for (Program& program : model.programs) {
    emitter.emitProgram(program);
  }
  return op;
}
