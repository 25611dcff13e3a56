// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Events, pulses and update groups of cells.
#include "compiler/import/equations/Parser.h"
#include "compiler/import/json/ModelReader.h"

#include <algorithm>
#include <fmt/format.h>

using namespace nissl;
using namespace nissl::import;

void CellReader::readEvents(const Node* section) {
  for (const Node::Member& member : membersOf(section)) {
    if (checkName(member)) {
      readEvent(member);
    }
  }
}

std::optional<ValueSpec> CellReader::readValue(const Fields& fields, std::string_view key,
                                               const std::string& what) {
  const Node* node = fields.find(key);
  std::optional<ValueSpec> value = node ? ValueSpec::read(*node, what, diagnostics) : std::nullopt;
  if (value && value->kind() == ValueSpec::Kind::Array) {
    diagnostics.error(Code::WrongType, node->span(), fmt::format("{} cannot be an array", what));
    value.reset();
  }
  if (node && !value) {
    fail();
  }
  return value;
}

void CellReader::readEvent(const Node::Member& member) {
  std::string what = fmt::format("the event \"{}\"", member.key);
  Fields fields(member.value, what, diagnostics);
  if (fields.has("for")) {
    return readPulse(member, fields);
  }
  fields.allow({"when", "do", "hold", "then", "block", "payload", "after", "emit_after", "emit_within",
                "from", "for", "overlap"});
  Event event{.name = member.key, .from = "", .span = member.keySpan};
  event.layer = layer;
  if (const Node* from = fields.string("from")) {
    event.from = from->string;
  }
  if (const Node* when = fields.string("when")) {
    event.condition = parseExpression(when->text(), diagnostics);
    if (!event.condition) {
      fail();
    }
  }
  if (!event.condition && event.from.empty() && !fields.has("when")) {
    diagnostics.error(Code::MissingKey, member.keySpan, fmt::format("{} needs \"when\" or \"from\"", what));
    fail();
  }
  Place place{"", neuro::Scope::Cell, what};
  event.actions = readAction(fields.strings("do"), place, &event.restores);
  event.then = readAction(fields.strings("then"), place);
  event.block = readValue(fields, "block", "\"block\"");
  event.payload = readValue(fields, "payload", "\"payload\"");
  event.emitAfter = readValue(fields, "emit_after", "\"emit_after\"");
  for (auto [key, slot] : {std::pair("after", &event.after), std::pair("emit_within", &event.within)}) {
    if (const Node* time = fields.find(key)) {
      *slot = readTime(*time, fmt::format("\"{}\" of {}", key, what), diagnostics);
      if (!*slot) {
        fail();
      }
    }
  }
  if (const Node* hold = fields.object("hold")) {
    readHold(*hold, event);
  }
  auto known = std::find_if(model.events.begin(), model.events.end(),
                            [&](const Event& one) { return one.name == event.name; });
  if (known == model.events.end()) {
    model.events.push_back(std::move(event));
  } else {
    *known = std::move(event);
  }
}

void CellReader::readHold(const Node& node, Event& event) {
  Fields fields(node, "\"hold\"", diagnostics);
  fields.allow({"variables", "value", "for"});
  event.holdTime = readValue(fields, "for", "the time of \"hold\"");
  fields.need("for");
  fields.need("variables");
  for (const Node* name : fields.strings("variables")) {
    event.held.push_back(name->string);
    const Node* value = fields.find("value");
    ExprPtr expr = value && (value->isString() || value->isNumber())
                       ? parseExpression(value->text(), diagnostics)
                       : nullptr;
    if (value && !expr) {
      fail();
    }
    if (expr) {
      auto origin = expr->origin;
      event.actions.statements.push_back(
          {StatementKind::Assign, name->string, name->span(), std::move(expr), origin});
    }
  }
}

void CellReader::readPulse(const Node::Member& member, const Fields& fields) {
  std::string what = fmt::format("the pulse \"{}\"", member.key);
  fields.allow({"from", "after", "for", "overlap"});
  Item item{.kind = Item::Kind::Pulse, .name = member.key, .scope = "", .span = member.keySpan};
  item.layer = layer;
  const Node* from = fields.need("from");
  std::optional<double> duration =
      readTime(*fields.find("for"), fmt::format("\"for\" of {}", what), diagnostics);
  std::optional<double> after = 0.0;
  if (const Node* time = fields.find("after")) {
    after = readTime(*time, fmt::format("\"after\" of {}", what), diagnostics);
  }
  if (const Node* overlap = fields.string("overlap")) {
    std::optional<neuro::Overlap> kind = neuro::symbolizeOverlap(overlap->string);
    if (!kind) {
      diagnostics.error(Code::WrongValue, overlap->span(),
                        fmt::format("\"overlap\" is \"union\" or \"sum\", found \"{}\"", overlap->string));
      return fail();
    }
    item.overlap = *kind;
  }
  if (!from || !from->isString() || !duration || !after) {
    return fail();
  }
  item.event = from->string;
  item.duration = *duration;
  item.after = *after;
  model.add(std::move(item));
}

static std::optional<neuro::Method> methodOf(const Node& node, DiagnosticList& diagnostics) {
  std::optional<neuro::Method> method = node.isString() ? neuro::symbolizeMethod(node.string) : std::nullopt;
  if (!method) {
    diagnostics.error(Code::WrongValue, node.span(), "no method of that name")
        .suggest("it is one of automatic, euler, exponential_euler, exact, semi_implicit, implicit, rk4");
  }
  return method;
}

void CellReader::readUpdate(const Node* update) {
  if (!update) {
    return;
  }
  model.groups.clear();
  if (update->isString()) {
    // One method for everything that has an equation.
    if (std::optional<neuro::Method> method = methodOf(*update, diagnostics)) {
      model.groups.push_back({{}, *method, 1, update->span()});
      return;
    }
    return fail();
  }
  if (!update->isArray()) {
    wrongKind(*update, "a method or an array of groups", "\"update\"", diagnostics);
    return fail();
  }
  for (const Node& node : update->elements) {
    Fields fields(node, "a group of \"update\"", diagnostics);
    Group group{{}, neuro::Method::Automatic, fields.whole("substeps", 1).value_or(1), node.span()};
    for (const Node::Member& member : node.members) {
      if (member.key == "substeps" || member.key == "comment") {
        continue;
      }
      std::optional<neuro::Method> method = methodOf(member.value, diagnostics);
      if (!method) {
        return fail();
      }
      if (!group.variables.empty() && *method != group.method) {
        diagnostics
            .error(Code::Unsupported, member.value.span(), "two methods in one group are not built yet")
            .suggest("give each method its own group; a later group reads the new values of an earlier one");
        return fail();
      }
      group.method = *method;
      for (std::string& symbol : model.symbolsOf(member.key)) {
        group.variables.push_back(std::move(symbol));
      }
    }
    model.groups.push_back(std::move(group));
  }
}
