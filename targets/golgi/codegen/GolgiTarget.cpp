// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/GolgiTarget.h"

#include "compiler/conversion/StepToProgram.h"
#include "runtime/support/Error.h"
#include "targets/golgi/codegen/BuildImage.h"
#include "targets/golgi/codegen/Passes.h"
#include "targets/golgi/device/StaticValues.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <cstring>

using namespace mlir;

namespace nissl::golgi {
namespace {

constexpr llvm::StringLiteral defaultChip = "golgi-64";

program::Section section(std::string name, const void* bytes, size_t size) {
  program::Section result;
  result.name = std::move(name);
  result.bytes.resize(size);
  if (size > 0) {
    std::memcpy(result.bytes.data(), bytes, size);
  }
  return result;
}

class GolgiTarget final : public compiler::Target {
public:
  StringRef name() const override { return "golgi"; }

  std::optional<program::Precision> onlyPrecision() const override { return program::Precision::Fixed; }

  std::string refuse(const compiler::TargetOptions& options) const override {
    return options.precision == program::Precision::Fixed
               ? ""
               : "the golgi chip computes in fixed point: --precision fixed";
  }

  void buildPipeline(OpPassManager& manager, const compiler::TargetOptions&) const override {
    manager.addPass(createCanonicalizerPass());
    manager.addPass(createCSEPass());
  }

  LogicalResult emit(step::ProgramOp program, const compiler::TargetOptions& options,
                     program::Program& out) const override {
    try {
      return emitImage(program, options, out);
    } catch (const support::Error& error) {
      return program.emitError() << error.format();
    }
  }

private:
  static LogicalResult emitImage(step::ProgramOp program, const compiler::TargetOptions& options,
                                 program::Program& out) {
    std::string chipFile = options.chipFile.empty() ? defaultChip.str() : options.chipFile;
    ChipModel model = ChipModel::load(chipFile);
    compiler::buildProgram(
        program, compiler::ProgramIndex(program), [](Operation*) { return program::none; }, out);
    compiler::attachStepText(program->getParentOfType<ModuleOp>(), out);
    auto setup = std::make_shared<SetupValues>(program, out);
    // The chip stands beside a copy of its program: the caller's module stays as it is.
    OwningOpRef<ModuleOp> module = ModuleOp::create(program.getLoc());
    module->push_back(program->clone());
    PassManager manager(program.getContext());
    buildGolgiPipeline(manager, chipFile, setup);
    if (failed(manager.run(*module))) {
      return failure();
    }
    ChipOp chip = *module->getOps<ChipOp>().begin();
    FailureOr<Image> image = buildImage(chip, program, *setup, model);
    if (failed(image)) {
      return failure();
    }
    std::vector<uint8_t> bytes = writeImage(*image);
    out.sections.push_back(section("golgi.image", bytes.data(), bytes.size()));
    std::string json = model.toJson();
    out.sections.push_back(section("golgi.model", json.data(), json.size()));
    std::vector<std::byte> encoded = staticValues(chip, *setup, out).encode();
    out.sections.push_back(section("golgi.static", encoded.data(), encoded.size()));
    return success();
  }

  /// States that stay as the setup left them: they are not on the chip as states, so the device keeps them.
  static StaticValues staticValues(ChipOp chip, SetupValues& setup, const program::Program& out) {
    StaticValues result;
    result.sampleTick = static_cast<int64_t>(chip.getSample());
    for (size_t s = 0; s < out.states.size(); ++s) {
      if (!chip.lookupSymbol<StateOp>(out.states[s].name)) {
        result.values[static_cast<program::Index>(s)] = setup.valuesOf(out.states[s].name);
      }
    }
    for (size_t t = 0; t < out.tables.size(); ++t) {
      result.synapses.push_back(setup.synapseCount(static_cast<program::Index>(t)));
    }
    return result;
  }
};

} // namespace

std::unique_ptr<compiler::Target> createGolgiTarget() { return std::make_unique<GolgiTarget>(); }

} // namespace nissl::golgi
