// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order in which a description is read and written, and what its names mean.
#include "compiler/import/json/Network.h"

#include "mlir/IR/Verifier.h"

#include <algorithm>
#include <fmt/format.h>

using namespace mlir;
using namespace nissl;
using namespace nissl::import;

OwningOpRef<ModuleOp> NetworkImporter::import(const Node& root) {
  if (!readHead(root)) {
    return nullptr;
  }
  readCells(root);
  readPopulations(root);
  readProjections(root);
  if (diagnostics.hasErrors()) {
    // Later stages rely on every name; equations are checked all the same, so that one run shows it all.
    for (Model* model : cellOrder) {
      typeModel(*model);
    }
    return nullptr;
  }
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder.getUnknownLoc());
  builder.setInsertionPointToStart(module->getBody());
  auto network = neuro::NetworkOp::create(builder, at(root.span()), builder.getStringAttr(name),
                                          dt ? builder.getF64FloatAttr(*dt) : FloatAttr(),
                                          builder.getI64IntegerAttr(seed));
  builder.createBlock(&network.getBody());
  // Arrays are found while the rest is written, and stand before it.
  auto marker =
      neuro::ArrayOp::create(builder, builder.getUnknownLoc(), "marker",
                             DenseElementsAttr::get(RankedTensorType::get({1}, builder.getF64Type()), 0.0));
  arrays.setInsertionPoint(marker);
  emitCells();
  for (std::unique_ptr<Population>& population : populations) {
    emitPopulation(*population);
  }
  emitTriggers(root);
  for (std::unique_ptr<Projection>& projection : projections) {
    emitProjection(*projection);
  }
  emitInputs(root);
  emitProbes(root);
  marker->erase();
  return diagnostics.hasErrors() ? nullptr : std::move(module);
}

bool NetworkImporter::readHead(const Node& root) {
  Fields fields(root, "a description", diagnostics);
  fields.allow({"nissl", "name", "dt", "seed", "import", "cells", "receptors", "rules", "functions",
                "populations", "projections", "inputs", "triggers", "probes", "$schema"});
  constexpr int64_t version = 1;
  fields.need("nissl");
  if (std::optional<int64_t> found = fields.whole("nissl", 0); found && *found != version) {
    diagnostics.error(
        Code::WrongVersion, root.get("nissl")->span(),
        fmt::format("the description is of version {}, this Nissl reads version {}", *found, version));
  }
  if (const Node* given = fields.string("name")) {
    name = given->string;
  }
  if (const Node* given = fields.find("dt")) {
    dt = readTime(*given, "\"dt\"", diagnostics);
    if (dt && !(*dt > 0.0)) {
      diagnostics.error(Code::WrongValue, given->span(),
                        "\"dt\" must be a positive time, such as \"0.1 ms\"");
    }
  }
  seed = fields.whole("seed", 0).value_or(0);
  return root.isObject();
}

