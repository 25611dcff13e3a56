// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Projections: where from, where to, with what weight, delay and rules.
#include "compiler/import/json/Connect.h"

#include "compiler/import/Bounds.h"

#include <algorithm>
#include <fmt/format.h>

using namespace mlir;
using namespace nissl;
using namespace nissl::import;

void NetworkImporter::readProjections(const Node& root) {
  const Node* section = Fields(root, "a description", diagnostics).object("projections");
  for (const Node::Member& member : membersOf(section)) {
    if (checkName(member, "projection")) {
      readProjection(member);
    }
  }
}

void NetworkImporter::readProjection(const Node::Member& member) {
  std::string what = fmt::format("the projection \"{}\"", member.key);
  Fields fields(member.value, what, diagnostics);
  fields.allow({"from", "to", "connect", "weight", "delay", "axonal", "dendritic", "back", "rules",
                "transmission", "tie", "same_step"});
  auto projection = std::make_unique<Projection>();
  projection->name = member.key;
  projection->span = member.keySpan;
  projection->node = &member.value;
  const Node* from = fields.need("from");
  const Node* to = fields.need("to");
  fields.need("connect");
  std::optional<Reference> source = from ? readReference(*from) : std::nullopt;
  std::optional<Reference> target = to ? readReference(*to) : std::nullopt;
  if (!source || !target) {
    return;
  }
  projection->from = *source;
  projection->to = *target;
  if (!target->population->cell) {
    diagnostics.error(Code::WrongValue, to->span(),
                      fmt::format("\"{}\" is a source, which nothing projects to", target->population->name));
    return;
  }
  projection->event = source->rest.empty() ? "spike" : source->rest;
  std::vector<std::string> events = {"spike"};
  if (Model* cell = source->population->cell) {
    events.clear();
    for (const Event& event : cell->events) {
      events.push_back(event.name);
    }
  }
  bool continuous = events.empty();
  if (!continuous && std::find(events.begin(), events.end(), projection->event) == events.end()) {
    unknown(source->span, fmt::format("event of \"{}\"", source->population->name), projection->event,
            events);
    return;
  }
  std::optional<std::string> port = portOf(*target);
  if (!port) {
    return;
  }
  projection->port = *port;
  readRules(*projection, fields);
  projections.push_back(std::move(projection));
}

void NetworkImporter::readRules(Projection& projection, const Fields& fields) {
  // "transmission" is a rule like any other, and comes first.
  std::vector<const Node*> list;
  if (const Node* transmission = fields.find("transmission")) {
    list.push_back(transmission);
  }
  if (const Node* rules = fields.array("rules")) {
    for (const Node& rule : rules->elements) {
      list.push_back(&rule);
    }
  }
  for (const Node* node : list) {
    const Node* definition = node;
    std::string ruleName = projection.name + "_rule" + std::to_string(projection.rules.size());
    if (node->isString()) {
      definition = library.findRule(node->string);
      ruleName = node->string;
    }
    if (!definition) {
      unknown(node->span(), "rule", node->string, library.ruleNames());
      continue;
    }
    auto model = std::make_unique<Model>(ruleName, *this, diagnostics);
    model->rule = true;
    model->pre = projection.from.population->cell;
    model->post = projection.to.population->cell;
    model->port = projection.port;
    RuleReader(*model, library, diagnostics).read(*definition);
    projection.rules.push_back(std::move(model));
  }
}

//===-- Writing ------------------------------------------------------------------------------------===//

/// A rule is written once for each pair of cells and port that it serves; the first has its plain name.
std::string NetworkImporter::emitRule(Projection& projection, Model& rule) {
  if (rule.pre) {
    for (const Event& event : rule.pre->events) {
      if (event.name == projection.event) {
        rule.payload = event.payloadDimension;
      }
    }
  }
  std::string use = fmt::format("{} from {} on {} to {} at {}", rule.name, rule.pre ? rule.pre->name : "",
                                projection.event, rule.post->name, rule.port);
  std::string symbol = emittedRules.contains(rule.name) ? rule.name + "." + projection.name : rule.name;
  if (auto [known, isNew] = emittedRules.try_emplace(use, symbol); !isNew) {
    // Typing fills in what the projection's weight needs.
    typeModel(rule);
    return known->second;
  }
  emittedRules.try_emplace(rule.name, symbol);
  if (typeModel(rule) && !diagnostics.hasErrors()) {
    emitModel(rule, symbol, builder, arrays);
  }
  return symbol;
}

