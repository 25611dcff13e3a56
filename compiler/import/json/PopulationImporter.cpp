// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Populations: sizes, overrides, mixtures of types, and sources.
#include "compiler/import/json/Network.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

using namespace mlir;
using namespace nissl;
using namespace nissl::import;

void NetworkImporter::readPopulations(const Node& root) {
  const Node* section = Fields(root, "a description", diagnostics).object("populations");
  for (const Node::Member& member : membersOf(section)) {
    if (checkName(member, "population")) {
      readPopulation(member);
    }
  }
}

void NetworkImporter::readPopulation(const Node::Member& member) {
  std::string what = fmt::format("the population \"{}\"", member.key);
  Fields fields(member.value, what, diagnostics);
  auto population = std::make_unique<Population>();
  population->name = member.key;
  population->span = member.keySpan;
  population->node = &member.value;
  if (fields.has("poisson")) {
    fields.allow({"poisson", "size"});
    population->kind = Population::Kind::Poisson;
  } else if (fields.has("spikes")) {
    fields.allow({"spikes", "size"});
    population->kind = Population::Kind::Spikes;
  } else {
    fields.allow({"cell", "size", "parameters", "initial", "types", "poisson", "spikes"});
    const Node* cellName = fields.need("cell");
    if (cellName && !cellName->isString()) {
      wrongKind(*cellName, "the name of a cell", fmt::format("\"cell\" of {}", what), diagnostics);
    }
    population->cell = cellName && cellName->isString() ? cell(*cellName) : nullptr;
  }
  const Node* size = fields.need("size");
  if (size && size->isArray()) {
    population->size = 1;
    for (const Node& extent : size->elements) {
      population->shape.push_back(wholeNumber(extent, "an extent of \"size\"", 0, diagnostics).value_or(0));
      population->size *= population->shape.back();
    }
  } else if (size) {
    population->size = wholeNumber(*size, fmt::format("\"size\" of {}", what), 0, diagnostics).value_or(0);
  }
  constexpr int64_t most = int64_t(1) << 31;
  if (size && (population->size >= most || population->size < 0)) {
    diagnostics.error(Code::OutOfRange, size->span(),
                      fmt::format("{} has {} cells; at most 2^31 - 1 are possible", what, population->size));
  }
  if (population->cell || population->kind != Population::Kind::Cells) {
    populations.push_back(std::move(population));
  }
}

//===-- Writing --------------------------------------------------------------------------------------===//

void NetworkImporter::emitPopulation(Population& population) {
  if (population.kind != Population::Kind::Cells) {
    return emitSource(population);
  }
  auto op = neuro::PopulationOp::create(
      builder, at(population.span), population.name, population.cell->name, population.size,
      population.shape.empty() ? DenseI64ArrayAttr() : builder.getDenseI64ArrayAttr(population.shape));
  OpBuilder(builder.getContext()).createBlock(&op.getBody());
  Fields fields(*population.node, fmt::format("the population \"{}\"", population.name), diagnostics);
  // A population's draws are numbered after its cell's.
  int64_t nextPlace = population.cell->nextPlace;
  for (auto [key, initial] : {std::pair("parameters", false), std::pair("initial", true)}) {
    const Node* section = fields.object(key);
    for (const Node::Member& member : membersOf(section)) {
      for (const std::string& symbol : population.cell->symbolsOf(member.key)) {
        emitOverride(population, op, member, symbol, initial, nextPlace);
      }
    }
  }
  if (const Node* types = fields.array("types")) {
    emitTypes(population, op, *types, nextPlace);
  }
  checkArrays(population, op);
}