void NetworkImporter::unknown(const Span& span, std::string_view what, std::string_view wanted,
                              const std::vector<std::string>& known) {
  std::string near = nearest(wanted, known);
  diagnostics.error(Code::UnknownThing, span, fmt::format("there is no {} \"{}\"", what, wanted))
      .suggest(near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
}

bool NetworkImporter::checkName(const Node::Member& member, std::string_view what) {
  auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  bool plain = !member.key.empty() && isLetter(member.key[0]) &&
               std::all_of(member.key.begin(), member.key.end(),
                           [&](char c) { return isLetter(c) || (c >= '0' && c <= '9'); });
  if (!plain) {
    diagnostics.error(Code::WrongValue, member.keySpan,
                      fmt::format("\"{}\" is no name: names are letters, digits and _", member.key));
    return false;
  }
  auto [known, isNew] = names.try_emplace(member.key, member.keySpan);
  if (!isNew) {
    diagnostics
        .error(Code::Redefinition, member.keySpan,
               fmt::format("the {} \"{}\" has the name of something else", what, member.key))
        .note(known->second, "which is here");
  }
  return isNew;
}

//===-- Cells ------------------------------------------------------------------------------------===//

Model* NetworkImporter::readCell(const std::string& cellName, const Node& node) {
  std::unique_ptr<Model>& model = cells[cellName];
  if (!model) {
    model = std::make_unique<Model>(cellName, *this, diagnostics);
    CellReader(*model, library, diagnostics).read(node);
    cellOrder.push_back(model.get());
  }
  return model.get();
}

void NetworkImporter::readCells(const Node& root) {
  // Cells of this file are checked even where no population has them; imported ones only if used.
  const Node* section = Fields(root, "a description", diagnostics).object("cells");
  for (const Node::Member& member : membersOf(section)) {
    if (checkName(member, "cell")) {
      readCell(member.key, member.value);
    }
  }
}

Model* NetworkImporter::cell(const Node& cellName) {
  if (const Node* node = library.findCell(cellName.string)) {
    names.try_emplace(cellName.string, cellName.span());
    return readCell(cellName.string, *node);
  }
  unknown(cellName.span(), "cell", cellName.string, library.cellNames());
  return nullptr;
}

void NetworkImporter::emitCells() {
  for (Model* model : cellOrder) {
    typeModel(*model);
  }
  for (Model* model : cellOrder) {
    if (!diagnostics.hasErrors()) {
      emitModel(*model, model->name, builder, arrays);
    }
  }
}

//===-- Names ------------------------------------------------------------------------------------===//

Population* NetworkImporter::findPopulation(std::string_view wanted) {
  for (std::unique_ptr<Population>& population : populations) {
    if (population->name == wanted) {
      return population.get();
    }
  }
  return nullptr;
}

Projection* NetworkImporter::findProjection(std::string_view wanted) {
  for (std::unique_ptr<Projection>& projection : projections) {
    if (projection->name == wanted) {
      return projection.get();
    }
  }
  return nullptr;
}

std::optional<Quantity> NetworkImporter::findBroadcast(std::string_view wanted, const Span& use) {
  Population* owner = nullptr;
  Item* found = nullptr;
  for (std::unique_ptr<Population>& population : populations) {
    std::string_view rest = wanted;
    if (rest.starts_with(population->name + ".")) {
      rest.remove_prefix(population->name.size() + 1);
    }
    Item* item = population->cell ? population->cell->find(rest) : nullptr;
    if (!item || !item->broadcast) {
      continue;
    }
    if (owner) {
      diagnostics
          .error(Code::Ambiguous, use,
                 fmt::format("'{}' is a broadcast of \"{}\" and of \"{}\"", wanted, owner->name,
                             population->name))
          .suggest(fmt::format("write {}.{}", owner->name, wanted));
      return Quantity{.symbol = item->name, .owner = owner->name, .dimension = {}, .broken = true};
    }
    owner = population.get();
    found = item;
  }
  if (!owner) {
    return std::nullopt;
  }
  Quantity quantity{.symbol = found->name, .owner = owner->name, .dimension = {}};
  quantity.broken = !owner->cell->type(*found);
  quantity.dimension = found->dimension;
  if (owner->size != 1) {
    diagnostics
        .error(
            Code::Unsupported, use,
            fmt::format(
                "'{}' is a broadcast of \"{}\", which has {} cells; broadcasts by region are not built yet",
                wanted, owner->name, owner->size))
        .suggest("give that population the size 1");
    quantity.broken = true;
  }
  return quantity;
}

std::vector<std::string> NetworkImporter::knownBroadcasts() const {
  std::vector<std::string> known;
  for (const std::unique_ptr<Population>& population : populations) {
    if (!population->cell) {
      continue;
    }
    for (const std::unique_ptr<Item>& item : population->cell->items) {
      if (item->broadcast) {
        known.push_back(item->name);
      }
    }
  }
  return known;
}

std::optional<Quantity> NetworkImporter::findReduced(std::string_view wanted, const Span& use) {
  size_t dot = wanted.find('.');
  if (dot == std::string_view::npos) {
    return std::nullopt;
  }
  std::string owner(wanted.substr(0, dot)), leaf(wanted.substr(dot + 1));
  Quantity quantity{.symbol = leaf, .owner = owner, .dimension = {}};
  auto typed = [&](Model& model, Item& item) {
    item.used = true;
    quantity.broken = !model.type(item);
    quantity.dimension = item.dimension;
    return quantity;
  };
  if (Population* population = findPopulation(owner)) {
    Item* item = population->cell ? population->cell->find(leaf) : nullptr;
    bool isVariable = item && item->kind == Item::Kind::Variable;
    return isVariable ? std::optional(typed(*population->cell, *item)) : std::nullopt;
  }
  Projection* projection = findProjection(owner);
  if (!projection) {
    return std::nullopt;
  }
  for (std::unique_ptr<Model>& rule : projection->rules) {
    Item* item = rule->find(leaf);
    if (item && item->kind == Item::Kind::Variable && item->owner == neuro::Scope::Synapse) {
      return typed(*rule, *item);
    }
  }
  Item* port = leaf == "w" && projection->to.population->cell
                   ? projection->to.population->cell->find(projection->port)
                   : nullptr;
  return port ? std::optional(typed(*projection->to.population->cell, *port)) : std::nullopt;
}

std::optional<std::string> NetworkImporter::portOf(const Reference& to) {
  Model* model = to.population->cell;
  std::vector<std::string> ports;
  if (!model) {
    diagnostics.error(Code::WrongValue, to.span,
                      fmt::format("\"{}\" is a source, which has no ports", to.population->name));
    return std::nullopt;
  }
  for (std::unique_ptr<Item>& item : model->items) {
    if (item->kind == Item::Kind::Port) {
      ports.push_back(item->name);
    }
  }
  if (!to.rest.empty()) {
    if (std::find(ports.begin(), ports.end(), to.rest) != ports.end()) {
      return to.rest;
    }
    if (model->complainOfIndex(to.rest, to.span)) {
      return std::nullopt;
    }
    unknown(to.span, fmt::format("port of \"{}\"", to.population->name), to.rest, ports);
    return std::nullopt;
  }
  return ports.size() == 1 ? ports[0] : std::string();
}

//===-- References ---------------------------------------------------------------------------------===//

std::optional<Reference> NetworkImporter::readReference(const Node& node, bool mayBeProjection) {
  if (!node.isString()) {
    wrongKind(node, "the name of a population, such as \"E\" or \"E[0:10]\"", "this", diagnostics);
    return std::nullopt;
  }
  const std::string& text = node.string;
  size_t nameEnd = std::min(text.find_first_of("[."), text.size());
  Reference reference;
  reference.span = node.span();
  reference.population = findPopulation(text.substr(0, nameEnd));
  if (!reference.population) {
    std::vector<std::string> known;
    for (std::unique_ptr<Population>& population : populations) {
      known.push_back(population->name);
    }
    unknown(node.text().span(0, nameEnd), mayBeProjection ? "population or projection" : "population",
            text.substr(0, nameEnd), known);
    return std::nullopt;
  }
  reference.end = reference.population->size;
  size_t at = nameEnd;
  if (at < text.size() && text[at] == '[') {
    size_t close = text.find(']', at);
    std::string inside = close == std::string::npos ? "" : text.substr(at + 1, close - at - 1);
    if (inside.starts_with("where")) {
      diagnostics
          .error(Code::Unsupported, node.text().span(at, close + 1), "views by a condition are not built yet")
          .suggest("write a range: [0:640]");
      return std::nullopt;
    }
    size_t colon = inside.find(':');
    auto number = [](const std::string& digits, int64_t otherwise) -> std::optional<int64_t> {
      if (digits.empty()) {
        return otherwise;
      }
      bool plain = digits.size() < 16 &&
                   std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
      return plain ? std::optional<int64_t>(std::stoll(digits)) : std::nullopt;
    };
    std::optional<int64_t> begin, end;
    if (colon != std::string::npos) {
      begin = number(inside.substr(0, colon), 0);
      end = number(inside.substr(colon + 1), reference.population->size);
    } else if (!inside.empty()) {
      begin = number(inside, 0);
      end = begin ? std::optional(*begin + 1) : std::nullopt;
    }
    if (!begin || !end) {
      diagnostics.error(Code::WrongValue,
                        node.text().span(at, close == std::string::npos ? text.size() : close + 1),
                        "a view is written [begin:end] or [index]");
      return std::nullopt;
    }
    if (*end > reference.population->size || *begin > *end) {
      diagnostics.error(Code::OutOfRange, node.text().span(at, close + 1),
                        fmt::format("the view takes cells {} to {} of \"{}\", which has {}", *begin, *end,
                                    reference.population->name, reference.population->size));
      return std::nullopt;
    }
    reference.begin = *begin;
    reference.end = *end;
    at = close + 1;
  }
  if (at < text.size()) {
    if (text[at] != '.' || at + 1 == text.size()) {
      diagnostics.error(Code::WrongValue, node.text().span(at, text.size()),
                        "expected '.' and a name after the population");
      return std::nullopt;
    }
    reference.rest = text.substr(at + 1);
    reference.span = node.text().span(at + 1, text.size());
  }
  return reference;
}

neuro::ViewAttr NetworkImporter::viewOf(const Reference& view) {
  bool whole = view.begin == 0 && view.end == view.population->size;
  return neuro::ViewAttr::get(builder.getContext(), reference(view.population->name), whole ? 0 : view.begin,
                              whole ? -1 : view.end);
}

bool NetworkImporter::emitExpression(Region& region, const Node& node, const std::string& what,
                                     unsigned features, const neuro::Dimension& expected,
                                     int64_t& nextPlace) {
  std::optional<ValueSpec> value = ValueSpec::read(node, what, diagnostics);
  if (!value) {
    return false;
  }
  if (value->kind() == ValueSpec::Kind::Array) {
    diagnostics.error(Code::Unsupported, node.span(), fmt::format("an array as {} is not built yet", what));
    return false;
  }
  NetworkNames scope(*this, what, features, true);
  if (!value->type(scope, diagnostics) || !value->expect(expected, what, diagnostics)) {
    return false;
  }
  emitValue(region, *value, false, nextPlace);
  return true;
}
