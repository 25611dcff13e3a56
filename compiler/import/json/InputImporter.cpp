// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Inputs, triggers and probes.
#include "compiler/import/json/Network.h"

#include <algorithm>
#include <fmt/format.h>

using namespace mlir;
using namespace nissl;
using namespace nissl::import;

void NetworkImporter::emitInputs(const Node& root) {
  const Node* section = Fields(root, "a description", diagnostics).object("inputs");
  for (const Node::Member& member : membersOf(section)) {
    if (checkName(member, "input")) {
      emitInput(member);
    }
  }
}

void NetworkImporter::emitInput(const Node::Member& member) {
  std::string what = fmt::format("the input \"{}\"", member.key);
  Fields fields(member.value, what, diagnostics);
  fields.allow({"to", "value", "drive"});
  const Node* to = fields.need("to");
  std::optional<Reference> target = to ? readReference(*to) : std::nullopt;
  std::optional<std::string> port = target ? portOf(*target) : std::nullopt;
  if (!port) {
    return;
  }
  if (port->empty()) {
    diagnostics
        .error(Code::Ambiguous, to->span(),
               fmt::format("\"{}\" does not have exactly one port", target->population->name))
        .suggest(fmt::format("name one: \"{}.PORT\"", target->population->name));
    return;
  }
  if (fields.has("value") == fields.has("drive")) {
    diagnostics.error(Code::MissingKey, member.keySpan,
                      fmt::format("{} needs either \"value\" or \"drive\"", what));
    return;
  }
  if (const Node* drive = fields.object("drive")) {
    return emitDrive(member, *drive, *target, *port);
  }
  const Node* value = fields.find("value");
  if (!value) {
    return;
  }
  bool host = value->isString() && value->string == "host";
  auto op =
      neuro::InputOp::create(builder, at(member.keySpan), builder.getStringAttr(member.key), viewOf(*target),
                             reference(*port), host ? builder.getUnitAttr() : UnitAttr());
  if (host) {
    return;
  }
  neuro::Dimension dimension = target->population->cell->find(*port)->dimension;
  if (value->isObject() && value->get("values")) {
    return emitSeries(op, *value, dimension, member.key);
  }
  int64_t nextPlace = 0;
  emitExpression(op.getValue(), *value, what, Names::Time | Names::Element | Names::Random | Names::Reduce,
                 dimension, nextPlace);
}

/// Values that follow each other, each for the time "every"; after the last one the input is zero.
void NetworkImporter::emitSeries(neuro::InputOp op, const Node& node, const neuro::Dimension& dimension,
                                 const std::string& inputName) {
  std::string what = fmt::format("the input \"{}\"", inputName);
  Fields fields(node, what, diagnostics);
  fields.allow({"values", "unit", "every"});
  const Node* every = fields.need("every");
  std::optional<double> period = every ? readTime(*every, "\"every\"", diagnostics) : std::nullopt;
  const Node* list = fields.array("values");
  std::optional<ScaledUnit> unit =
      fields.has("unit") ? readUnit(*fields.find("unit"), diagnostics) : ScaledUnit{};
  if (!period || !list || !unit) {
    return;
  }
  if (!(*period > 0.0)) {
    diagnostics.error(Code::WrongValue, every->span(), "\"every\" must be a positive time");
    return;
  }
  if (unit->dimension != dimension) {
    diagnostics.error(Code::Dimension, fields.has("unit") ? fields.find("unit")->span() : node.span(),
                      fmt::format("the values are in {}, but the port needs {}", describe(unit->dimension),
                                  describe(dimension)));
    return;
  }
  std::vector<double> numbers;
  for (const Node& entry : list->elements) {
    if (!entry.isNumber()) {
      return wrongKind(entry, "a number", "an entry of \"values\"", diagnostics);
    }
    numbers.push_back(unit->of(entry));
  }
  numbers.push_back(0.0);
  emitArray(arrays, list->span(), inputName + ".values", numbers);
  emitLookup(op.getValue(), list->span(), inputName + ".values",
             [&](OpBuilder& body, Location location) -> mlir::Value {
               // Times are multiples of dt up to rounding; half a millionth of a period is no other entry.
               constexpr double slack = 5e-7;
               mlir::Value time = neuro::TimeOp::create(body, location, body.getF64Type());
               auto constant = [&](double value) -> mlir::Value {
                 return arith::ConstantOp::create(body, location, body.getF64FloatAttr(value));
               };
               mlir::Value count = arith::DivFOp::create(body, location, time, constant(*period));
               mlir::Value shifted = arith::AddFOp::create(body, location, count, constant(slack));
               mlir::Value whole = math::FloorOp::create(body, location, shifted);
               return arith::FPToSIOp::create(body, location, body.getI64Type(), whole);
             });
}

void NetworkImporter::emitDrive(const Node::Member& member, const Node& drive, const Reference& to,
                                const std::string& port) {
  Fields fields(drive, "\"drive\"", diagnostics);
  fields.allow({"rate", "count", "weight"});
  const Node* rate = fields.need("rate");
  const Node* weight = fields.need("weight");
  if (!rate || !weight) {
    return;
  }
  int64_t count = fields.whole("count", 0).value_or(1);
  auto op = neuro::DriveOp::create(builder, at(member.keySpan), member.key, viewOf(to), port, count);
  int64_t nextPlace = 0;
  neuro::Dimension dimension = to.population->cell->find(port)->dimension;
  emitExpression(op.getRate(), *rate, "the rate of a drive", Names::Time | Names::Element | Names::Reduce,
                 findUnit("Hz")->dimension, nextPlace);
  emitExpression(op.getWeight(), *weight, "the weight of a drive",
                 Names::Time | Names::Element | Names::Reduce, dimension, nextPlace);
}

