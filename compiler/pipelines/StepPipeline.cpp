// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/pipelines/StepPipeline.h"

#include "compiler/conversion/Passes.h"
#include "compiler/transforms/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace nissl::compiler {

using program::Precision;

Precision precisionOf(step::ProgramOp program) {
  bool hasF64 = false;
  bool hasF32 = false;
  bool hasFraction = false;
  auto look = [&](Type type, bool fraction) {
    hasF64 |= type.isF64();
    hasF32 |= type.isF32();
    hasFraction |= fraction;
  };
  for (step::StateOp state : program.getOps<step::StateOp>()) {
    look(state.getType(), state.getFrac().has_value());
  }
  for (step::PortOp port : program.getOps<step::PortOp>()) {
    look(port.getType(), port.getFrac().has_value());
  }
  for (step::InputOp input : program.getOps<step::InputOp>()) {
    look(input.getType(), input.getFrac().has_value());
  }
  if (hasF64 || (!hasF32 && !hasFraction)) {
    return Precision::F64;
  }
  return hasF32 ? Precision::F32 : Precision::Fixed;
}

std::string refusePrecision(Precision from, Precision to) {
  if (from == to) {
    return {};
  }
  if (from != Precision::F64) {
    return "the program is already written in another precision; only f64 programs are converted";
  }
  return {};
}

void buildNeuroPipeline(OpPassManager& manager) {
  manager.addPass(conversion::createConvertNeuroToStep());
  // Factors of heterogeneous cells are computed once, while an exp is still one op.
  manager.addPass(transforms::createHoistParameters());
  // Only what is equal becomes one; folding waits until functions are written out, as below.
  manager.addPass(createCSEPass());
}

void buildStepPipeline(OpPassManager& manager, Precision from, Precision to, Formulas formulas) {
  // Streams are told apart by their names, which the expansion hashes.
  manager.addPass(transforms::createCheckStreams());
  // The expansions depend on the precision.
  if (from == Precision::F64 && to == Precision::F32) {
    manager.addPass(transforms::createSetPrecision());
  }
  // It needs to see distributions and functions as they are: setup bodies keep them.
  if (from == Precision::F64 && to == Precision::Fixed) {
    manager.addPass(transforms::createStepToFixed());
  }
  if (formulas == Formulas::Simplified && to != Precision::Fixed) {
    manager.addPass(transforms::createSimplifyMath());
  }
  // Before any folding: upstream folds functions with the host's library, whose bits differ from ours.
  manager.addPass(transforms::createExpandRandom());
  manager.addPass(transforms::createExpandMath());
  // Bodies are pure: what two expansions compute twice is computed once.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

} // namespace nissl::compiler
