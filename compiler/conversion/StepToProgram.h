// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A step program as the tables and the schedule of an artefact. Bodies become kernels elsewhere.
#pragma once

#include "dialects/step/StepDialect.h"
#include "runtime/program/Program.h"

#include "llvm/ADT/StringMap.h"

#include <functional>

namespace nissl::compiler {

/// Where each declared symbol of a step program stands in the artefact's vectors.
class ProgramIndex {
public:
  explicit ProgramIndex(step::ProgramOp program);
  program::Index extent(llvm::StringRef name) const { return extents.lookup(name); }
  program::Index table(llvm::StringRef name) const { return tables.lookup(name); }
  program::Index state(llvm::StringRef name) const { return states.lookup(name); }
  program::Index port(llvm::StringRef name) const { return ports.lookup(name); }
  program::Index events(llvm::StringRef name) const { return eventSets.lookup(name); }
  program::Index input(llvm::StringRef name) const { return inputs.lookup(name); }
  program::Index array(llvm::StringRef name) const { return arrays.lookup(name); }

private:
  llvm::StringMap<program::Index> extents, tables, states, ports, eventSets, inputs, arrays;
};

/// Says which kernel runs the body of a map or a traversal; `none` where there are no kernels.
using KernelOf = std::function<program::Index(mlir::Operation*)>;

/// Fills name, dt, the state table, arrays, probes, setup and schedule of `out`.
void buildProgram(step::ProgramOp program, const ProgramIndex& index, const KernelOf& kernelOf,
                  program::Program& out);

/// The artefact's scalar type of an MLIR type that step.state allows.
program::ScalarType scalarTypeOf(mlir::Type type);

/// Puts the module's text into the section "step.mlir", which the step interpreter runs.
void attachStepText(mlir::ModuleOp module, program::Program& out);

} // namespace nissl::compiler
