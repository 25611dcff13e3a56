// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random numbers as integer ops at one place of a body.
#pragma once

#include "compiler/transforms/fixed/FixedFunctions.h"
#include "dialects/step/StepDialect.h"

namespace nissl::transforms {

class FixedDraws {
public:
  FixedDraws(mlir::OpBuilder& builder, FixedArithmetic& arithmetic, FixedFunctions& functions)
      : ops(builder), arithmetic(arithmetic), functions(functions) {}

  mlir::Value uniform(step::RandomOp op, int fraction);
  mlir::Value normal(step::RandomOp op, int fraction);

private:
  mlir::FlatSymbolRefAttr normalTable(step::RandomOp op);

  mlir::OpBuilder& ops;
  FixedArithmetic& arithmetic;
  FixedFunctions& functions;
};

} // namespace nissl::transforms
