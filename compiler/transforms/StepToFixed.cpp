// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Turns float step programs into integer ones; see Passes.td.
// Needs a range for every input; runs before step-expand-random and step-expand-math. Afterwards every state,
// port and input is an integer with its number of fraction bits, and only setup bodies compute in floats.
#include "compiler/transforms/HoistParameters.h"
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/fixed/FixedBody.h"
#include "compiler/transforms/fixed/Idioms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <fmt/format.h>

using namespace mlir;

namespace nissl::transforms {

#define GEN_PASS_DEF_STEPTOFIXED
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Folds constants, so that a factor written as an expression is one.
void fold(step::ProgramOp program) { (void)applyPatternsGreedily(program, FrozenRewritePatternSet()); }

bool isInSetup(Operation* op) { return op->getParentOfType<step::SetupOp>() != nullptr; }

DenseElementsAttr quantised(ElementsAttr values, int fraction, Type i32) {
  SmallVector<int32_t> integers;
  for (const APFloat& value : values.getValues<APFloat>()) {
    APFloat number = value;
    bool inexact = false;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
    integers.push_back(static_cast<int32_t>(std::nearbyint(std::ldexp(number.convertToDouble(), fraction))));
  }
  return DenseElementsAttr::get(RankedTensorType::get(values.getShapedType().getShape(), i32),
                                ArrayRef(integers));
}

/// An array that bodies of the step look up becomes integers; one that the setup looks up stays as it is;
/// one of both kinds is split.
void convertArrays(step::ProgramOp program, const Formats& formats) {
  SmallVector<step::ArrayOp> arrays(program.getBody().getOps<step::ArrayOp>());
  for (step::ArrayOp array : arrays) {
    if (!isa<FloatType>(array.getValues().getElementType())) {
      continue;
    }
    SmallVector<step::LookupOp> inStep;
    bool inSetup = false;
    program.walk([&](step::LookupOp lookup) {
      if (lookup.getArray() == array.getSymName()) {
        isInSetup(lookup) ? void(inSetup = true) : inStep.push_back(lookup);
      }
    });
    if (inStep.empty()) {
      continue;
    }
    int fraction = formats.of(array.getSymName());
    step::ArrayOp target = array;
    OpBuilder ops(array);
    if (inSetup) {
      target = cast<step::ArrayOp>(ops.clone(*array));
      target.setSymName(array.getSymName().str() + ".fixed");
      for (step::LookupOp lookup : inStep) {
        lookup.setArray(target.getSymName());
      }
    }
    target.setValuesAttr(cast<ElementsAttr>(quantised(array.getValues(), fraction, ops.getI32Type())));
    target->setAttr("frac", ops.getI64IntegerAttr(fraction));
  }
}

template <typename Declaration>
void convertDeclarations(step::ProgramOp program, const Formats& formats) {
  for (auto declaration : program.getBody().getOps<Declaration>()) {
    if (isa<FloatType>(declaration.getType())) {
      declaration.setType(IntegerType::get(program.getContext(), 32));
      declaration.setFrac(formats.of(declaration.getSymName()));
      declaration->removeAttr("bounds");
      declaration->removeAttr("range");
    }
  }
}

struct StepToFixed : impl::StepToFixedBase<StepToFixed> {
  using StepToFixedBase::StepToFixedBase;

  void runOnOperation() override {
    SmallVector<step::ProgramOp> programs;
    getOperation()->walk([&](step::ProgramOp program) { programs.push_back(program); });
    for (step::ProgramOp program : programs) {
      if (failed(convert(program))) {
        signalPassFailure();
      }
    }
  }

  LogicalResult convert(step::ProgramOp program) {
    fold(program);
    rewriteIdioms(program);
    multiplyByReciprocals(program);
    hoistParameters(program);
    divideByVariables(program);
    FailureOr<ProgramRanges> ranges = ProgramRanges::analyse(program);
    if (failed(ranges)) {
      return failure();
    }
    FailureOr<Formats> formats = Formats::choose(program, *ranges, weightBits);
    if (failed(formats)) {
      return failure();
    }
    reportFormats(program, *ranges, *formats);
    reportDeadZones(program, *ranges, *formats);
    bool failed = false;
    program.walk([&](Operation* op) {
      if (!isa<step::MapOp, step::TraverseOp>(op)) {
        return;
      }
      if (isInSetup(op)) {
        rewriteSetup(op, *ranges, *formats);
      } else {
        failed |= mlir::failed(rewriteToFixed(op, *ranges, *formats));
      }
    });
    convertArrays(program, *formats);
    convertDeclarations<step::StateOp>(program, *formats);
    convertDeclarations<step::PortOp>(program, *formats);
    convertDeclarations<step::InputOp>(program, *formats);
    return failure(failed);
  }
};

} // namespace
} // namespace nissl::transforms
