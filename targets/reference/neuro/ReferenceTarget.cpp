// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/ReferenceTarget.h"

#include "targets/reference/neuro/ReferenceDevice.h"
#include "targets/reference/step/StepTarget.h"

#include <cstring>

using namespace mlir;

namespace nissl::reference {
namespace {

class ReferenceTarget final : public compiler::Target {
public:
  StringRef name() const override { return "reference"; }
  bool wantsNetwork() const override { return true; }
  std::optional<program::Precision> onlyPrecision() const override { return program::Precision::F64; }
  std::string refuse(const compiler::TargetOptions& options) const override {
    return options.precision == program::Precision::F64 ? "" : "the reference computes in f64 only";
  }
  void buildPipeline(OpPassManager& manager, const compiler::TargetOptions& options) const override {
    stepTarget->buildPipeline(manager, options);
  }

  LogicalResult emit(step::ProgramOp program, const compiler::TargetOptions& options,
                     program::Program& out) const override {
    if (failed(stepTarget->emit(program, options, out))) {
      return failure();
    }
    program::Section section;
    section.name = networkSection;
    section.bytes.resize(options.network.size());
    std::memcpy(section.bytes.data(), options.network.data(), options.network.size());
    out.sections.push_back(std::move(section));
    return success();
  }

private:
  std::unique_ptr<compiler::Target> stepTarget = createStepTarget();
};

} // namespace

std::unique_ptr<compiler::Target> createReferenceTarget() { return std::make_unique<ReferenceTarget>(); }

} // namespace nissl::reference
