// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/equations/Parser.h"
#include "compiler/import/json/ModelReader.h"

#include <fmt/format.h>

using namespace nissl;
using namespace nissl::import;

void RuleReader::read(const Node& node) {
  std::string what = fmt::format("the rule \"{}\"", model.name);
  Fields fields(node, what, diagnostics);
  fields.allow({"parameters", "synapse", "pre", "post", "projection", "equations", "units", "on_pre",
                "on_post", "every ", "continuous", "on ", "transmit"});
  model.rule = true;
  layer = 1;
  Place synapse{"", neuro::Scope::Synapse, what};
  readParameters(fields.object("parameters"), synapse);
  readInitial(fields.object("synapse"), synapse);
  readEquations(fields.strings("equations"), synapse);
  for (auto [key, owner] : {std::pair("pre", neuro::Scope::Pre), std::pair("post", neuro::Scope::Post),
                            std::pair("projection", neuro::Scope::Projection)}) {
    if (const Node* block = fields.object(key)) {
      readBlock(*block, owner, key);
    }
  }
  readUnits(fields.object("units"), synapse);
  // Programs of one moment run in the order in which they are written.
  for (const Node::Member& member : node.members) {
    if (member.key == "on_pre") {
      readProgram(neuro::ProgramKind::OnPre, member.value, member.keySpan);
    } else if (member.key == "on_post") {
      readProgram(neuro::ProgramKind::OnPost, member.value, member.keySpan);
    } else if (member.key == "continuous") {
      readProgram(neuro::ProgramKind::Continuous, member.value, member.keySpan);
    } else if (member.key == "transmit") {
      readTransmit(member.value);
    } else if (member.key.starts_with("on ")) {
      readProgram(neuro::ProgramKind::Trigger, member.value, member.keySpan);
      model.programs.back().trigger = member.key.substr(3);
    } else if (member.key.starts_with("every ")) {
      readProgram(neuro::ProgramKind::Every, member.value, member.keySpan);
      Text text = member.keyText();
      constexpr size_t skip = 6;
      Text time{text.text.substr(skip), text.source, {text.offsets.begin() + skip, text.offsets.end()}};
      model.programs.back().period = readTime(time, "the period of \"every\"", diagnostics);
      if (!model.programs.back().period) {
        fail();
      } else if (!(*model.programs.back().period > 0.0)) {
        diagnostics.error(Code::WrongValue, member.keySpan,
                          "the period of \"every\" must be a positive time");
        fail();
      }
    }
  }
}

void RuleReader::readBlock(const Node& node, neuro::Scope owner, const std::string& name) {
  Place place{name + ".", owner, fmt::format("the \"{}\" block of the rule \"{}\"", name, model.name)};
  Fields fields(node, place.what, diagnostics);
  if (owner == neuro::Scope::Projection) {
    fields.allow({"equations", "initial", "units"});
  } else {
    fields.allow({"equations", "initial", "units", "on_spike"});
  }
  readInitial(fields.object("initial"), place);
  readEquations(fields.strings("equations"), place);
  readUnits(fields.object("units"), place);
  std::vector<const Node*> list = fields.strings("on_spike");
  if (!list.empty()) {
    Program program{owner == neuro::Scope::Pre ? neuro::ProgramKind::PreSpike
                                               : neuro::ProgramKind::PostSpike};
    program.action = readAction(list, place, &program.restores);
    program.span = node.get("on_spike")->span();
    model.programs.push_back(std::move(program));
  }
}

void RuleReader::readProgram(neuro::ProgramKind kind, const Node& node, const Span& span) {
  Program program{kind};
  program.span = span;
  std::vector<const Node*> list;
  for (const Node& element : node.elements) {
    list.push_back(&element);
  }
  if (node.isString()) {
    list = {&node};
  }
  for (const Node* element : list) {
    if (!element->isString()) {
      wrongKind(*element, "a string", "an action", diagnostics);
      return fail();
    }
  }
  if (!node.isArray() && !node.isString()) {
    wrongKind(node, "an array of strings", "a program", diagnostics);
    fail();
  }
  program.action = readAction(list, {"", neuro::Scope::Synapse, "a program"}, &program.restores);
  model.programs.push_back(std::move(program));
}

/// "transmit": a value that every synapse adds to its port in every step.
void RuleReader::readTransmit(const Node& node) {
  if (!node.isString() && !node.isNumber()) {
    wrongKind(node, "an expression", "\"transmit\"", diagnostics);
    return fail();
  }
  ExprPtr value = parseExpression(node.text(), diagnostics);
  if (!value) {
    return fail();
  }
  Program program{neuro::ProgramKind::Continuous};
  program.span = node.span();
  auto origin = value->origin;
  program.action.statements.push_back(
      {StatementKind::Deliver, "port", node.span(), std::move(value), origin});
  model.programs.push_back(std::move(program));
}
