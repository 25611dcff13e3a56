// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Typed trees to SSA.
#pragma once

#include "compiler/import/Diagnostic.h"
#include "compiler/import/equations/Ast.h"
#include "dialects/neuro/NeuroDialect.h"

#include <map>

namespace nissl::import {

/// The MLIR location of a place in a source.
mlir::Location locationOf(const Span& span, mlir::MLIRContext* context);

/// Writes expressions into the body at the builder's insertion point. One emitter serves one body.
class Emitter {
public:
  /// `nextPlace` numbers random draws; `synapse`: i and j are a synapse's ends.
  Emitter(mlir::OpBuilder& builder, int64_t& nextPlace, bool synapse)
      : builder(builder), nextPlace(nextPlace), synapse(synapse) {}

  /// The value in SI units: f64.
  mlir::Value number(const Expr& expr);
  /// The truth value: i1.
  mlir::Value condition(const Expr& expr);
  /// From here on, reads of this symbol give this value: actions run one after the other.
  void assign(std::string symbol, mlir::Value value) { assigned[std::move(symbol)] = value; }
  mlir::Value constant(double value, mlir::Location location);

private:
  mlir::Value emit(const Expr& expr);
  mlir::Value emitName(const Expr& expr, mlir::Location location);
  mlir::Value emitBinary(const Expr& expr, mlir::Location location);
  mlir::Value emitPower(const Expr& expr, mlir::Location location);
  mlir::Value emitCompare(const Expr& expr, mlir::Location location);
  mlir::Value emitCall(const Expr& expr, mlir::Location location);
  mlir::Value emitReduction(const Expr& expr, mlir::Location location);
  mlir::Value emitExprel(mlir::Value x, mlir::Location location);
  mlir::Value position(neuro::IndexKind kind, mlir::Location location);
  mlir::Value random(neuro::Distribution distribution, mlir::Value parameter, mlir::Location location);
  mlir::SymbolRefAttr symbolOf(const Expr& name);

  mlir::OpBuilder& builder;
  int64_t& nextPlace;
  bool synapse;
  std::map<std::string, mlir::Value> assigned;
};

} // namespace nissl::import
