// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/equations/Units.h"

#include <array>

using namespace nissl;
using namespace nissl::import;

namespace {

struct NamedUnit {
  std::string_view name;
  int exponent;
  std::string_view dimension; ///< as Dimension::parse reads it
};

// Symbols first, then the same units spelt out. Litre and molar are the usual ones of chemistry.
constexpr NamedUnit units[] = {
    {"m", 0, "m"},
    {"g", -3, "kg"},
    {"s", 0, "s"},
    {"A", 0, "A"},
    {"K", 0, "K"},
    {"mol", 0, "mol"},
    {"cd", 0, "cd"},
    {"Hz", 0, "s-1"},
    {"N", 0, "m kg s-2"},
    {"Pa", 0, "m-1 kg s-2"},
    {"J", 0, "m2 kg s-2"},
    {"W", 0, "m2 kg s-3"},
    {"C", 0, "s A"},
    {"V", 0, "m2 kg s-3 A-1"},
    {"F", 0, "m-2 kg-1 s4 A2"},
    {"ohm", 0, "m2 kg s-3 A-2"},
    {"S", 0, "m-2 kg-1 s3 A2"},
    {"T", 0, "kg s-2 A-1"},
    {"Wb", 0, "m2 kg s-2 A-1"},
    {"H", 0, "m2 kg s-2 A-2"},
    {"l", -3, "m3"},
    {"M", 3, "m-3 mol"},
    {"Ω", 0, "m2 kg s-3 A-2"},
    {"Ohm", 0, "m2 kg s-3 A-2"},
    {"meter", 0, "m"},
    {"metre", 0, "m"},
    {"gram", -3, "kg"},
    {"second", 0, "s"},
    {"seconds", 0, "s"},
    {"amp", 0, "A"},
    {"ampere", 0, "A"},
    {"kelvin", 0, "K"},
    {"mole", 0, "mol"},
    {"candela", 0, "cd"},
    {"hertz", 0, "s-1"},
    {"newton", 0, "m kg s-2"},
    {"pascal", 0, "m-1 kg s-2"},
    {"joule", 0, "m2 kg s-2"},
    {"watt", 0, "m2 kg s-3"},
    {"coulomb", 0, "s A"},
    {"volt", 0, "m2 kg s-3 A-1"},
    {"farad", 0, "m-2 kg-1 s4 A2"},
    {"siemens", 0, "m-2 kg-1 s3 A2"},
    {"tesla", 0, "kg s-2 A-1"},
    {"weber", 0, "m2 kg s-2 A-1"},
    {"henry", 0, "m2 kg s-2 A-2"},
    {"liter", -3, "m3"},
    {"litre", -3, "m3"},
    {"molar", 3, "m-3 mol"},
};

struct Prefix {
  std::string_view name;
  int exponent;
};

constexpr Prefix prefixes[] = {
    {"da", 1},  {"d", -1},  {"c", -2}, {"m", -3}, {"u", -6}, {"µ", -6}, {"μ", -6}, {"n", -9}, {"p", -12},
    {"f", -15}, {"a", -18}, {"h", 2},  {"k", 3},  {"M", 6},  {"G", 9},  {"T", 12}, {"P", 15},
};

const NamedUnit* findPlain(std::string_view name) {
  for (const NamedUnit& unit : units) {
    if (unit.name == name) {
      return &unit;
    }
  }
  return nullptr;
}

} // namespace

std::optional<Unit> nissl::import::findUnit(std::string_view name) {
  if (const NamedUnit* unit = findPlain(name)) {
    return Unit{unit->exponent, *neuro::Dimension::parse(unit->dimension)};
  }
  for (const Prefix& prefix : prefixes) {
    if (!name.starts_with(prefix.name)) {
      continue;
    }
    if (const NamedUnit* unit = findPlain(name.substr(prefix.name.size()))) {
      return Unit{unit->exponent + prefix.exponent, *neuro::Dimension::parse(unit->dimension)};
    }
  }
  return std::nullopt;
}

std::string nissl::import::describe(const neuro::Dimension& dimension) {
  if (dimension.isNone()) {
    return "no unit";
  }
  static constexpr std::array<std::string_view, 12> plain = {"V", "A", "s",  "S", "F", "ohm",
                                                             "C", "m", "kg", "K", "J", "W"};
  for (std::string_view name : plain) {
    if (name == "kg" ? dimension == *neuro::Dimension::parse("kg") : dimension == findUnit(name)->dimension) {
      return std::string(name);
    }
  }
  if (dimension == findUnit("Hz")->dimension) {
    return "1/s";
  }
  for (std::string_view top : plain) {
    for (std::string_view bottom : {"s", "V", "A", "m"}) {
      if (top != "kg" && dimension == findUnit(top)->dimension / findUnit(bottom)->dimension) {
        return std::string(top) + "/" + std::string(bottom);
      }
    }
  }
  return dimension.str();
}
