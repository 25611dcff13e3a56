// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/json/Model.h"

#include <fmt/format.h>

using namespace nissl;
using namespace nissl::import;

static std::string_view kindOf(const Item& item) {
  switch (item.kind) {
  case Item::Kind::Parameter:
    return "parameter";
  case Item::Kind::Variable:
    return "variable";
  case Item::Kind::Derived:
    return "derived quantity";
  case Item::Kind::Port:
    return "port";
  case Item::Kind::Pulse:
    return "pulse";
  }
  return "";
}

Item* Model::add(Item item) {
  for (std::unique_ptr<Item>& known : items) {
    if (known->name != item.name) {
      continue;
    }
    bool replaces = known->layer < item.layer || known->automatic;
    if (!replaces) {
      diagnostics
          .error(Code::Redefinition, item.span, fmt::format("'{}' has two meanings in {}", item.name, name))
          .note(known->span, fmt::format("it is a {} here", kindOf(*known)));
      broken = true;
      return nullptr;
    }
    *known = std::move(item);
    return known.get();
  }
  return items.emplace_back(std::make_unique<Item>(std::move(item))).get();
}

Item* Model::find(std::string_view symbol) {
  for (std::unique_ptr<Item>& item : items) {
    if (item->name == symbol) {
      return item.get();
    }
  }
  return nullptr;
}

Item* Model::lookup(std::string_view text, std::string_view scope) {
  std::string at(scope);
  while (true) {
    // Inside a receptor its port has the name `input`.
    bool isInput = text == "input" && !at.empty();
    std::string symbol = isInput ? at.substr(0, at.size() - 1) : at + std::string(text);
    Item* item = find(symbol);
    if (item && (!isInput || item->kind == Item::Kind::Port)) {
      return item;
    }
    if (at.empty()) {
      return nullptr;
    }
    // "dend.exc." → "dend." → ""
    at.pop_back();
    size_t dot = at.rfind('.');
    at = dot == std::string::npos ? "" : at.substr(0, dot + 1);
  }
}

//===-- Typing -----------------------------------------------------------------------------------===//

static bool anyRead(const Expr& expr, const std::function<bool(const Expr&)>& test) {
  if (expr.kind == ExprKind::Name && test(expr)) {
    return true;
  }
  for (const ExprPtr& argument : expr.arguments) {
    if (anyRead(*argument, test)) {
      return true;
    }
  }
  return false;
}

bool Model::readsTime(const ValueSpec& value) {
  auto reads = [&](const Expr& read) {
    Item* item = read.owner.empty() && !read.symbol.empty() ? find(read.symbol) : nullptr;
    bool isTime = read.symbol.empty() && read.text == "t";
    return isTime || !read.owner.empty() || (item && item->kind == Item::Kind::Parameter && item->modulated);
  };
  for (const Expr* expr : value.expressions()) {
    if (anyRead(*expr, reads)) {
      return true;
    }
  }
  return false;
}

bool Model::type(Item& item) {
  if (item.state == Item::State::Done || item.state == Item::State::Broken) {
    return item.state == Item::State::Done;
  }
  if (item.state == Item::State::Working) {
    diagnostics.error(Code::Circular, item.span,
                      fmt::format("the {} '{}' of {} depends on itself", kindOf(item), item.name, name));
    return false;
  }
  item.state = Item::State::Working;
  bool ok = true;
  if (item.value) {
    bool perSynapse = item.owner == neuro::Scope::Synapse;
    unsigned features = Names::Random | (perSynapse ? Names::Synapse : Names::Element);
    ModelNames::Mode mode = ModelNames::Mode::Everything;
    std::string place = fmt::format("the {} '{}'", kindOf(item), item.name);
    if (item.kind == Item::Kind::Parameter) {
      mode = ModelNames::Mode::Parameter;
      features |= Names::Time | Names::Reduce;
    } else if (item.kind == Item::Kind::Variable) {
      mode = ModelNames::Mode::Initial;
      place = fmt::format("the initial value of '{}'", item.name);
    } else {
      features |= Names::Time | Names::Noise | Names::Fired | Names::Reduce;
    }
    ModelNames names(*this, item.scope, place, features, mode);
    ok = item.value->type(names, diagnostics);
    if (ok) {
      item.dimension = item.declared.value_or(item.value->dimension());
      item.flexible = item.automatic && item.value->isFlexible();
      ok = item.value->isFlexible() || item.value->expect(item.dimension, place, diagnostics);
      item.modulated = item.kind == Item::Kind::Parameter && readsTime(*item.value);
    }
  } else {
    item.dimension = item.declared.value_or(neuro::Dimension{});
  }
  if (ok && item.bounds) {
    ok = item.bounds->expect(item.dimension, fmt::format("the bounds of '{}'", item.name), diagnostics);
  }
  item.state = ok ? Item::State::Done : Item::State::Broken;
  return ok;
}