//===-- Triggers and probes --------------------------------------------------------------------------===//

void NetworkImporter::emitTriggers(const Node& root) {
  const Node* section = Fields(root, "a description", diagnostics).object("triggers");
  for (const Node::Member& member : membersOf(section)) {
    if (!checkName(member, "trigger")) {
      continue;
    }
    auto emit = [&](bool host, DenseF64ArrayAttr times, neuro::ViewAttr of, FlatSymbolRefAttr event) {
      neuro::TriggerOp::create(builder, at(member.keySpan), builder.getStringAttr(member.key),
                               host ? builder.getUnitAttr() : UnitAttr(), times, of, event);
    };
    if (member.value.isString() && member.value.string == "host") {
      emit(true, {}, {}, {});
      continue;
    }
    if (member.value.isString()) {
      std::optional<Reference> of = readReference(member.value);
      if (of && of->population->cell) {
        emit(false, {}, viewOf(*of), reference(of->rest.empty() ? "spike" : of->rest));
      } else if (of) {
        diagnostics.error(Code::Unsupported, member.value.span(), "a trigger from a source is not built yet");
      }
      continue;
    }
    Fields fields(member.value, fmt::format("the trigger \"{}\"", member.key), diagnostics);
    fields.allow({"times"});
    const Node* list = fields.need("times");
    std::optional<ValueSpec> times = list ? ValueSpec::read(*list, "\"times\"", diagnostics) : std::nullopt;
    if (times && times->kind() == ValueSpec::Kind::Array &&
        times->expect(findUnit("s")->dimension, "\"times\"", diagnostics)) {
      std::vector<double> sorted = times->numbers();
      std::sort(sorted.begin(), sorted.end());
      emit(false, builder.getDenseF64ArrayAttr(sorted), {}, {});
    } else if (times && times->kind() != ValueSpec::Kind::Array) {
      wrongKind(*list, "an array of times", "\"times\"", diagnostics);
    }
  }
}

void NetworkImporter::emitProbes(const Node& root) {
  const Node* section = Fields(root, "a description", diagnostics).object("probes");
  for (const Node::Member& member : membersOf(section)) {
    if (checkName(member, "probe")) {
      emitProbe(member);
    }
  }
}

void NetworkImporter::emitProbe(const Node::Member& member) {
  std::string what = fmt::format("the probe \"{}\"", member.key);
  Fields fields(member.value, what, diagnostics);
  fields.allow({"of", "every", "start", "stop", "on", "before"});
  const Node* of = fields.need("of");
  if (!of || !of->isString()) {
    return of ? wrongKind(*of, "a string such as \"E.v\"", fmt::format("\"of\" of {}", what), diagnostics)
              : void();
  }
  auto time = [&](std::string_view key) -> FloatAttr {
    const Node* node = fields.find(key);
    std::optional<double> seconds =
        node ? readTime(*node, fmt::format("\"{}\"", key), diagnostics) : std::nullopt;
    return seconds ? builder.getF64FloatAttr(*seconds) : FloatAttr();
  };
  neuro::ViewAttr view;
  std::string quantity;
  size_t dot = of->string.find('.');
  if (Projection* projection =
          dot == std::string::npos ? nullptr : findProjection(of->string.substr(0, dot))) {
    quantity = of->string.substr(dot + 1);
    std::vector<std::string> known;
    if (projection->node->get("weight")) {
      known.push_back("w");
    }
    for (std::unique_ptr<Model>& rule : projection->rules) {
      for (std::unique_ptr<Item>& item : rule->items) {
        if (item->kind == Item::Kind::Variable) {
          known.push_back(item->name);
        }
      }
    }
    if (std::find(known.begin(), known.end(), quantity) == known.end()) {
      return unknown(of->text().span(dot + 1, of->string.size()),
                     fmt::format("variable of \"{}\"", projection->name), quantity, known);
    }
    view = neuro::ViewAttr::get(builder.getContext(), reference(projection->name), 0, -1);
  } else {
    std::optional<Reference> target = readReference(*of, true);
    if (!target) {
      return;
    }
    quantity = target->rest.empty() ? "spike" : target->rest;
    std::vector<std::string> known = {"spike"};
    if (Model* cell = target->population->cell) {
      known.clear();
      for (const Event& event : cell->events) {
        known.push_back(event.name);
      }
      for (std::unique_ptr<Item>& item : cell->items) {
        if (!item->automatic || item->used) {
          known.push_back(item->name);
        }
      }
    }
    if (std::find(known.begin(), known.end(), quantity) == known.end()) {
      if (target->population->cell && target->population->cell->complainOfIndex(quantity, target->span)) {
        return;
      }
      return unknown(target->span, fmt::format("event or quantity of \"{}\"", target->population->name),
                     quantity, known);
    }
    view = viewOf(*target);
  }
  const Node* trigger = fields.string("on");
  neuro::ProbeOp::create(builder, at(member.keySpan), builder.getStringAttr(member.key), view,
                         reference(quantity), time("every"), time("start"), time("stop"),
                         trigger ? reference(trigger->string) : FlatSymbolRefAttr(),
                         fields.flag("before", false) ? builder.getUnitAttr() : UnitAttr());
}