/// Whether a rule of the projection takes over what arrives at the port.
static bool deliversItself(const Projection& projection) {
  for (const std::unique_ptr<Model>& rule : projection.rules) {
    for (const Program& program : rule->programs) {
      for (const Statement& statement : program.action.statements) {
        if (statement.kind == StatementKind::Deliver) {
          return true;
        }
      }
    }
  }
  return false;
}

static Item* weightItem(const Projection& projection) {
  for (const std::unique_ptr<Model>& rule : projection.rules) {
    Item* item = rule->find("w");
    if (item && item->kind == Item::Kind::Variable && item->owner == neuro::Scope::Synapse) {
      return item;
    }
  }
  return nullptr;
}

void NetworkImporter::emitProjection(Projection& projection) {
  SmallVector<Attribute> rules;
  for (std::unique_ptr<Model>& rule : projection.rules) {
    rules.push_back(reference(emitRule(projection, *rule)));
  }
  std::optional<Connect> connect = ConnectReader(projection, diagnostics).read();
  Fields fields(*projection.node, fmt::format("the projection \"{}\"", projection.name), diagnostics);
  neuro::Tie tie = neuro::Tie::Pre;
  if (const Node* node = fields.string("tie")) {
    std::optional<neuro::Tie> given = neuro::symbolizeTie(node->string);
    if (!given) {
      diagnostics.error(Code::WrongValue, node->span(),
                        fmt::format("\"tie\" is \"pre\", \"post\" or \"old\", found \"{}\"", node->string));
      return;
    }
    tie = *given;
  }
  auto time = [&](std::string_view key) -> FloatAttr {
    const Node* node = fields.find(key);
    std::optional<double> seconds =
        node ? readTime(*node, fmt::format("\"{}\"", key), diagnostics) : std::nullopt;
    return seconds ? builder.getF64FloatAttr(*seconds) : FloatAttr();
  };
  if (projection.port.empty() && !deliversItself(projection)) {
    diagnostics
        .error(Code::Ambiguous, projection.span,
               fmt::format("the cell \"{}\" has {} ports", projection.to.population->cell->name,
                           std::count_if(projection.to.population->cell->items.begin(),
                                         projection.to.population->cell->items.end(),
                                         [](const auto& item) { return item->kind == Item::Kind::Port; })))
        .suggest(fmt::format("name one: \"to\": \"{}.PORT\"", projection.to.population->name));
    return;
  }
  if (!connect || diagnostics.hasErrors()) {
    return;
  }
  auto op = neuro::ProjectionOp::create(
      builder, at(projection.span), builder.getStringAttr(projection.name), viewOf(projection.from),
      projection.event == "spike" ? FlatSymbolRefAttr() : reference(projection.event), viewOf(projection.to),
      projection.port.empty() ? FlatSymbolRefAttr() : reference(projection.port), connect->attribute(builder),
      FloatAttr(), FloatAttr(), rules.empty() ? ArrayAttr() : builder.getArrayAttr(rules),
      neuro::TieAttr::get(builder.getContext(), tie), time("dendritic"), time("back"),
      fields.flag("same_step", false) ? builder.getUnitAttr() : UnitAttr());
  int64_t nextPlace = 0;
  if (connect->probability) {
    NetworkNames scope(*this, "a probability", Names::Synapse, false);
    if (connect->probability->type(scope, diagnostics) &&
        connect->probability->expect({}, "a probability", diagnostics)) {
      std::optional<double> p = connect->probability->constant();
      if (p && !(*p >= 0.0 && *p <= 1.0)) {
        diagnostics.error(Code::WrongValue, connect->probability->span(),
                          fmt::format("the probability is {}, expected a number from 0 to 1", *p));
      }
      emitValue(op.getProbability(), *connect->probability, true, nextPlace);
    }
  }
  emitWeight(projection, op, *connect, nextPlace);
  emitDelay(projection, op, *connect, nextPlace);
}