/// The item that an override names, or null after saying what is wrong.
static Item* overridden(Model& cell, const Node::Member& member, std::string_view symbol, bool initial,
                        DiagnosticList& diagnostics) {
  Item* item = cell.find(symbol);
  Item::Kind kind = initial ? Item::Kind::Variable : Item::Kind::Parameter;
  if (item && item->kind == kind) {
    return item;
  }
  if (!item && cell.complainOfIndex(symbol, member.keySpan)) {
    return nullptr;
  }
  std::vector<std::string> known;
  for (std::unique_ptr<Item>& one : cell.items) {
    if (one->kind == kind) {
      known.push_back(one->name);
    }
  }
  std::string near = nearest(member.key, known);
  diagnostics
      .error(Code::UnknownName, member.keySpan,
             fmt::format("the cell \"{}\" has no {} \"{}\"", cell.name, initial ? "variable" : "parameter",
                         member.key))
      .suggest(near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
  return nullptr;
}

/// Reads and checks a value that stands for an item of a cell.
static std::optional<ValueSpec> readFor(Item& item, Model& cell, const Node& node,
                                        DiagnosticList& diagnostics) {
  bool initial = item.kind == Item::Kind::Variable;
  std::string what = fmt::format("the {} \"{}\"", initial ? "initial value of" : "parameter", item.name);
  std::optional<ValueSpec> value = ValueSpec::read(node, what, diagnostics);
  ModelNames scope(cell, item.scope, what,
                   Names::Random | Names::Element | (initial ? 0u : Names::Time | Names::Reduce),
                   initial ? ModelNames::Mode::Initial : ModelNames::Mode::Parameter);
  if (!value || !cell.type(item) || !value->type(scope, diagnostics) ||
      !value->expect(item.dimension, what, diagnostics)) {
    return std::nullopt;
  }
  return value;
}

void NetworkImporter::emitOverride(Population& population, neuro::PopulationOp op, const Node::Member& member,
                                   const std::string& symbol, bool initial, int64_t& nextPlace) {
  Item* item = overridden(*population.cell, member, symbol, initial, diagnostics);
  std::optional<ValueSpec> value =
      item ? readFor(*item, *population.cell, member.value, diagnostics) : std::nullopt;
  if (!value) {
    return;
  }
  bool modulated = !initial && population.cell->readsTime(*value);
  OpBuilder inside = OpBuilder::atBlockEnd(&op.getBody().front());
  auto override = neuro::OverrideOp::create(inside, at(member.keySpan), symbol, modulated);
  if (value->kind() != ValueSpec::Kind::Array) {
    return emitValue(override.getBody(), *value, false, nextPlace);
  }
  if (value->size() != static_cast<size_t>(population.size)) {
    diagnostics.error(Code::OutOfRange, value->span(),
                      fmt::format("this array has {} entries, but \"{}\" has {} cells", value->size(),
                                  population.name, population.size));
    return;
  }
  std::string array = fmt::format("{}.{}", population.name, symbol);
  emitArray(arrays, value->span(), array, value->numbers());
  emitLookup(override.getBody(), value->span(), array, [](OpBuilder& body, Location location) -> mlir::Value {
    return neuro::IndexOp::create(body, location, body.getI32Type(), neuro::IndexKind::Element);
  });
}

/// A mixture: the first cells are of the first type, and so on, each in proportion to its share.
void NetworkImporter::emitTypes(Population& population, neuro::PopulationOp op, const Node& types,
                                int64_t& nextPlace) {
  struct Type {
    int64_t end = 0;
    const Node* parameters = nullptr;
  };
  std::vector<Type> list;
  std::vector<std::string> parameters;
  double total = 0.0;
  for (const Node& node : types.elements) {
    Fields fields(node, "a type", diagnostics);
    fields.allow({"share", "parameters"});
    const Node* share = fields.need("share");
    if (!share || !share->isNumber() || share->number < 0.0) {
      diagnostics.error(Code::WrongValue, share ? share->span() : node.span(),
                        "\"share\" is a part of 1, such as 0.8");
      return;
    }
    total += share->number;
    list.push_back({std::llround(total * static_cast<double>(population.size)), fields.object("parameters")});
    for (const Node::Member& member : membersOf(list.back().parameters)) {
      if (std::find(parameters.begin(), parameters.end(), member.key) == parameters.end()) {
        parameters.push_back(member.key);
      }
    }
  }
  constexpr double tolerance = 1e-9;
  if (std::abs(total - 1.0) > tolerance) {
    diagnostics.error(Code::WrongValue, types.span(),
                      fmt::format("the shares of the types add up to {}, not to 1", total));
    return;
  }
  for (const std::string& parameter : parameters) {
    // Outside the types that give it, a parameter has the cell's value.
    Item* item = nullptr;
    std::vector<std::optional<ValueSpec>> values(list.size());
    for (size_t i = 0; i < list.size(); ++i) {
      for (const Node::Member& member : membersOf(list[i].parameters)) {
        if (member.key != parameter) {
          continue;
        }
        item = overridden(*population.cell, member, member.key, false, diagnostics);
        values[i] = item ? readFor(*item, *population.cell, member.value, diagnostics) : std::nullopt;
        if (!values[i]) {
          return;
        }
      }
    }
    bool modulated = false;
    for (std::optional<ValueSpec>& value : values) {
      const ValueSpec& used = value ? *value : *item->value;
      modulated = modulated || population.cell->readsTime(used);
      if (used.kind() == ValueSpec::Kind::Array) {
        diagnostics.error(Code::Unsupported, used.span(),
                          "an array as a parameter of a type is not built yet");
        return;
      }
    }
    OpBuilder inside = OpBuilder::atBlockEnd(&op.getBody().front());
    auto override = neuro::OverrideOp::create(inside, at(types.span()), parameter, modulated);
    emitBody(override.getBody(), types.span(), false, nextPlace, [&](Emitter& emitter, OpBuilder& body) {
      Location location = at(types.span());
      mlir::Value index =
          neuro::IndexOp::create(body, location, body.getI32Type(), neuro::IndexKind::Element);
      mlir::Value result;
      for (size_t i = list.size(); i-- > 0;) {
        const ValueSpec& used = values[i] ? *values[i] : *item->value;
        mlir::Value value = used.emit(emitter, body, nextPlace);
        if (!result) {
          result = value;
          continue;
        }
        mlir::Value end = arith::ConstantOp::create(body, location, body.getI32IntegerAttr(list[i].end));
        mlir::Value isHere = arith::CmpIOp::create(body, location, arith::CmpIPredicate::slt, index, end);
        result = arith::SelectOp::create(body, location, isHere, value, result);
      }
      neuro::YieldOp::create(body, location, result);
    });
  }
}

void NetworkImporter::checkArrays(Population& population, neuro::PopulationOp op) {
  for (std::unique_ptr<Item>& item : population.cell->items) {
    bool isArray = item->value && item->value->kind() == ValueSpec::Kind::Array;
    bool isOverridden =
        llvm::any_of(op.getBody().getOps<neuro::OverrideOp>(),
                     [&](neuro::OverrideOp override) { return override.getName() == item->name; });
    if (isArray && !isOverridden && item->value->size() != static_cast<size_t>(population.size)) {
      diagnostics
          .error(Code::OutOfRange, item->value->span(),
                 fmt::format("this array has {} entries, but \"{}\" has {} cells", item->value->size(),
                             population.name, population.size))
          .note(population.span, "the population is here");
    }
  }
}

//===-- Sources ------------------------------------------------------------------------------------===//

void NetworkImporter::emitSource(Population& population) {
  const Node& node = *population.node;
  if (population.kind == Population::Kind::Spikes) {
    return emitSpikes(population, *node.get("spikes"));
  }
  auto op = neuro::PoissonOp::create(builder, at(population.span), population.name, population.size);
  int64_t nextPlace = 0;
  const Node& rate = *node.get("poisson");
  std::string what = fmt::format("the rate of \"{}\"", population.name);
  if (!rate.isArray() && !(rate.isObject() && rate.get("values"))) {
    emitExpression(op.getRate(), rate, what, Names::Time | Names::Element | Names::Reduce,
                   findUnit("Hz")->dimension, nextPlace);
    return;
  }
  std::optional<ValueSpec> value = ValueSpec::read(rate, what, diagnostics);
  if (!value || !value->expect(findUnit("Hz")->dimension, what, diagnostics)) {
    return;
  }
  if (value->size() != static_cast<size_t>(population.size)) {
    diagnostics.error(Code::OutOfRange, rate.span(),
                      fmt::format("this array has {} entries, but \"{}\" has {} sources", value->size(),
                                  population.name, population.size));
    return;
  }
  std::string array = population.name + ".rate";
  emitArray(arrays, rate.span(), array, value->numbers());
  emitLookup(op.getRate(), rate.span(), array, [](OpBuilder& body, Location location) -> mlir::Value {
    return neuro::IndexOp::create(body, location, body.getI32Type(), neuro::IndexKind::Element);
  });
}

void NetworkImporter::emitSpikes(Population& population, const Node& spikes) {
  if (spikes.isString()) {
    if (spikes.string != "host") {
      diagnostics.error(Code::WrongValue, spikes.span(),
                        "\"spikes\" is \"host\" or {\"times\": …, \"ids\": …}");
      return;
    }
    neuro::SpikesOp::create(builder, at(population.span), builder.getStringAttr(population.name),
                            builder.getI64IntegerAttr(population.size), DenseF64ArrayAttr(),
                            DenseI32ArrayAttr(), builder.getUnitAttr());
    return;
  }
  Fields fields(spikes, "\"spikes\"", diagnostics);
  fields.allow({"times", "ids"});
  const Node* timeNode = fields.need("times");
  const Node* idNode = fields.need("ids");
  std::optional<ValueSpec> times =
      timeNode ? ValueSpec::read(*timeNode, "\"times\"", diagnostics) : std::nullopt;
  if (!times || !idNode || !times->expect(findUnit("s")->dimension, "\"times\"", diagnostics)) {
    return;
  }
  if (!idNode->isArray() || times->kind() != ValueSpec::Kind::Array ||
      idNode->elements.size() != times->size()) {
    diagnostics.error(Code::WrongValue, idNode->span(), "\"times\" and \"ids\" are arrays of one length");
    return;
  }
  std::vector<std::pair<double, int32_t>> list;
  for (size_t i = 0; i < times->size(); ++i) {
    std::optional<int64_t> id = wholeNumber(idNode->elements[i], "an entry of \"ids\"", 0, diagnostics);
    if (!id) {
      return;
    }
    if (*id >= population.size) {
      diagnostics.error(Code::OutOfRange, idNode->elements[i].span(),
                        fmt::format("\"{}\" has {} sources, so there is no number {}", population.name,
                                    population.size, *id));
      return;
    }
    list.emplace_back(times->numbers()[i], static_cast<int32_t>(*id));
  }
  std::sort(list.begin(), list.end());
  SmallVector<double> sortedTimes;
  SmallVector<int32_t> sortedIds;
  for (const auto& [time, id] : list) {
    sortedTimes.push_back(time);
    sortedIds.push_back(id);
  }
  neuro::SpikesOp::create(builder, at(population.span), builder.getStringAttr(population.name),
                          builder.getI64IntegerAttr(population.size),
                          builder.getDenseF64ArrayAttr(sortedTimes), builder.getDenseI32ArrayAttr(sortedIds),
                          UnitAttr());
}
