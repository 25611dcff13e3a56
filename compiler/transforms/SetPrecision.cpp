// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Turns every f64 of a step program into f32; see Passes.td.
#include "compiler/transforms/Passes.h"
#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace nissl::transforms {

#define GEN_PASS_DEF_SETPRECISION
#include "compiler/transforms/Passes.h.inc"

namespace {

APFloat rounded(APFloat value) {
  bool lossy = false;
  value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &lossy);
  return value;
}

class SetPrecision final : public impl::SetPrecisionBase<SetPrecision> {
  void runOnOperation() override {
    SmallVector<step::ProgramOp> programs(getOperation().getOps<step::ProgramOp>());
    for (step::ProgramOp program : programs) {
      if (failed(convert(program))) {
        return signalPassFailure();
      }
    }
  }

  LogicalResult convert(step::ProgramOp program) {
    SmallVector<Operation*> identities;
    WalkResult walked = program.walk([&](Operation* op) {
      if (isa<arith::BitcastOp>(op)) {
        op->emitError() << "looks at the bits of a number, which depend on the precision; "
                        << "change the precision before functions and random numbers are expanded";
        return WalkResult::interrupt();
      }
      convertDeclaration(op);
      convertTypes(op);
      if (isa<arith::ExtFOp, arith::TruncFOp>(op) && op->getOperand(0).getType().isF32() &&
          op->getResult(0).getType().isF32()) {
        identities.push_back(op);
      }
      return WalkResult::advance();
    });
    for (Operation* op : identities) { // after the walk their operands are f32 too
      op->getResult(0).replaceAllUsesWith(op->getOperand(0));
      op->erase();
    }
    return failure(walked.wasInterrupted());
  }

  static void convertDeclaration(Operation* op) {
    MLIRContext* context = op->getContext();
    if (auto type = op->getAttrOfType<TypeAttr>("type"); type && type.getValue().isF64()) {
      op->setAttr("type", TypeAttr::get(Float32Type::get(context)));
    }
    if (auto array = dyn_cast<step::ArrayOp>(op)) {
      if (auto values = dyn_cast<DenseFPElementsAttr>(array.getValues());
          values && values.getElementType().isF64()) {
        array.setValuesAttr(cast<ElementsAttr>(
            Attribute(values.mapValues(Float32Type::get(context), [](const APFloat& value) {
              return rounded(value).bitcastToAPInt();
            }))));
      }
    }
  }

  static void convertTypes(Operation* op) {
    Type f32 = Float32Type::get(op->getContext());
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      if (auto value = dyn_cast<FloatAttr>(constant.getValue()); value && value.getType().isF64()) {
        constant.setValueAttr(FloatAttr::get(f32, rounded(value.getValue())));
      }
    }
    auto convertValue = [&](Value value) {
      if (value.getType().isF64()) {
        value.setType(f32);
      }
    };
    llvm::for_each(op->getResults(), convertValue);
    for (Region& region : op->getRegions()) {
      for (Block& block : region) {
        llvm::for_each(block.getArguments(), convertValue);
      }
    }
  }
};

} // namespace
} // namespace nissl::transforms
