// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Declarations of the golgi dialect: ops, types, attributes. See GolgiOps.td and GolgiInstructions.td.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace nissl::golgi {

/// See Golgi_Remade in GolgiDialect.td.
template <typename ConcreteOp>
class Remade : public mlir::OpTrait::TraitBase<ConcreteOp, Remade> {};

/// See Golgi_LeavesBehind in GolgiDialect.td.
template <typename ConcreteOp>
class LeavesBehind : public mlir::OpTrait::TraitBase<ConcreteOp, LeavesBehind> {};

} // namespace nissl::golgi

#include "dialects/golgi/GolgiDialect.h.inc"
#include "dialects/golgi/GolgiEnums.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/golgi/GolgiTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/golgi/GolgiAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/golgi/GolgiOps.h.inc"
