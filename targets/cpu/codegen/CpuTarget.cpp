// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/CpuTarget.h"

#include "compiler/transforms/Passes.h"
#include "targets/cpu/codegen/CompileKernels.h"
#include "targets/cpu/codegen/ShareKernels.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace nissl::cpu {
namespace {

class CpuTarget final : public compiler::Target {
public:
  StringRef name() const override { return "cpu"; }

  void buildPipeline(OpPassManager& manager, const compiler::TargetOptions& options) const override {
    manager.addPass(transforms::createShareStates());
    manager.addPass(transforms::createFuseMaps());
    manager.addPass(transforms::createDeliverDue({options.dueDensity}));
    // Bodies are pure, so what two expansions computed twice is computed once.
    manager.addPass(createCanonicalizerPass());
    manager.addPass(createCSEPass());
  }

  LogicalResult emit(step::ProgramOp program, const compiler::TargetOptions& options,
                     program::Program& out) const override {
    compiler::ProgramIndex index(program);
    CountedPorts counts(program);
    FailureOr<Kernels> kernels = buildKernels(program, index, counts);
    if (failed(kernels)) {
      return failure();
    }
    shareKernels(*kernels);
    if (failed(lowerKernels(*kernels->module))) {
      return failure();
    }
    compiler::buildProgram(program, index, [&](Operation* op) { return kernels->kernelOf.lookup(op); }, out);
    for (auto port : program.getOps<step::PortOp>()) {
      if (FloatAttr unit = counts.unitOf(port.getSymName())) {
        out.ports[index.port(port.getSymName())].unit = unit.getValueAsDouble();
      }
    }
    FailureOr<std::vector<program::CodeVariant>> code =
        compileKernels(*kernels, options.isas, options.optimization, KernelCache(options.kernelCache));
    if (failed(code)) {
      return failure();
    }
    out.code = *std::move(code);
    out.kernels = std::move(kernels->kernels);
    compiler::attachStepText(program->getParentOfType<ModuleOp>(), out);
    return success();
  }
};

} // namespace

std::unique_ptr<compiler::Target> createCpuTarget() { return std::make_unique<CpuTarget>(); }

} // namespace nissl::cpu
