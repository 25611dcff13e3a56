// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Splits a rate into a linear function of some variables and a rest.
#pragma once

#include "compiler/conversion/neuro_to_step/BodyWriter.h"

namespace nissl::conversion {

/// rate = sum over i of slopes[i] * variables[i] + constant; a null value is an exact zero.
struct Affine {
  llvm::SmallVector<mlir::Value> slopes;
  mlir::Value constant;
};

/// `AsWritten` keeps a rate's divisions; `Reciprocal` divides once by what divides several terms, which
/// rounds otherwise.
enum class Division : uint8_t { AsWritten, Reciprocal };

/// `rate` as an affine function of `variables` (values of the body), as arithmetic in the body. Nothing if it
/// is not one. With `rest`, terms that are not affine are added up there instead.
std::optional<Affine> affineForm(BodyWriter& body, mlir::Value rate, llvm::ArrayRef<mlir::Value> variables,
                                 mlir::Value* rest = nullptr, Division division = Division::AsWritten);

/// Whether `value` depends on any of `variables`.
bool dependsOn(mlir::Value value, llvm::ArrayRef<mlir::Value> variables);

} // namespace nissl::conversion
