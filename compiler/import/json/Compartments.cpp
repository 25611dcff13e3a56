// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compartments: named ones and arrays, which are read element by element, and what couples them.
#include "compiler/import/equations/Parser.h"
#include "compiler/import/json/ModelReader.h"

#include <algorithm>
#include <fmt/format.h>

using namespace nissl;
using namespace nissl::import;

//===-- Names of arrays ----------------------------------------------------------------------------===//

const CompartmentArray* Model::findArray(std::string_view text) const {
  for (const CompartmentArray& array : arrays) {
    if (array.name == text) {
      return &array;
    }
  }
  return nullptr;
}

static std::string elementOf(const CompartmentArray& array, int64_t k) {
  return fmt::format("{}[{}]", array.name, k);
}

std::vector<std::string> Model::symbolsOf(std::string_view text) const {
  size_t dot = text.find('.');
  const CompartmentArray* array = dot == std::string_view::npos ? nullptr : findArray(text.substr(0, dot));
  if (!array) {
    return {std::string(text)};
  }
  std::vector<std::string> symbols;
  for (int64_t k = 0; k < array->count; ++k) {
    symbols.push_back(elementOf(*array, k) + std::string(text.substr(dot)));
  }
  return symbols;
}

bool Model::complainOfIndex(std::string_view text, const Span& use) {
  size_t end = std::min(text.find_first_of(".["), text.size());
  std::string_view first = text.substr(0, end);
  const CompartmentArray* array = findArray(first);
  if (end == text.size() || text[end] == '.') {
    if (array) {
      diagnostics
          .error(Code::Ambiguous, use,
                 fmt::format("'{}' is an array of {} compartments", first, array->count))
          .note(array->span, "it is defined here")
          .suggest(fmt::format("say which one: {}[0]{}", first, text.substr(end)));
    }
    return array != nullptr;
  }
  std::string_view index = text.substr(end + 1, text.find(']', end) - end - 1);
  if (!array) {
    std::vector<std::string> known;
    for (const CompartmentArray& one : arrays) {
      known.push_back(one.name);
    }
    std::string near = nearest(first, known);
    diagnostics
        .error(Code::UnknownName, use, fmt::format("'{}' is no array of compartments of {}", first, name))
        .suggest(near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    return true;
  }
  bool plain = !index.empty() && index.size() < 10 &&
               std::all_of(index.begin(), index.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!plain || std::to_string(std::stoll(std::string(index))) != index) {
    diagnostics
        .error(Code::WrongValue, use,
               fmt::format("the index of '{}' is '{}', expected a whole number from 0 to {}", first, index,
                           array->count - 1))
        .note(array->span, "the array is defined here");
    return true;
  }
  if (std::stoll(std::string(index)) >= array->count) {
    diagnostics
        .error(Code::OutOfRange, use,
               fmt::format("there is no compartment {} of '{}', which has {}", index, first, array->count))
        .note(array->span, "the array is defined here");
    return true;
  }
  return false;
}

//===-- Reading ------------------------------------------------------------------------------------===//

void CellReader::readCounts(const Node* compartments) {
  for (const Node::Member& member : membersOf(compartments)) {
    if (!member.value.isObject() || !member.value.get("count")) {
      continue;
    }
    const Node& node = *member.value.get("count");
    std::optional<int64_t> count =
        wholeNumber(node, fmt::format("\"count\" of the compartment \"{}\"", member.key), 1, diagnostics);
    // Each has equations of its own to compile.
    constexpr int64_t most = 1000;
    if (count && *count > most) {
      diagnostics.error(Code::OutOfRange, node.span(),
                        fmt::format("{} compartments of one name; at most {} are possible", *count, most));
      count.reset();
    }
    const CompartmentArray* known = model.findArray(member.key);
    bool isSingle = std::any_of(model.compartments.begin(), model.compartments.end(),
                                [&](const auto& one) { return one.first == member.key; });
    if (count && ((known && known->count != *count) || isSingle)) {
      diagnostics
          .error(Code::Unsupported, node.span(), "to change the count of a cell in \"use\" is not built yet")
          .suggest("write the compartments of this cell anew");
      count.reset();
    }
    if (!count) {
      fail();
    } else if (!known) {
      model.arrays.push_back({member.key, *count, member.keySpan});
    }
  }
}

void CellReader::readCompartment(const Node::Member& member) {
  if (!checkName(member)) {
    return;
  }
  Place place{member.key + ".", neuro::Scope::Cell, fmt::format("the compartment \"{}\"", member.key)};
  Fields fields(member.value, place.what, diagnostics);
  fields.allow({"parameters", "equations", "ports", "initial", "units", "bounds", "receptors", "count"});
  const CompartmentArray* array = model.findArray(member.key);
  if (fields.has("count") && !array) {
    return;
  }
  for (int64_t k = 0; k < (array ? array->count : 1); ++k) {
    std::string name = array ? elementOf(*array, k) : member.key;
    place.scope = name + ".";
    bool known = std::any_of(model.compartments.begin(), model.compartments.end(),
                             [&](const auto& compartment) { return compartment.first == name; });
    if (!known) {
      model.compartments.emplace_back(name, member.keySpan);
    }
    readScope(member.value, place);
  }
}

void CellReader::addPositions() {
  for (const CompartmentArray& array : model.arrays) {
    for (int64_t k = 0; k < array.count; ++k) {
      std::string scope = elementOf(array, k) + ".";
      if (model.lookup("k", scope)) {
        continue;
      }
      Item item{.kind = Item::Kind::Parameter, .name = scope + "k", .scope = scope, .span = array.span};
      item.value = ValueSpec::of(parseExpression(textAt(array.span, std::to_string(k)), diagnostics));
      item.automatic = true;
      model.add(std::move(item));
    }
  }
}

//===-- Couplings ----------------------------------------------------------------------------------===//

std::vector<std::string> CellReader::readCoupled(const Node& node, std::string_view key) {
  bool isChain = key == "chain";
  std::vector<std::string> names;
  for (const Node* name : Fields(node, "a coupling", diagnostics).strings(key)) {
    bool isCompartment = std::any_of(model.compartments.begin(), model.compartments.end(),
                                     [&](const auto& one) { return one.first == name->string; });
    const CompartmentArray* array = model.findArray(name->string);
    if (array && isChain) {
      for (int64_t k = 0; k < array->count; ++k) {
        names.push_back(elementOf(*array, k));
      }
    } else if (isCompartment) {
      names.push_back(name->string);
    } else {
      bool indexed = array || name->string.find('[') != std::string::npos;
      if (!indexed || !model.complainOfIndex(name->string, name->span())) {
        diagnostics.error(Code::UnknownThing, name->span(),
                          fmt::format("there is no compartment \"{}\" in {}", name->string, model.name));
      }
      fail();
      return {};
    }
  }
  if (isChain ? names.size() < 2 : names.size() != 2) {
    diagnostics.error(Code::UnknownThing, node.span(),
                      isChain ? "a \"chain\" has at least two compartments"
                              : "a coupling is \"between\" two compartments of the cell");
    fail();
    return {};
  }
  return names;
}

void CellReader::readCouples(const Node* list) {
  for (const Node& node : elementsOf(list)) {
    Fields fields(node, "a coupling", diagnostics);
    fields.allow({"between", "chain", "conductance"});
    if (node.isObject() && fields.has("between") == fields.has("chain")) {
      diagnostics.error(Code::MissingKey, node.span(), "a coupling needs either \"between\" or \"chain\"");
      fail();
      continue;
    }
    bool isChain = fields.has("chain");
    std::vector<std::string> names = readCoupled(node, isChain ? "chain" : "between");
    const Node* conductance = fields.need("conductance");
    for (size_t at = 0; at + 1 < names.size(); ++at) {
      // A link of a chain may have a conductance of its own: that of the compartment that comes later.
      Item* item = conductance && conductance->isString()
                       ? model.lookup(conductance->string, isChain ? names[at + 1] + "." : "")
                       : nullptr;
      if (!item) {
        diagnostics.error(Code::UnknownName, conductance ? conductance->span() : node.span(),
                          "the conductance of a coupling is the name of a parameter, variable or derived "
                          "quantity of the cell");
        fail();
        break;
      }
      model.couples.push_back({names[at], names[at + 1], item->name, node.span()});
    }
  }
}
