// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A checked NIR file → a module with one step.program in f64. README.md describes the program's shape.
#pragma once

#include "compiler/import/nir/NirCheck.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <string>

namespace nissl::nir {

/// The program of a report without errors. Loads the dialects that it needs into `context`.
mlir::OwningOpRef<mlir::ModuleOp> toStep(mlir::MLIRContext& context, const NirReport& report);

/// Reads, checks and converts. Null where `problems` gets an error. Never throws on account of the file.
mlir::OwningOpRef<mlir::ModuleOp> importNir(mlir::MLIRContext& context, const std::string& path,
                                            const NirOptions& options, NirProblems& problems);

} // namespace nissl::nir
