// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names and dimensions of cells and rules.
#include "compiler/import/json/ModelEmitter.h"

#include <algorithm>
#include <fmt/format.h>

using namespace nissl;
using namespace nissl::import;
using neuro::Dimension;

namespace {

class ModelTyper {
public:
  explicit ModelTyper(Model& model) : model(model), diagnostics(model.diagnostics) {}
  bool run();

private:
  void typeEquation(Equation& equation);
  void typeAction(Action& action, const std::string& what, unsigned features, neuro::Scope sets,
                  Dimension payload = {});
  void typeDelivery(Statement& statement, const ModelNames& names);
  void typeEvent(Event& event);
  void typeProgram(Program& program);
  void typeTime(std::optional<ValueSpec>& value, ModelNames& names, std::string_view what);
  /// The variable that a statement or a list names, or null after saying that there is none.
  Item* variable(std::string_view name, const std::string& scope, const Span& use);
  void checkEventName(const std::string& name, const Span& use);
  void check(bool ok) { good = good && ok; }

  Model& model;
  DiagnosticList& diagnostics;
  bool good = true;
};

constexpr unsigned cellFeatures =
    Names::Time | Names::Element | Names::Random | Names::Fired | Names::Reduce | Names::Ago;
constexpr unsigned synapseFeatures =
    Names::Time | Names::Synapse | Names::Random | Names::Reduce | Names::Ago;

} // namespace

bool nissl::import::typeModel(Model& model) { return ModelTyper(model).run() && !model.broken; }

bool ModelTyper::run() {
  for (std::unique_ptr<Item>& item : model.items) {
    if (!item->automatic) {
      check(model.type(*item));
    }
    if (item->kind == Item::Kind::Pulse) {
      checkEventName(item->event, item->span);
    }
  }
  for (Equation& equation : model.equations) {
    typeEquation(equation);
  }
  for (OnInput& input : model.inputs) {
    typeAction(input.action, fmt::format("the input of '{}'", input.port), cellFeatures, neuro::Scope::Cell);
  }
  for (Event& event : model.events) {
    typeEvent(event);
  }
  for (Program& program : model.programs) {
    typeProgram(program);
  }
  for (Group& group : model.groups) {
    for (const std::string& name : group.variables) {
      bool hasEquation = std::any_of(model.equations.begin(), model.equations.end(),
                                     [&](const Equation& equation) { return equation.target == name; });
      if (!hasEquation) {
        diagnostics.error(Code::UnknownName, group.span,
                          fmt::format("\"update\" names '{}', which has no equation", name));
        good = false;
      }
    }
  }
  return good;
}

Item* ModelTyper::variable(std::string_view name, const std::string& scope, const Span& use) {
  Item* item = model.lookup(name, scope);
  if (item && item->kind == Item::Kind::Variable) {
    check(model.type(*item));
    return item;
  }
  good = false;
  if (!item && model.complainOfIndex(name, use)) {
    return nullptr;
  }
  std::vector<std::string> names;
  for (const std::unique_ptr<Item>& known : model.items) {
    if (known->kind == Item::Kind::Variable) {
      names.push_back(known->name);
    }
  }
  std::string near = nearest(name, names);
  Diagnostic& error =
      diagnostics.error(Code::UnknownName, use, fmt::format("'{}' is no variable of {}", name, model.name));
  if (item) {
    error.note(item->span, "what has this name is set by its definition only");
  } else {
    error.suggest(!near.empty() ? fmt::format("did you mean '{}'?", near)
                                : fmt::format("give it an equation, or a value under \"{}\"",
                                              model.rule ? "synapse" : "initial"));
  }
  return nullptr;
}

