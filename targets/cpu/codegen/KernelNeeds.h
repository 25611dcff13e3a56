// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the kernel of a map or traversal is called with.
#pragma once

#include "compiler/conversion/StepToProgram.h"
#include "dialects/step/StepDialect.h"
#include "runtime/program/Program.h"
#include "targets/cpu/codegen/CountedPorts.h"

namespace nissl::cpu {

/// How a body is visited and which memory it needs, found from its reads and writes.
class KernelNeeds {
protected:
  KernelNeeds(mlir::Operation* op, step::ProgramOp program, const compiler::ProgramIndex& index,
              std::string name, const CountedPorts* counts);

  /// Synapses are visited by a list where the order of the partition is not the order of the traversal.
  bool needsList();
  mlir::Operation* symbol(mlir::FlatSymbolRefAttr name) {
    return mlir::SymbolTable::lookupSymbolIn(program, name);
  }
  /// Elements are computed in any order, so no element may read what another one writes.
  mlir::LogicalResult refuseHazards();
  unsigned operand(program::OperandKind kind, program::Index subject, int64_t lag = 0, bool shared = false);
  unsigned stateOperand(llvm::StringRef name) {
    return operand(program::OperandKind::State, index.state(name));
  }
  unsigned tableOperand(program::OperandKind kind) { return operand(kind, index.table(table.getSymName())); }
  bool delayNeeded();
  /// Whether a read sees what was pushed as long ago as each synapse's own delay says.
  bool lagsByDelay(step::ReadAttr read);
  /// Whether a traversal back needs nothing but what the synapse has and what its source had in that step.
  bool mayWait();
  bool postNeeded();
  bool usesIndex(step::IndexKind kind);
  bool usesRandom();
  bool sourceNeeded();
  void collectOperands();
  /// Whether the synapses of a call follow each other in the table. The device sorts rows by delay after the
  /// setup where events arrive one by one.
  bool countsAlongRows();
  unsigned readOperand(step::ReadAttr read);
  /// Whether this map is the last in the step that has to do with what arrives in this step.
  bool clearsPort(mlir::FlatSymbolRefAttr port);
  unsigned writeOperand(step::WriteAttr write);
  /// What each arrival at a port is worth, where the kernel counts them; else null.
  mlir::FloatAttr unitOf(mlir::FlatSymbolRefAttr port) {
    return counts ? counts->unitOf(port.getValue()) : mlir::FloatAttr();
  }

  mlir::Operation* op;
  step::ProgramOp program;
  const compiler::ProgramIndex& index;
  const CountedPorts* counts; ///< or null: a kernel that adds
  step::TraverseOp traverse;
  step::SynapsesOp table;
  step::YieldOp yield;
  mlir::ArrayAttr reads;
  program::Kernel kernel;
};

} // namespace nissl::cpu
