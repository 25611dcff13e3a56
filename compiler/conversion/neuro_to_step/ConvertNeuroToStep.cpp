// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/Passes.h"
#include "compiler/conversion/neuro_to_step/NeuroToStep.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"

namespace nissl::conversion {

#define GEN_PASS_DEF_CONVERTNEUROTOSTEP
#include "compiler/conversion/Passes.h.inc"

namespace {

class ConvertNeuroToStep : public impl::ConvertNeuroToStepBase<ConvertNeuroToStep> {
public:
  using ConvertNeuroToStepBase::ConvertNeuroToStepBase;

  void runOnOperation() override {
    for (neuro::NetworkOp network : llvm::to_vector(getOperation().getOps<neuro::NetworkOp>())) {
      if (mlir::failed(lowerNetwork(network, dt > 0 ? std::optional<double>(dt) : std::nullopt))) {
        return signalPassFailure();
      }
      network.erase();
    }
  }
};

} // namespace

} // namespace nissl::conversion