void ModelTyper::checkEventName(const std::string& name, const Span& use) {
  std::vector<std::string> names;
  for (const Event& event : model.events) {
    if (event.name == name) {
      return;
    }
    names.push_back(event.name);
  }
  std::string near = nearest(name, names);
  diagnostics.error(Code::UnknownName, use, fmt::format("'{}' is no event of {}", name, model.name))
      .suggest(near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  good = false;
}

void ModelTyper::typeEquation(Equation& equation) {
  Item* item = model.find(equation.target);
  if (!item || !model.type(*item)) {
    good = false;
    return;
  }
  bool isRate = equation.kind == neuro::EquationKind::Rate;
  std::string what = fmt::format("the {} of '{}'", isRate ? "rate" : "next value", equation.target);
  bool perSynapse = item->owner == neuro::Scope::Synapse;
  unsigned features = perSynapse ? synapseFeatures : cellFeatures;
  features |= isRate ? Names::Noise : 0u;
  ModelNames names(model, equation.scope, what, features);
  Expr& value = *equation.statement.value;
  if (!typeExpression(value, names, diagnostics)) {
    good = false;
    return;
  }
  Dimension expected = isRate ? item->dimension / findUnit("s")->dimension : item->dimension;
  check(expectDimension(value, expected, what, diagnostics));
}

void ModelTyper::typeAction(Action& action, const std::string& what, unsigned features, neuro::Scope sets,
                            Dimension payload) {
  ModelNames names(model, action.scope, what, features);
  names.carried = payload;
  for (Statement& statement : action.statements) {
    bool delivers = statement.kind == StatementKind::Deliver;
    // `w += 1` reads w as well: that there is none is said once, of what it writes.
    Item* item = delivers ? nullptr : variable(statement.name, action.scope, statement.nameSpan);
    if (!item && !delivers) {
      continue;
    }
    if (!typeExpression(*statement.value, names, diagnostics)) {
      good = false;
      continue;
    }
    if (delivers) {
      typeDelivery(statement, names);
      continue;
    }
    if (item->owner != sets) {
      diagnostics
          .error(Code::NotHere, statement.nameSpan,
                 fmt::format("'{}' belongs to the {}, which {} cannot change", statement.name,
                             item->owner == neuro::Scope::Synapse
                                 ? "synapse"
                                 : fmt::format("\"{}\" block", neuro::stringifyScope(item->owner).str()),
                             what))
          .suggest(
              item->owner == neuro::Scope::Synapse
                  ? ""
                  : "what happens once per spike of a neuron is written under \"on_spike\" of its block");
      good = false;
      continue;
    }
    check(
        expectDimension(*statement.value, item->dimension, fmt::format("'{}'", statement.name), diagnostics));
    // Emission needs the symbol, not the name as written.
    statement.name = item->name;
  }
}

void ModelTyper::typeDelivery(Statement& statement, const ModelNames& names) {
  if (!model.rule) {
    diagnostics.error(Code::NotHere, statement.nameSpan, "only the programs of a rule deliver");
    good = false;
    return;
  }
  bool isDefault = statement.name == "port";
  std::string name = isDefault ? model.port : statement.name;
  Item* port = model.post->find(name);
  if (!port || port->kind != Item::Kind::Port) {
    std::string message = isDefault
                              ? fmt::format("the projection of '{}' names no port to deliver to", model.name)
                              : fmt::format("'{}' is no port of the cell '{}'", name, model.post->name);
    diagnostics.error(Code::UnknownName, statement.nameSpan, message);
    good = false;
    return;
  }
  check(model.post->type(*port));
  check(expectDimension(*statement.value, port->dimension, fmt::format("the port '{}'", name), diagnostics));
}

void ModelTyper::typeTime(std::optional<ValueSpec>& value, ModelNames& names, std::string_view what) {
  if (value) {
    check(value->type(names, diagnostics) && value->expect(findUnit("s")->dimension, what, diagnostics));
  }
}

void ModelTyper::typeEvent(Event& event) {
  std::string what = fmt::format("the event '{}'", event.name);
  Dimension carried;
  unsigned features = cellFeatures;
  if (!event.from.empty()) {
    checkEventName(event.from, event.span);
    for (const Event& other : model.events) {
      if (other.name == event.from && other.payload) {
        features |= Names::Payload;
        carried = other.payloadDimension;
      }
    }
  }
  ModelNames names(model, "", what, features);
  names.carried = carried;
  if (event.condition) {
    bool typed = typeExpression(*event.condition, names, diagnostics);
    if (typed && !event.condition->dimension.isNone()) {
      diagnostics.error(Code::Boolean, event.condition->span(),
                        "\"when\" needs a comparison or a number without a unit");
      typed = false;
    }
    check(typed);
  }
  if (event.payload) {
    check(event.payload->type(names, diagnostics));
    event.payloadDimension = event.payload->dimension();
  }
  typeTime(event.holdTime, names, "the time of \"hold\"");
  typeTime(event.block, names, "the time of \"block\"");
  typeTime(event.emitAfter, names, "the time of \"emit_after\"");
  typeAction(event.actions, what, features, neuro::Scope::Cell, carried);
  typeAction(event.then, what, features, neuro::Scope::Cell, carried);
  for (const std::string& name : event.held) {
    variable(name, "", event.span);
  }
  for (const std::string& name : event.restores) {
    variable(name, "", event.span);
  }
}

void ModelTyper::typeProgram(Program& program) {
  bool isPre = program.kind == neuro::ProgramKind::PreSpike;
  bool perCell = isPre || program.kind == neuro::ProgramKind::PostSpike;
  neuro::Scope sets = isPre ? neuro::Scope::Pre : perCell ? neuro::Scope::Post : neuro::Scope::Synapse;
  unsigned features = perCell ? cellFeatures & ~Names::Fired : synapseFeatures;
  if (isPre || program.kind == neuro::ProgramKind::OnPre) {
    features |= Names::Payload;
  }
  std::string what = perCell
                         ? "\"on_spike\""
                         : fmt::format("the program \"{}\"", neuro::stringifyProgramKind(program.kind).str());
  typeAction(program.action, what, features, sets, model.payload);
  for (const std::string& name : program.restores) {
    variable(name, program.action.scope, program.span);
  }
}
