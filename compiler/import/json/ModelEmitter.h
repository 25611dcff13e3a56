// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Models to neuro.cell and neuro.rule ops.
#pragma once

#include "compiler/import/json/Model.h"

namespace nissl::import {

/// Checks all names and dimensions of a model; false after saying what is wrong.
bool typeModel(Model& model);

/// Writes a typed model as the op `symbol` at the builder; arrays go to `arrays`.
mlir::Operation* emitModel(Model& model, const std::string& symbol, mlir::OpBuilder& builder,
                           mlir::OpBuilder& arrays);

/// Fills an empty region with a body.
void emitBody(mlir::Region& region, const Span& span, bool synapse, int64_t& nextPlace,
              const std::function<void(Emitter&, mlir::OpBuilder&)>& fill);

/// Fills a region with a body that yields a value which is no array.
void emitValue(mlir::Region& region, const ValueSpec& value, bool synapse, int64_t& nextPlace);

/// Fills a region with a body that looks up an array at the value of `index`.
void emitLookup(mlir::Region& region, const Span& span, const std::string& array,
                const std::function<mlir::Value(mlir::OpBuilder&, mlir::Location)>& index);

/// Declares a neuro.array of the numbers.
void emitArray(mlir::OpBuilder& arrays, const Span& span, const std::string& symbol,
               const std::vector<double>& numbers);

} // namespace nissl::import
