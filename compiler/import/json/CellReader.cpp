// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cells: layers of "use", receptors, ports, currents.
#include "compiler/import/equations/Parser.h"
#include "compiler/import/json/ModelReader.h"

#include <algorithm>
#include <fmt/format.h>

using namespace nissl;
using namespace nissl::import;

void CellReader::read(const Node& node) {
  readCellLayer(node, {"", neuro::Scope::Cell, fmt::format("the cell \"{}\"", model.name)});
  finishCurrents();
  addPositions();
}

void CellReader::readCellLayer(const Node& node, const Place& place) {
  Fields fields(node, place.what, diagnostics);
  fields.allow({"use", "parameters", "equations", "ports", "initial", "units", "bounds", "update", "events",
                "compartments", "couple", "receptors", "broadcast"});
  if (const Node* base = fields.string("use")) {
    const Node* found = library.findCell(base->string);
    if (!found) {
      std::string near = nearest(base->string, library.cellNames());
      diagnostics
          .error(Code::UnknownThing, base->span(), fmt::format("there is no cell \"{}\"", base->string))
          .suggest(near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
      fail();
    } else if (std::find(open.begin(), open.end(), base->string) != open.end()) {
      diagnostics.error(Code::Circular, base->span(),
                        fmt::format("the cell \"{}\" uses itself", base->string));
      fail();
    } else {
      open.push_back(base->string);
      readCellLayer(*found, {"", neuro::Scope::Cell, fmt::format("the cell \"{}\"", base->string)});
      open.pop_back();
    }
  }
  ++layer;
  const Node* compartments = fields.object("compartments");
  readCounts(compartments);
  readScope(node, place);
  for (const Node::Member& member : membersOf(compartments)) {
    readCompartment(member);
  }
  readCouples(fields.array("couple"));
  readUpdate(fields.find("update"));
  readEvents(fields.object("events"));
  readBroadcasts(fields.strings("broadcast"));
}

void CellReader::readScope(const Node& node, const Place& place) {
  Fields fields(node, place.what, diagnostics);
  readParameters(fields.object("parameters"), place);
  readInitial(fields.object("initial"), place);
  readEquations(fields.strings("equations"), place);
  readPorts(fields.object("ports"), place);
  readUnits(fields.object("units"), place);
  readBounds(fields.object("bounds"), place);
  if (const Node* receptors = fields.object("receptors")) {
    for (const Node::Member& member : receptors->members) {
      readReceptor(member, place);
    }
  }
}

//===-- Ports and receptors ------------------------------------------------------------------------===//

void CellReader::readPorts(const Node* section, const Place& place) {
  for (const Node::Member& member : membersOf(section)) {
    if (!checkName(member)) {
      continue;
    }
    Fields fields(member.value, fmt::format("the port \"{}\"", member.key), diagnostics);
    fields.allow({"unit", "on_input", "applies"});
    readPort(place.scope + member.key, member.value, place, member.keySpan);
  }
}

void CellReader::readPort(const std::string& symbol, const Node& node, const Place& place, const Span& span) {
  Fields fields(node, fmt::format("the port \"{}\"", symbol), diagnostics);
  Item* known = model.find(symbol);
  if (!known || known->kind != Item::Kind::Port) {
    Item item{.kind = Item::Kind::Port, .name = symbol, .scope = place.scope, .span = span};
    item.layer = layer;
    known = model.add(std::move(item));
  }
  if (const Node* unit = fields.find("unit"); unit && known) {
    std::optional<ScaledUnit> read = readUnit(*unit, diagnostics);
    known->declared = read ? read->dimension : neuro::Dimension{};
    if (!read) {
      fail();
    }
  }
  neuro::Applies applies = neuro::Applies::Start;
  if (const Node* when = fields.string("applies")) {
    if (when->string != "start" && when->string != "end") {
      diagnostics.error(Code::WrongValue, when->span(),
                        fmt::format("\"applies\" is \"start\" or \"end\", found \"{}\"", when->string));
      fail();
    }
    applies = when->string == "end" ? neuro::Applies::End : neuro::Applies::Start;
  }
  Action action = readAction(fields.strings("on_input"), place);
  auto input = std::find_if(model.inputs.begin(), model.inputs.end(),
                            [&](const OnInput& one) { return one.port == symbol; });
  if (!action.isEmpty()) {
    OnInput read{symbol, applies, std::move(action), span};
    if (input != model.inputs.end()) {
      *input = std::move(read);
    } else {
      model.inputs.push_back(std::move(read));
    }
  } else if (input != model.inputs.end() && fields.has("applies")) {
    input->applies = applies;
  }
}

void CellReader::readReceptor(const Node::Member& member, const Place& around) {
  if (!checkName(member)) {
    return;
  }
  Place place{around.scope + member.key + ".", neuro::Scope::Cell,
              fmt::format("the receptor \"{}\"", member.key)};
  Receptor& receptor = foundReceptors[place.scope];
  receptor.span = member.keySpan;
  readReceptorLayer(member.value, place, receptor);
}

void CellReader::readReceptorLayer(const Node& node, const Place& place, Receptor& receptor) {
  Fields fields(node, place.what, diagnostics);
  fields.allow({"use", "parameters", "equations", "initial", "units", "unit", "on_input", "applies",
                "current", "conductance", "E"});
  if (const Node* base = fields.string("use")) {
    const Node* found = library.findReceptor(base->string);
    std::string mark = "receptor " + base->string;
    if (!found) {
      std::string near = nearest(base->string, library.receptorNames());
      diagnostics
          .error(Code::UnknownThing, base->span(), fmt::format("there is no receptor \"{}\"", base->string))
          .suggest(near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
      fail();
    } else if (std::find(open.begin(), open.end(), mark) != open.end()) {
      diagnostics.error(Code::Circular, base->span(),
                        fmt::format("the receptor \"{}\" uses itself", base->string));
      fail();
    } else {
      open.push_back(mark);
      readReceptorLayer(*found, place, receptor);
      open.pop_back();
    }
  }
  ++layer;
  // The port has the receptor's own name.
  readPort(place.scope.substr(0, place.scope.size() - 1), node, place, receptor.span);
  readParameters(fields.object("parameters"), place);
  readInitial(fields.object("initial"), place);
  readEquations(fields.strings("equations"), place);
  readUnits(fields.object("units"), place);
  for (auto [key, slot] :
       {std::pair("current", &receptor.current), std::pair("conductance", &receptor.conductance),
        std::pair("E", &receptor.reversal)}) {
    if (const Node* text = fields.find(key)) {
      if (!text->isString() && !text->isNumber()) {
        wrongKind(*text, "an expression", fmt::format("\"{}\" of {}", key, place.what), diagnostics);
        fail();
        continue;
      }
      *slot = text;
    }
  }
}

//===-- Currents -----------------------------------------------------------------------------------===//

Text nissl::import::textAt(const Span& span, std::string text) {
  std::vector<size_t> offsets(text.size() + 1, span.begin);
  offsets.back() = span.end;
  return {std::move(text), span.source, std::move(offsets)};
}

void CellReader::addDerived(const std::string& name, const std::string& scope, const std::string& text,
                            bool automatic, const Span& span) {
  ExprPtr expr = parseExpression(textAt(span, text), diagnostics);
  Item item{.kind = Item::Kind::Derived, .name = name, .scope = scope, .span = span};
  item.value = ValueSpec::of(std::move(expr));
  item.automatic = automatic;
  item.layer = layer;
  model.add(std::move(item));
}

static ExprPtr binary(std::string_view op, ExprPtr left, ExprPtr right) {
  auto expr = std::make_unique<Expr>();
  expr->kind = ExprKind::Binary;
  expr->text = op;
  expr->origin = left->origin;
  expr->begin = left->begin;
  expr->end = left->end;
  expr->arguments.push_back(std::move(left));
  expr->arguments.push_back(std::move(right));
  return expr;
}

void CellReader::finishCurrents() {
  ++layer;
  std::map<std::string, std::string> sums, couplings; // by scope
  std::map<std::string, Span> places;
  for (auto& [scope, receptor] : foundReceptors) {
    std::string name = scope.substr(0, scope.size() - 1);
    size_t dot = name.rfind('.');
    std::string around = dot == std::string::npos ? "" : name.substr(0, dot + 1);
    if (receptor.current && receptor.conductance) {
      diagnostics.error(Code::WrongValue, receptor.span,
                        fmt::format("the receptor \"{}\" has both a current and a conductance", name));
      fail();
      continue;
    }
    if (static_cast<bool>(receptor.conductance) != static_cast<bool>(receptor.reversal)) {
      diagnostics.error(
          Code::MissingKey, receptor.span,
          fmt::format("the receptor \"{}\" needs both \"conductance\" and \"E\", or \"current\"", name));
      fail();
      continue;
    }
    ExprPtr current;
    if (receptor.current) {
      current = parseExpression(receptor.current->text(), diagnostics);
    } else if (receptor.conductance) {
      // Inward currents are positive: g (E - v), with the v of the scope around.
      ExprPtr conductance = parseExpression(receptor.conductance->text(), diagnostics);
      ExprPtr reversal = parseExpression(receptor.reversal->text(), diagnostics);
      ExprPtr voltage = parseExpression(textAt(receptor.span, "v"), diagnostics);
      if (conductance && reversal) {
        current = binary("*", std::move(conductance), binary("-", std::move(reversal), std::move(voltage)));
      }
    } else {
      continue;
    }
    if (!current) {
      fail();
      continue;
    }
    Item item{.kind = Item::Kind::Derived, .name = scope + "I", .scope = scope, .span = receptor.span};
    item.value = ValueSpec::of(std::move(current));
    item.layer = layer;
    model.add(std::move(item));
    sums[around] += (sums[around].empty() ? "" : " + ") + scope + "I";
    places.try_emplace(around + "I_syn", receptor.span);
  }
  for (const Couple& couple : model.couples) {
    for (auto [here, there] :
         {std::pair(couple.first, couple.second), std::pair(couple.second, couple.first)}) {
      std::string& sum = couplings[here + "."];
      places.try_emplace(here + ".I_couple", couple.span);
      sum += (sum.empty() ? "" : " + ") + fmt::format("{}*({}.v - {}.v)", couple.conductance, there, here);
    }
  }
  std::vector<std::string> scopes = {""};
  for (const auto& [compartment, span] : model.compartments) {
    scopes.push_back(compartment + ".");
  }
  // What no equation reads is not written; a user's own quantity of the name comes first.
  for (const std::string& scope : scopes) {
    for (auto [name, table] : {std::pair("I_syn", &sums), std::pair("I_couple", &couplings)}) {
      if (!model.find(scope + name)) {
        const std::string& text = (*table)[scope];
        addDerived(scope + name, "", text.empty() ? "0" : text, true, places[scope + name]);
      }
    }
  }
}

void CellReader::readBroadcasts(const std::vector<const Node*>& names) {
  for (const Node* name : names) {
    Item* item = model.find(name->string);
    if (!item || (item->kind != Item::Kind::Variable && item->kind != Item::Kind::Derived)) {
      diagnostics.error(
          Code::UnknownName, name->span(),
          fmt::format("\"{}\" is no variable or derived quantity of {}", name->string, model.name));
      fail();
      continue;
    }
    item->broadcast = true;
  }
}
