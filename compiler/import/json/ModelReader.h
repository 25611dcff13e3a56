// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// JSON objects of cells and rules to models.
#pragma once

#include "compiler/import/json/Library.h"
#include "compiler/import/json/Model.h"

namespace nissl::import {

/// A text that the importer makes for what stands at a place of the description.
Text textAt(const Span& span, std::string text);

/// What cells and rules have in common: parameters, initial values, units, equations, actions.
class ModelReader {
protected:
  ModelReader(Model& model, const Library& library, DiagnosticList& diagnostics)
      : model(model), library(library), diagnostics(diagnostics) {}

  /// Where a group of members stands.
  struct Place {
    std::string scope; ///< the prefix of its names
    neuro::Scope owner = neuro::Scope::Cell;
    std::string what; ///< for messages
  };

  void readParameters(const Node* section, const Place& place);
  void readInitial(const Node* section, const Place& place);
  void readUnits(const Node* section, const Place& place);
  void readBounds(const Node* section, const Place& place);
  void readEquations(const std::vector<const Node*>& list, const Place& place);
  Action readAction(const std::vector<const Node*>& list, const Place& place,
                    std::vector<std::string>* restores = nullptr);
  void fail() { model.broken = true; }
  bool checkName(const Node::Member& member);

  Model& model;
  const Library& library;
  DiagnosticList& diagnostics;
  int layer = 0;

private:
  void readInitialValue(const std::string& symbol, const Node::Member& member, const Place& place);
  void addEquation(Statement statement, const Place& place);
};

/// Reads a cell with all that it uses.
class CellReader : ModelReader {
public:
  CellReader(Model& model, const Library& library, DiagnosticList& diagnostics)
      : ModelReader(model, library, diagnostics) {}
  void read(const Node& node);

private:
  /// What a receptor gives to the current of the scope around it.
  struct Receptor {
    const Node* current = nullptr;
    const Node* conductance = nullptr;
    const Node* reversal = nullptr;
    Span span;
  };

  void readScope(const Node& node, const Place& place);
  void readCellLayer(const Node& node, const Place& place);
  /// Notes the arrays among the compartments, which other members name.
  void readCounts(const Node* compartments);
  void readCompartment(const Node::Member& member);
  /// Gives the elements of arrays their position `k`.
  void addPositions();
  void readReceptor(const Node::Member& member, const Place& around);
  void readReceptorLayer(const Node& node, const Place& place, Receptor& receptor);
  void readPorts(const Node* section, const Place& place);
  void readPort(const std::string& symbol, const Node& node, const Place& place, const Span& span);
  void readBroadcasts(const std::vector<const Node*>& names);
  void readEvents(const Node* section);
  void readEvent(const Node::Member& member);
  void readHold(const Node& node, Event& event);
  void readPulse(const Node::Member& member, const Fields& fields);
  void readUpdate(const Node* update);
  void readCouples(const Node* list);
  /// Both ends of a coupling, or each neighbouring pair of a chain; empty after saying what is wrong.
  std::vector<std::string> readCoupled(const Node& node, std::string_view key);
  std::optional<ValueSpec> readValue(const Fields& fields, std::string_view key, const std::string& what);
  /// Adds each scope's I_syn and I_couple.
  void finishCurrents();
  void addDerived(const std::string& name, const std::string& scope, const std::string& text, bool automatic,
                  const Span& span);

  std::map<std::string, Receptor> foundReceptors; ///< by scope
  std::vector<std::string> open;                  ///< the chain of "use", to find cycles
};

/// Reads a rule for one projection.
class RuleReader : ModelReader {
public:
  RuleReader(Model& model, const Library& library, DiagnosticList& diagnostics)
      : ModelReader(model, library, diagnostics) {}
  void read(const Node& node);

private:
  void readBlock(const Node& node, neuro::Scope owner, const std::string& name);
  void readProgram(neuro::ProgramKind kind, const Node& node, const Span& span);
  void readTransmit(const Node& node);
};

} // namespace nissl::import
