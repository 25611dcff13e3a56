// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/GolgiTarget.h"

#include "compiler/conversion/StepToProgram.h"
#include "runtime/support/Error.h"
#include "targets/golgi/codegen/BuildImage.h"
#include "targets/golgi/device/StaticValues.h"
#include "targets/reference/step/StepDevice.h"

#include "mlir/Transforms/Passes.h"

#include <cmath>
#include <cstring>

using namespace mlir;

namespace nissl::golgi {
namespace {

constexpr llvm::StringLiteral defaultChip = "golgi-64";
/// Cells per core, tried from the fullest cores down.
constexpr int64_t fillings[] = {1024, 768, 512, 384, 256, 192, 128, 96, 64, 48, 32, 16, 8, 4};

program::Section section(std::string name, const void* bytes, size_t size) {
  program::Section result;
  result.name = std::move(name);
  result.bytes.resize(size);
  if (size > 0) {
    std::memcpy(result.bytes.data(), bytes, size);
  }
  return result;
}

std::vector<int32_t> valuesOf(runtime::Device& device, const program::Program& artefact, StringRef name,
                              int64_t count) {
  auto state = llvm::find_if(artefact.states, [&](const program::State& s) { return name == s.name; });
  std::vector<double> numbers(static_cast<size_t>(count));
  device.readState(static_cast<program::Index>(state - artefact.states.begin()), 0, numbers);
  std::vector<int32_t> values;
  for (double number : numbers) {
    values.push_back(static_cast<int32_t>(std::ldexp(number, std::max(0, state->frac))));
  }
  return values;
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
    ChipModel model = ChipModel::load(options.chipFile.empty() ? defaultChip.str() : options.chipFile);
    compiler::buildProgram(
        program, compiler::ProgramIndex(program), [](Operation*) { return program::none; }, out);
    compiler::attachStepText(program->getParentOfType<ModuleOp>(), out);
    std::unique_ptr<runtime::Device> initial = reference::createStepDevice();
    initial->load(out, {});
    FailureOr<ChipProgram> chip = analyze(program, out, *initial);
    if (failed(chip)) {
      return failure();
    }
    MapCode code;
    for (const MapPlan& map : chip->maps) {
      FailureOr<std::vector<uint32_t>> words =
          generateMicrocode(map, chip->cells[map.cell], *chip, code.pool);
      if (failed(words)) {
        return failure();
      }
      code.words.push_back(*std::move(words));
    }
    FailureOr<Image> image = fit(program, *chip, code, *initial, out, model);
    if (failed(image)) {
      return failure();
    }
    std::vector<uint8_t> bytes = writeImage(*image);
    out.sections.push_back(section("golgi.image", bytes.data(), bytes.size()));
    std::string json = model.toJson();
    out.sections.push_back(section("golgi.model", json.data(), json.size()));
    StaticValues fixedValues = staticValues(*chip, *initial, out);
    fixedValues.sampleTick = chip->sampleStratum;
    std::vector<std::byte> encoded = fixedValues.encode();
    out.sections.push_back(section("golgi.static", encoded.data(), encoded.size()));
    return success();
  }

  /// The image with the fullest cores that the chip takes.
  static FailureOr<Image> fit(step::ProgramOp program, const ChipProgram& chip, const MapCode& code,
                              runtime::Device& initial, const program::Program& out, const ChipModel& model) {
    std::vector<std::vector<std::vector<int32_t>>> first(chip.cells.size());
    int64_t cells = 0;
    for (size_t c = 0; c < chip.cells.size(); ++c) {
      cells += chip.cells[c].size;
      for (const std::string& state : chip.cells[c].states) {
        first[c].push_back(valuesOf(initial, out, state, chip.cells[c].size));
      }
    }
    InitialState initialState = [&](unsigned cell, unsigned word) -> const std::vector<int32_t>& {
      return first[cell][word];
    };
    std::string shortage;
    for (int64_t filling : fillings) {
      Placement placement = placeInOrder(chip, filling);
      if (placement.cores.size() > model.cores() && !shortage.empty()) {
        break;
      }
      BuiltImage built = buildImage(chip, code, placement, initialState, model);
      if (built.fits()) {
        check(built.image, model);
        return std::move(built.image);
      }
      shortage = built.shortage;
    }
    InFlightDiagnostic diagnostic = program.emitError()
                                    << "the network of " << cells << " cells does not fit the chip "
                                    << model.name() << " (" << model.cores() << " cores): " << shortage;
    diagnostic.attachNote()
        << "choose a larger chip with --chip (golgi-256), or fewer cells, synapses or delays";
    return diagnostic;
  }

  /// States that stay as the setup left them: they are not on the chip as states, so the device keeps them.
  static StaticValues staticValues(const ChipProgram& chip, runtime::Device& initial,
                                   const program::Program& out) {
    StaticValues result;
    for (size_t s = 0; s < out.states.size(); ++s) {
      const program::State& state = out.states[s];
      bool onChip = !state.ofTable && llvm::any_of(chip.cells, [&](const CellLayout& c) {
        return c.stateWord.count(state.name);
      });
      if (!onChip) {
        int64_t count = state.ofTable ? initial.synapseCount(state.owner) : out.extents[state.owner].size;
        result.values[static_cast<program::Index>(s)] = valuesOf(initial, out, state.name, count);
      }
    }
    for (size_t t = 0; t < out.tables.size(); ++t) {
      result.synapses.push_back(initial.synapseCount(static_cast<program::Index>(t)));
    }
    return result;
  }
};

} // namespace

std::unique_ptr<compiler::Target> createGolgiTarget() { return std::make_unique<GolgiTarget>(); }

} // namespace nissl::golgi
