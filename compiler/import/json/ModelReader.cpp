// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/json/ModelReader.h"

#include "compiler/import/equations/Parser.h"

#include <algorithm>
#include <fmt/format.h>

using namespace nissl;
using namespace nissl::import;

bool ModelReader::checkName(const Node::Member& member) {
  auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  auto isRest = [&](char c) { return isLetter(c) || (c >= '0' && c <= '9'); };
  const std::string& name = member.key;
  if (!name.empty() && isLetter(name[0]) && std::all_of(name.begin(), name.end(), isRest)) {
    return true;
  }
  diagnostics.error(Code::WrongValue, member.keySpan,
                    fmt::format("\"{}\" is no name: names are letters, digits and _", name));
  fail();
  return false;
}

void ModelReader::readParameters(const Node* section, const Place& place) {
  for (const Node::Member& member : membersOf(section)) {
    if (!checkName(member)) {
      continue;
    }
    std::optional<ValueSpec> value =
        ValueSpec::read(member.value, fmt::format("the parameter \"{}\"", member.key), diagnostics);
    if (!value) {
      fail();
      continue;
    }
    Item item{.kind = Item::Kind::Parameter,
              .name = place.scope + member.key,
              .scope = place.scope,
              .span = member.keySpan};
    item.value = std::move(value);
    item.layer = layer;
    model.add(std::move(item));
  }
}

void ModelReader::readInitial(const Node* section, const Place& place) {
  for (const Node::Member& member : membersOf(section)) {
    // In a cell, "dend.v" may be given at the top.
    if (member.key.find('.') == std::string::npos && !checkName(member)) {
      continue;
    }
    for (const std::string& symbol : model.symbolsOf(place.scope + member.key)) {
      readInitialValue(symbol, member, place);
    }
  }
}

void ModelReader::readInitialValue(const std::string& symbol, const Node::Member& member,
                                   const Place& place) {
  std::optional<ValueSpec> value =
      ValueSpec::read(member.value, fmt::format("the initial value of \"{}\"", member.key), diagnostics);
  if (!value) {
    return fail();
  }
  Item* known = model.find(symbol);
  if (known && known->kind == Item::Kind::Variable && !(known->value && known->layer == layer)) {
    known->value = std::move(value);
    known->layer = layer;
    known->span = member.keySpan;
    return;
  }
  Item item{.kind = Item::Kind::Variable, .name = symbol, .scope = place.scope, .span = member.keySpan};
  item.value = std::move(value);
  item.owner = place.owner;
  item.layer = layer;
  model.add(std::move(item));
}

void ModelReader::readUnits(const Node* section, const Place& place) {
  for (const Node::Member& member : membersOf(section)) {
    std::optional<ScaledUnit> unit = readUnit(member.value, diagnostics);
    Item* item = model.find(place.scope + member.key);
    if (!item) {
      diagnostics.error(Code::UnknownName, member.keySpan,
                        fmt::format("{} has no quantity \"{}\"", place.what, member.key));
    }
    if (!item || !unit) {
      fail();
      continue;
    }
    item->declared = unit->dimension;
  }
}

void ModelReader::readBounds(const Node* section, const Place& place) {
  for (const Node::Member& member : membersOf(section)) {
    std::string what = fmt::format("the bounds of \"{}\"", member.key);
    Item* item = model.find(place.scope + member.key);
    if (!item || item->kind != Item::Kind::Variable) {
      diagnostics.error(Code::UnknownName, member.keySpan,
                        fmt::format("{} has no variable \"{}\"", place.what, member.key));
      fail();
      continue;
    }
    std::optional<ValueSpec> bounds;
    if (!member.value.isArray()) {
      wrongKind(member.value, "[lowest, highest]", what, diagnostics);
    } else {
      bounds = ValueSpec::read(member.value, what, diagnostics);
    }
    if (bounds && (bounds->size() != 2 || !(bounds->numbers()[0] < bounds->numbers()[1]))) {
      diagnostics.error(Code::WrongValue, member.value.span(),
                        fmt::format("{} are two numbers, [lowest, highest]", what));
      bounds.reset();
    }
    if (!bounds) {
      fail();
      continue;
    }
    item->bounds = std::move(bounds);
  }
}

void ModelReader::readEquations(const std::vector<const Node*>& list, const Place& place) {
  for (const Node* node : list) {
    if (std::optional<Statement> statement = parseStatement(node->text(), diagnostics)) {
      addEquation(std::move(*statement), place);
    } else {
      fail();
    }
  }
}

void ModelReader::addEquation(Statement statement, const Place& place) {
  std::string symbol = place.scope + statement.name;
  if (statement.kind == StatementKind::Deliver || statement.kind == StatementKind::Restore) {
    diagnostics
        .error(Code::EquationSyntax, statement.origin->span(),
               "an action stands where an equation is expected")
        .suggest("write dx/dt = …, next(x) = … or x = …");
    return fail();
  }
  Item* known = model.find(symbol);
  if (statement.kind == StatementKind::Assign) {
    if (known && known->kind == Item::Kind::Variable && known->layer < layer) {
      std::erase_if(model.equations, [&](const Equation& equation) { return equation.target == symbol; });
    }
    Item item{.kind = Item::Kind::Derived, .name = symbol, .scope = place.scope, .span = statement.nameSpan};
    item.value = ValueSpec::of(std::move(statement.value));
    item.owner = place.owner;
    item.layer = layer;
    model.add(std::move(item));
    return;
  }
  if (!known || known->kind != Item::Kind::Variable) {
    Item item{.kind = Item::Kind::Variable, .name = symbol, .scope = place.scope, .span = statement.nameSpan};
    item.owner = place.owner;
    item.layer = layer;
    if (!model.add(std::move(item))) {
      return;
    }
  }
  neuro::EquationKind kind =
      statement.kind == StatementKind::Rate ? neuro::EquationKind::Rate : neuro::EquationKind::Next;
  for (Equation& equation : model.equations) {
    if (equation.target != symbol) {
      continue;
    }
    if (equation.layer == layer) {
      diagnostics.error(Code::Redefinition, statement.nameSpan, fmt::format("'{}' has two equations", symbol))
          .note(equation.statement.nameSpan, "the first one is here");
      return fail();
    }
    equation = {kind, symbol, place.scope, std::move(statement), layer};
    return;
  }
  model.equations.push_back({kind, symbol, place.scope, std::move(statement), layer});
}

Action ModelReader::readAction(const std::vector<const Node*>& list, const Place& place,
                               std::vector<std::string>* restores) {
  Action action{place.scope, {}};
  for (const Node* node : list) {
    std::optional<Statement> statement = parseStatement(node->text(), diagnostics);
    if (!statement) {
      fail();
      continue;
    }
    bool isEquation = statement->kind == StatementKind::Rate || statement->kind == StatementKind::Next;
    if (isEquation || (statement->kind == StatementKind::Restore && !restores)) {
      diagnostics.error(
          Code::EquationSyntax, statement->origin->span(),
          fmt::format("{} takes actions: x = …, x += …{}", place.what, restores ? ", restore(x)" : ""));
      fail();
      continue;
    }
    if (statement->kind == StatementKind::Restore) {
      restores->push_back(place.scope + statement->name);
      continue;
    }
    action.statements.push_back(std::move(*statement));
  }
  return action;
}