//===-- Names ------------------------------------------------------------------------------------===//

std::optional<Quantity> ModelNames::find(std::string_view name, const Span& use) {
  Item* item = model.lookup(name, scope);
  if (!item) {
    if (std::optional<Quantity> found = findOfCells(name, use)) {
      return found;
    }
    std::optional<Quantity> broadcast = model.world.findBroadcast(name, use);
    if (broadcast && mode == Mode::Initial && !broadcast->broken) {
      model.diagnostics.error(
          Code::NotHere, use,
          fmt::format("'{}' is a broadcast of '{}', which {} cannot read", name, broadcast->owner, where));
      broadcast->broken = true;
    }
    if (!broadcast && model.complainOfIndex(name, use)) {
      return Quantity{.symbol = std::string(name), .owner = "", .dimension = {}, .broken = true};
    }
    return broadcast;
  }
  item->used = true;
  Quantity quantity{.symbol = item->name, .owner = "", .dimension = {}};
  quantity.broken = !model.type(*item);
  quantity.dimension = item->dimension;
  quantity.flexible = item->flexible;
  bool isParameter = item->kind == Item::Kind::Parameter;
  bool readable = mode == Mode::Everything ||
                  (isParameter && (mode == Mode::Parameter || !item->modulated)) ||
                  (mode == Mode::Initial && item->kind == Item::Kind::Variable);
  if (!readable && !quantity.broken) {
    std::string_view what = isParameter ? "modulated parameter" : kindOf(*item);
    model.diagnostics
        .error(Code::NotHere, use, fmt::format("'{}' is a {}, which {} cannot read", name, what, where))
        .note(item->span, "it is defined here")
        .suggest(mode == Mode::Parameter ? "a quantity that follows others is written as an equation: x = …"
                                         : "");
    quantity.broken = true;
  }
  return quantity;
}

/// `pre.x` and `post.x` of a rule are quantities of the projection's cells, if the rule has none of that
/// name.
std::optional<Quantity> ModelNames::findOfCells(std::string_view name, const Span& use) {
  bool isPre = name.starts_with("pre.");
  if (!model.isRule() || !(isPre || name.starts_with("post."))) {
    return std::nullopt;
  }
  Model* cell = isPre ? model.pre : model.post;
  Item* item = cell ? cell->lookup(name.substr(isPre ? 4 : 5), "") : nullptr;
  if (!item) {
    return std::nullopt;
  }
  item->used = true;
  Quantity quantity{.symbol = std::string(name), .owner = "", .dimension = {}};
  quantity.broken = !cell->type(*item);
  quantity.dimension = item->dimension;
  return quantity;
}

std::optional<Quantity> ModelNames::findReduced(std::string_view name, const Span& use) {
  Item* item = model.isRule() ? model.find(name) : nullptr;
  if (item && item->owner == neuro::Scope::Synapse) {
    item->used = true;
    Quantity quantity{.symbol = item->name, .owner = "", .dimension = {}};
    quantity.broken = !model.type(*item);
    quantity.dimension = item->dimension;
    return quantity;
  }
  return model.world.findReduced(name, use);
}

std::vector<std::string> ModelNames::known() const {
  std::vector<std::string> names = model.world.knownBroadcasts();
  for (const std::unique_ptr<Item>& item : model.items) {
    names.push_back(item->name);
    if (item->name.starts_with(scope)) {
      names.push_back(item->name.substr(scope.size()));
    }
  }
  return names;
}
