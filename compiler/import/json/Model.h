// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A cell or a rule as read: quantities, equations and actions, not yet checked.
#pragma once

#include "compiler/import/json/ValueSpec.h"

#include <functional>
#include <map>
#include <set>

namespace nissl::import {

class Model;

/// A named quantity of a model.
struct Item {
  enum class Kind { Parameter, Variable, Derived, Port, Pulse };
  enum class State { New, Working, Done, Broken };

  Kind kind = Kind::Parameter;
  std::string name;  ///< its symbol: "v", "dend.v", "exc.g"
  std::string scope; ///< where its value looks up names: "", "dend.", "dend.exc."
  Span span = {};
  std::optional<ValueSpec> value = {}; ///< of a parameter or derived quantity; a variable's initial value
  std::optional<neuro::Dimension> declared = {};
  std::optional<ValueSpec> bounds = {}; ///< of a variable: an array of two
  neuro::Scope owner = neuro::Scope::Cell;
  bool broadcast = false;
  bool modulated = false; ///< a parameter that reads broadcasts or the time; known once typed
  bool automatic = false; ///< made by the importer; written only if something reads it
  bool used = false;
  int layer = 0; ///< how near to the cell in the chain of "use"; a nearer one replaces
  // Of a pulse.
  std::string event = {};
  double after = 0.0, duration = 0.0;
  neuro::Overlap overlap = neuro::Overlap::Union;
  // Found by typing.
  State state = State::New;
  neuro::Dimension dimension = {};
  bool flexible = false;
};

/// dx/dt = … or next(x) = … .
struct Equation {
  neuro::EquationKind kind;
  std::string target;
  std::string scope;
  Statement statement;
  int layer = 0;
};

/// Statements that run together, in the order written.
struct Action {
  std::string scope;
  std::vector<Statement> statements;
  bool isEmpty() const { return statements.empty(); }
};

struct Group {
  std::vector<std::string> variables;
  neuro::Method method;
  int64_t substeps = 1;
  Span span = {};
};

struct OnInput {
  std::string port;
  neuro::Applies applies = neuro::Applies::Start;
  Action action = {};
  Span span = {};
};

struct Event {
  std::string name, from;
  Span span = {};
  std::optional<double> after = {}, within = {};
  std::vector<std::string> held = {};
  std::optional<ValueSpec> holdTime = {}, block = {}, payload = {}, emitAfter = {};
  ExprPtr condition = nullptr;
  Action actions = {}, then = {};
  std::vector<std::string> restores = {};
  neuro::Dimension payloadDimension = {};
  int layer = 0;
};

/// The compartments `name[0]` to `name[count - 1]`.
struct CompartmentArray {
  std::string name;
  int64_t count = 0;
  Span span = {};
};

struct Couple {
  std::string first, second, conductance;
  Span span = {};
};

struct Program {
  neuro::ProgramKind kind;
  std::optional<double> period = {};
  std::string trigger = {};
  Action action = {};
  std::vector<std::string> restores = {};
  Span span = {};
};

/// What a model can ask about the network around it.
class World {
public:
  virtual ~World() = default;
  /// A broadcast quantity by its name, or as POPULATION.NAME.
  virtual std::optional<Quantity> findBroadcast(std::string_view name, const Span& use) = 0;
  virtual std::vector<std::string> knownBroadcasts() const = 0;
  /// What `sum(P.x)` reduces.
  virtual std::optional<Quantity> findReduced(std::string_view name, const Span& use) = 0;
  virtual const Function* findFunction(std::string_view name) const = 0;
};

class Model {
public:
  Model(std::string name, World& world, DiagnosticList& diagnostics)
      : name(std::move(name)), world(world), diagnostics(diagnostics) {}

  /// Adds an item; one of a farther layer of the same name is replaced, one of the same layer reported.
  Item* add(Item item);
  /// The item that a name means in a scope: its own, then that of the scope around it.
  Item* lookup(std::string_view name, std::string_view scope);
  Item* find(std::string_view symbol);
  const CompartmentArray* findArray(std::string_view name) const;
  /// The symbols that a name means: `dend.v` of an array is `dend[0].v`, `dend[1].v` and so on.
  std::vector<std::string> symbolsOf(std::string_view name) const;
  /// Says what is wrong with the index of an unknown name, or that it lacks one; false if that is not what is
  /// wrong.
  bool complainOfIndex(std::string_view name, const Span& use);
  /// Finds the dimension of an item and all it needs.
  bool type(Item& item);
  /// Why a parameter's value is evaluated in every step, as far as a typed value shows it.
  bool readsTime(const ValueSpec& value);
  bool isRule() const { return rule; }

  const std::string name;
  World& world;
  DiagnosticList& diagnostics;
  bool rule = false;
  Model* pre = nullptr;     ///< of a rule: its source cell; null for a source
  Model* post = nullptr;    ///< of a rule: its target cell
  std::string port;         ///< of a rule: the projection's port, or empty
  neuro::Dimension payload; ///< of a rule: of its source event
  std::vector<std::unique_ptr<Item>> items;
  std::vector<Equation> equations;
  std::vector<Group> groups;
  std::vector<OnInput> inputs;
  std::vector<Event> events;
  std::vector<Couple> couples;
  std::vector<std::pair<std::string, Span>> compartments; ///< elements of arrays one by one
  std::vector<CompartmentArray> arrays;
  std::vector<Program> programs;
  bool broken = false;   ///< reading it found errors
  int64_t nextPlace = 0; ///< numbers the random draws of its bodies
};

/// The names that an equation of a model sees.
class ModelNames final : public Names {
public:
  enum class Mode { Parameter, Initial, Everything };

  ModelNames(Model& model, std::string scope, std::string place, unsigned features,
             Mode mode = Mode::Everything)
      : model(model), scope(std::move(scope)), where(std::move(place)), allowed(features), mode(mode) {}

  std::optional<Quantity> find(std::string_view name, const Span& use) override;
  std::optional<Quantity> findReduced(std::string_view name, const Span& use) override;
  const Function* findFunction(std::string_view name) const override {
    return model.world.findFunction(name);
  }
  std::vector<std::string> known() const override;
  unsigned features() const override { return allowed; }
  std::string place() const override { return where; }
  neuro::Dimension payload() const override { return carried; }

  neuro::Dimension carried; ///< the dimension of `payload`

private:
  std::optional<Quantity> findOfCells(std::string_view name, const Span& use);

  Model& model;
  std::string scope;
  std::string where;
  unsigned allowed;
  Mode mode;
};

} // namespace nissl::import
