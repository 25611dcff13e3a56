// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/CpuTarget.h"

#include "compiler/transforms/Passes.h"
#include "targets/cpu/codegen/CompileKernels.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace nissl::cpu {
namespace {

class CpuTarget final : public compiler::Target {
public:
  StringRef name() const override { return "cpu"; }

  void buildPipeline(OpPassManager& manager, const compiler::TargetOptions&) const override {
    manager.addPass(transforms::createFuseMaps());
    // Bodies are pure, so what two expansions computed twice is computed once.
    manager.addPass(createCanonicalizerPass());
    manager.addPass(createCSEPass());
  }

  LogicalResult emit(step::ProgramOp program, const compiler::TargetOptions& options,
                     program::Program& out) const override {
    compiler::ProgramIndex index(program);
    FailureOr<Kernels> kernels = buildKernels(program, index);
    if (failed(kernels) || failed(lowerKernels(*kernels->module))) {
      return failure();
    }
    compiler::buildProgram(program, index, [&](Operation* op) { return kernels->kernelOf.lookup(op); }, out);
    for (const std::string& isa : options.isas) {
      FailureOr<program::CodeVariant> variant = compileKernels(*kernels, isa, options.optimization);
      if (failed(variant)) {
        return failure();
      }
      out.code.push_back(*std::move(variant));
    }
    out.kernels = std::move(kernels->kernels);
    compiler::attachStepText(program->getParentOfType<ModuleOp>(), out);
    return success();
  }
};

} // namespace

std::unique_ptr<compiler::Target> createCpuTarget() { return std::make_unique<CpuTarget>(); }

} // namespace nissl::cpu
