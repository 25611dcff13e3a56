// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A description's populations, projections, inputs and probes, and the network op that they become.
#pragma once

#include "compiler/import/json/ModelEmitter.h"
#include "compiler/import/json/ModelReader.h"

namespace nissl::import {

/// A population or source.
struct Population {
  enum class Kind { Cells, Poisson, Spikes };

  std::string name;
  Span span;
  const Node* node = nullptr;
  Kind kind = Kind::Cells;
  int64_t size = 0;
  std::vector<int64_t> shape;
  Model* cell = nullptr; ///< null for a source
};

/// "E[0:640].exc": a part of a population and something in it.
struct Reference {
  Population* population = nullptr;
  int64_t begin = 0, end = 0;
  std::string rest; ///< what follows the dot, or empty
  Span span;
};

struct Projection {
  std::string name;
  Span span;
  const Node* node = nullptr;
  Reference from, to;
  std::string event, port;
  std::vector<std::unique_ptr<Model>> rules;
  bool broken = false;
};

/// Reads the parts of a description that make a network and writes them as one neuro.network.
class NetworkImporter final : public World {
public:
  NetworkImporter(const Library& library, DiagnosticList& diagnostics, mlir::MLIRContext* context)
      : library(library), diagnostics(diagnostics), builder(context), arrays(context) {}

  struct Connect;

  mlir::OwningOpRef<mlir::ModuleOp> import(const Node& root);

  std::optional<Quantity> findBroadcast(std::string_view name, const Span& use) override;
  std::vector<std::string> knownBroadcasts() const override;
  std::optional<Quantity> findReduced(std::string_view name, const Span& use) override;
  const Function* findFunction(std::string_view name) const override { return library.findFunction(name); }

private:
  // Reading: every name is known before any equation is checked.
  bool readHead(const Node& root);
  void readCells(const Node& root);
  Model* cell(const Node& name);
  Model* readCell(const std::string& name, const Node& node);
  void readPopulations(const Node& root);
  void readPopulation(const Node::Member& member);
  void readProjections(const Node& root);
  void readProjection(const Node::Member& member);
  void readRules(Projection& projection, const Fields& fields);
  std::optional<Reference> readReference(const Node& node, bool mayBeProjection = false);
  bool checkName(const Node::Member& member, std::string_view what);
  Population* findPopulation(std::string_view name);
  Projection* findProjection(std::string_view name);
  /// The port that a reference means: the one it names, or the cell's only one.
  std::optional<std::string> portOf(const Reference& to);

  // Writing.
  void emitCells();
  void emitPopulation(Population& population);
  void emitSource(Population& population);
  void emitSpikes(Population& population, const Node& spikes);
  void emitOverride(Population& population, neuro::PopulationOp op, const Node::Member& member,
                    const std::string& symbol, bool initial, int64_t& nextPlace);
  void emitTypes(Population& population, neuro::PopulationOp op, const Node& types, int64_t& nextPlace);
  void checkArrays(Population& population, neuro::PopulationOp op);
  void emitProjection(Projection& projection);
  std::string emitRule(Projection& projection, Model& rule);
  void emitWeight(Projection& projection, neuro::ProjectionOp op, const Connect& connect, int64_t& nextPlace);
  void emitDelay(Projection& projection, neuro::ProjectionOp op, Connect& connect, int64_t& nextPlace);
  bool emitSynapseValue(Projection& projection, mlir::Region& region, ValueSpec& value,
                        const Connect& connect, const std::string& what, const neuro::Dimension& expected,
                        int64_t& nextPlace);
  bool emitSynapseArray(Projection& projection, mlir::Region& region, const ValueSpec& value,
                        const Connect& connect, const std::string& what, const neuro::Dimension& expected);
  void emitInputs(const Node& root);
  void emitInput(const Node::Member& member);
  void emitDrive(const Node::Member& member, const Node& drive, const Reference& to, const std::string& port);
  void emitSeries(neuro::InputOp op, const Node& value, const neuro::Dimension& dimension,
                  const std::string& name);
  void emitTriggers(const Node& root);
  void emitProbes(const Node& root);
  void emitProbe(const Node::Member& member);
  bool emitExpression(mlir::Region& region, const Node& node, const std::string& what, unsigned features,
                      const neuro::Dimension& expected, int64_t& nextPlace);

  neuro::ViewAttr viewOf(const Reference& reference);
  mlir::FlatSymbolRefAttr reference(std::string_view name) {
    return mlir::FlatSymbolRefAttr::get(builder.getContext(), name);
  }
  mlir::Location at(const Span& span) { return locationOf(span, builder.getContext()); }
  void unknown(const Span& span, std::string_view what, std::string_view name,
               const std::vector<std::string>& known);

  const Library& library;
  DiagnosticList& diagnostics;
  mlir::OpBuilder builder, arrays;
  std::string name = "network";
  std::optional<double> dt;
  int64_t seed = 0;
  std::map<std::string, std::unique_ptr<Model>> cells;
  std::vector<Model*> cellOrder;
  std::vector<std::unique_ptr<Population>> populations;
  std::vector<std::unique_ptr<Projection>> projections;
  std::map<std::string, Span> names;               ///< of everything that stands in the network
  std::map<std::string, std::string> emittedRules; ///< the symbol of each rule and of each use of one
};

/// The scope of values that stand in the network itself: no names but broadcasts.
class NetworkNames final : public Names {
public:
  NetworkNames(World& world, std::string place, unsigned features, bool broadcasts)
      : world(world), where(std::move(place)), allowed(features), broadcasts(broadcasts) {}
  std::optional<Quantity> find(std::string_view name, const Span& use) override {
    return broadcasts ? world.findBroadcast(name, use) : std::nullopt;
  }
  std::optional<Quantity> findReduced(std::string_view name, const Span& use) override {
    return world.findReduced(name, use);
  }
  const Function* findFunction(std::string_view name) const override { return world.findFunction(name); }
  std::vector<std::string> known() const override {
    return broadcasts ? world.knownBroadcasts() : std::vector<std::string>();
  }
  unsigned features() const override { return allowed; }
  std::string place() const override { return where; }

private:
  World& world;
  std::string where;
  unsigned allowed;
  bool broadcasts;
};

} // namespace nissl::import
