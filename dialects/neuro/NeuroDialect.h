// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Declarations of the neuro dialect: ops, attributes, enums. See NeuroOps.td for their meaning.
#pragma once

#include "dialects/neuro/Dimension.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringSet.h"

#include "dialects/neuro/NeuroDialect.h.inc"
#include "dialects/neuro/NeuroEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/neuro/NeuroAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/neuro/NeuroOps.h.inc"

namespace nissl::neuro {

/// The dimension of a quantity (parameter, variable, derived quantity, port, pulse); none if it has none.
Dimension dimensionOf(mlir::Operation* quantity);

/// The voltages of all compartments that a `couple` of the model joins to another.
llvm::StringSet<> coupledVoltages(mlir::Operation* model);

/// The number that an expression region yields, if its body is one constant.
std::optional<double> constantOf(mlir::Region& expression);

} // namespace nissl::neuro
