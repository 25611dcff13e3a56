// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/step/StepTarget.h"

#include "compiler/conversion/StepToProgram.h"

using namespace mlir;

namespace nissl::reference {
namespace {

class StepTarget final : public compiler::Target {
public:
  StringRef name() const override { return "step"; }

  // The oracle runs what it is given: nothing may stand between the expanded program and it.
  void buildPipeline(OpPassManager&, const compiler::TargetOptions&) const override {}

  LogicalResult emit(step::ProgramOp program, const compiler::TargetOptions&,
                     program::Program& out) const override {
    compiler::ProgramIndex index(program);
    compiler::buildProgram(program, index, [](Operation*) { return program::none; }, out);
    compiler::attachStepText(program->getParentOfType<ModuleOp>(), out);
    return success();
  }
};

} // namespace

std::unique_ptr<compiler::Target> createStepTarget() { return std::make_unique<StepTarget>(); }

} // namespace nissl::reference