void NetworkImporter::emitWeight(Projection& projection, neuro::ProjectionOp op, const Connect& connect,
                                 int64_t& nextPlace) {
  const Node* node = projection.node->get("weight");
  Item* item = weightItem(projection);
  Model* target = projection.to.population->cell;
  Item* port = target->find(projection.port);
  bool delivers = deliversItself(projection);
  neuro::Dimension expected = item ? item->dimension : port ? port->dimension : neuro::Dimension{};
  if (connect.weights && node) {
    diagnostics.error(Code::WrongValue, node->span(), "the weights are given twice: here and in \"connect\"");
    return;
  }
  if (delivers && !item && (node || connect.weights)) {
    diagnostics
        .error(Code::NotHere, node ? node->span() : projection.span,
               fmt::format(
                   "the rules of \"{}\" deliver, but none has a synapse variable 'w' that a weight could set",
                   projection.name))
        .suggest("give the rule \"synapse\": {\"w\": …} and deliver it");
    return;
  }
  std::string what = fmt::format("the weight of \"{}\"", projection.name);
  if (connect.weights) {
    emitSynapseArray(projection, op.getWeight(), *connect.weights, connect, what, expected);
    return;
  }
  if (!node) {
    if (delivers || item) {
      return;
    }
    if (!expected.isNone()) {
      diagnostics.error(Code::MissingKey, projection.span,
                        fmt::format("\"{}\" needs a \"weight\": its port \"{}\" is in {}", projection.name,
                                    projection.port, describe(expected)));
      return;
    }
    emitBody(op.getWeight(), projection.span, true, nextPlace, [&](Emitter& emitter, OpBuilder& body) {
      neuro::YieldOp::create(body, at(projection.span), emitter.constant(1.0, at(projection.span)));
    });
    return;
  }
  std::optional<ValueSpec> value = ValueSpec::read(*node, what, diagnostics);
  if (value) {
    emitSynapseValue(projection, op.getWeight(), *value, connect, what, expected, nextPlace);
  }
}

void NetworkImporter::emitDelay(Projection& projection, neuro::ProjectionOp op, Connect& connect,
                                int64_t& nextPlace) {
  const Node* node = projection.node->get("delay");
  std::string what = fmt::format("the delay of \"{}\"", projection.name);
  std::optional<ValueSpec> value = std::move(connect.delays);
  if (const Node* axonal = projection.node->get("axonal"); axonal && !node) {
    // The whole delay is what lies before the synapse and what lies after it.
    node = axonal;
    if (op.getDendriticAttr()) {
      diagnostics.error(Code::WrongValue, axonal->span(),
                        "give \"delay\" (the whole) and \"dendritic\" (its last part)");
      return;
    }
  }
  if (node && value) {
    diagnostics.error(Code::WrongValue, node->span(), "the delays are given twice: here and in \"connect\"");
    return;
  }
  if (node) {
    value = ValueSpec::read(*node, what, diagnostics);
  }
  if (!value) {
    return;
  }
  neuro::Dimension seconds = findUnit("s")->dimension;
  if (!emitSynapseValue(projection, op.getDelay(), *value, connect, what, seconds, nextPlace)) {
    return;
  }
  std::optional<std::pair<double, double>> bounds = boundsOf(op.getDelay());
  if (!bounds) {
    diagnostics
        .error(Code::Unbounded, value->span(),
               fmt::format("the largest value of {} is not known from this expression", what))
        .suggest("use \"uniform\", or give a distribution \"clip\" or \"keep\": [smallest, largest]");
    return;
  }
  if (bounds->first < 0.0) {
    diagnostics.error(Code::OutOfRange, value->span(),
                      fmt::format("{} can be {} s, which is before the spike", what, bounds->first));
    return;
  }
  op.setMinDelayAttr(builder.getF64FloatAttr(bounds->first));
  op.setMaxDelayAttr(builder.getF64FloatAttr(bounds->second));
}

