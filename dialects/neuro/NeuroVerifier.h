// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The check of a whole network: which names each body may read and write, and what refers to what.
#pragma once

#include "dialects/neuro/NeuroDialect.h"

namespace nissl::neuro {

/// What a body may do; one for each kind of region.
struct Body {
  mlir::Operation* owner;           ///< the op that has the region
  mlir::Region& region;             ///< an empty one is not checked
  mlir::Operation* table = nullptr; ///< the cell or rule whose names it reads; null if it reads none
  enum Reads { Parameters, Initials, Everything } reads = Everything;
  bool broadcasts = true;         ///< may it read other populations and the time
  bool perSynapse = false;        ///< has it a synapse's positions, or an element's
  mlir::Type yields = {};         ///< what it yields; null if it writes
  std::optional<Scope> sets = {}; ///< whose variables it may set
  bool delivers = false;
};

/// Whether an equation can read this op by name.
bool isQuantity(mlir::Operation* op);

/// Who owns a quantity; a cell, if nothing else is said.
Scope scopeOf(mlir::Operation* quantity);

class NetworkVerifier {
public:
  explicit NetworkVerifier(NetworkOp network)
      : network(network), f64(mlir::Float64Type::get(network.getContext())),
        i1(mlir::IntegerType::get(network.getContext(), 1)) {}
  mlir::LogicalResult verify();

private:
  mlir::LogicalResult verifyModel(mlir::Operation* model);
  mlir::LogicalResult verifyPart(mlir::Operation* op, mlir::Operation* model);
  mlir::LogicalResult verifyEvent(EventOp event, CellOp cell);
  mlir::LogicalResult verifyProgram(ProgramOp program, RuleOp rule);
  mlir::LogicalResult verifyGroups(mlir::Operation* model);
  mlir::LogicalResult verifyAcyclic(mlir::Operation* model);
  mlir::LogicalResult verifyPopulation(PopulationOp population);
  mlir::LogicalResult verifyProjection(ProjectionOp projection);
  mlir::LogicalResult verifyRuleUse(ProjectionOp projection, RuleOp rule, CellOp source, CellOp target);
  mlir::LogicalResult verifyInput(mlir::Operation* input, ViewAttr view, mlir::FlatSymbolRefAttr port);
  mlir::LogicalResult verifyProbe(ProbeOp probe);
  mlir::LogicalResult verifyBody(const Body& body);
  mlir::LogicalResult verifyRead(GetOp get, const Body& body);
  mlir::LogicalResult verifyReduce(ReduceOp reduce, const Body& body);
  mlir::LogicalResult verifyWrite(WriteOp write, const Body& body);
  mlir::LogicalResult verifyView(mlir::Operation* op, ViewAttr view, bool mayBeSource);

  /// The cell of a population; null for a source or an unknown name.
  CellOp cellOf(llvm::StringRef population);
  /// The number of elements of a population or source, or nothing if there is none of that name.
  std::optional<int64_t> sizeOf(llvm::StringRef population);
  mlir::Operation* find(mlir::Operation* table, llvm::StringRef name) {
    return mlir::SymbolTable::lookupSymbolIn(table, name);
  }
  template <typename T>
  mlir::LogicalResult require(mlir::Operation* op, mlir::Operation* table, llvm::StringRef name,
                              llvm::StringRef what) {
    if (mlir::isa_and_present<T>(find(table, name))) {
      return mlir::success();
    }
    return op->emitOpError("needs ") << what << " @" << name << ", but @"
                                     << mlir::SymbolTable::getSymbolName(table).getValue()
                                     << " has none of that name";
  }

  NetworkOp network;
  mlir::Type f64, i1;
};

} // namespace nissl::neuro
