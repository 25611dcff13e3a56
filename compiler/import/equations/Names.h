// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the names in an equation mean, asked by typing and answered by whoever owns the equation.
#pragma once

#include "compiler/import/Diagnostic.h"
#include "compiler/import/equations/Ast.h"

#include <functional>
#include <optional>

namespace nissl::import {

/// A named quantity that `neuro.get` can read.
struct Quantity {
  std::string symbol;
  std::string owner; ///< the population or projection that has it, if it is not at hand
  neuro::Dimension dimension;
  bool flexible = false; ///< always zero, and so of any dimension
  bool broken = false;   ///< its own definition is wrong, which was said already
};

/// A function that the description defines: its body is put in place of a call.
struct Function {
  std::vector<std::string> parameters;
  ExprPtr body;
};

/// The scope of an equation. A name is looked up here first, then among the units.
class Names {
public:
  /// Things that stand only in some equations.
  enum Feature : unsigned {
    Time = 1 << 0,    ///< t
    Element = 1 << 1, ///< i: the cell's position
    Synapse = 1 << 2, ///< i and j: the positions of source and target
    Random = 1 << 3,  ///< rand(), randn(), poisson()
    Noise = 1 << 4,   ///< xi
    Fired = 1 << 5,   ///< fired
    Payload = 1 << 6, ///< payload
    Reduce = 1 << 7,  ///< sum(), sum_in(), sum_out()
    Ago = 1 << 8,     ///< ago()
  };

  virtual ~Names() = default;

  /// The quantity of that name, if there is one. What must not be read here is reported and broken.
  virtual std::optional<Quantity> find(std::string_view name, const Span& use) = 0;
  /// What `sum(P.x)` reduces, if there is such a thing.
  virtual std::optional<Quantity> findReduced(std::string_view name, const Span& use) = 0;
  /// A function of the description, or null.
  virtual const Function* findFunction(std::string_view name) const = 0;
  /// Every name, to suggest the nearest.
  virtual std::vector<std::string> known() const = 0;
  /// A union of Feature.
  virtual unsigned features() const = 0;
  /// Where the equation stands ("an initial value"), for messages.
  virtual std::string place() const = 0;
  /// The dimension of `payload`.
  virtual neuro::Dimension payload() const { return {}; }
};

} // namespace nissl::import
