// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A description in JSON to a module with one neuro.network.
#pragma once

#include "compiler/import/Diagnostic.h"
#include "compiler/import/json/Library.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace nissl::import {

/// Reads a description and all it imports. Null if there are errors; messages are added to `diagnostics`.
/// Loads the dialects that the module needs. The result has passed the verifier.
mlir::OwningOpRef<mlir::ModuleOp> importJson(mlir::MLIRContext& context, const std::string& path,
                                             DiagnosticList& diagnostics, JsonOptions options = {});

} // namespace nissl::import