bool NetworkImporter::emitSynapseValue(Projection& projection, Region& region, ValueSpec& value,
                                       const Connect& connect, const std::string& what,
                                       const neuro::Dimension& expected, int64_t& nextPlace) {
  if (value.kind() == ValueSpec::Kind::Array) {
    return emitSynapseArray(projection, region, value, connect, what, expected);
  }
  NetworkNames scope(*this, what, Names::Synapse | Names::Random, false);
  if (!value.type(scope, diagnostics) || !value.expect(expected, what, diagnostics)) {
    return false;
  }
  emitValue(region, value, true, nextPlace);
  return true;
}

bool NetworkImporter::emitSynapseArray(Projection& projection, Region& region, const ValueSpec& value,
                                       const Connect& connect, const std::string& what,
                                       const neuro::Dimension& expected) {
  int64_t sources = projection.from.end - projection.from.begin;
  int64_t targets = projection.to.end - projection.to.begin;
  std::optional<int64_t> count;
  if (connect.kind == neuro::ConnectKind::Pairs) {
    count = static_cast<int64_t>(connect.pairs.size());
  } else if (connect.kind == neuro::ConnectKind::OneToOne) {
    count = std::min(sources, targets);
  } else if (connect.kind == neuro::ConnectKind::AllToAll) {
    count = sources * targets;
  }
  if (!count) {
    diagnostics
        .error(Code::Unsupported, value.span(),
               fmt::format("an array as {} needs connections that are known one by one", what))
        .suggest("use one_to_one, all_to_all, pairs, list or dense");
    return false;
  }
  if (!value.expect(expected, what, diagnostics)) {
    return false;
  }
  if (static_cast<int64_t>(value.size()) != *count) {
    diagnostics.error(Code::OutOfRange, value.span(),
                      fmt::format("this array has {} entries, but \"{}\" has {} synapses", value.size(),
                                  projection.name, *count));
    return false;
  }
  std::vector<double> numbers = value.numbers();
  if (connect.kind == neuro::ConnectKind::Pairs) {
    for (size_t i = 0; i < connect.order.size(); ++i) {
      numbers[i] = value.numbers()[connect.order[i]];
    }
  }
  std::string array =
      fmt::format("{}.{}", projection.name, what.find("weight") != std::string::npos ? "weight" : "delay");
  emitArray(arrays, value.span(), array, numbers);
  emitLookup(region, value.span(), array, [&](OpBuilder& body, Location location) -> mlir::Value {
    if (connect.kind == neuro::ConnectKind::Pairs) {
      return neuro::IndexOp::create(body, location, body.getI64Type(), neuro::IndexKind::Synapse);
    }
    auto offset = [&](neuro::IndexKind kind, int64_t begin) -> mlir::Value {
      mlir::Value index = neuro::IndexOp::create(body, location, body.getI32Type(), kind);
      mlir::Value first = arith::ConstantOp::create(body, location, body.getI32IntegerAttr(begin));
      return arith::SubIOp::create(body, location, index, first);
    };
    mlir::Value pre = offset(neuro::IndexKind::Pre, projection.from.begin);
    if (connect.kind == neuro::ConnectKind::OneToOne) {
      return pre;
    }
    // An all-to-all matrix lies row by row; its index may need 64 bits.
    auto wide = [&](mlir::Value value) -> mlir::Value {
      return arith::ExtSIOp::create(body, location, body.getI64Type(), value);
    };
    mlir::Value width = arith::ConstantOp::create(body, location, body.getI64IntegerAttr(targets));
    mlir::Value row = arith::MulIOp::create(body, location, wide(pre), width);
    mlir::Value post = wide(offset(neuro::IndexKind::Post, projection.to.begin));
    return arith::AddIOp::create(body, location, row, post);
  });
  return true;
}
