// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Declarations of the step dialect: ops, attributes, enums. See StepOps.td for their meaning.
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

#include "dialects/step/StepDialect.h.inc"
#include "dialects/step/StepEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/step/StepAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/step/StepOps.h.inc"
