// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Braille network in fixed point: CPU, chip and step interpreter agree in every event, and with snnTorch.
#include "compiler/import/nir/NirToStep.h"
#include "compiler/transforms/Passes.h"
#include "runtime/session/InputSeries.h"
#include "targets/cpu/device/CpuDevice.h"
#include "targets/golgi/device/GolgiDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/Trace.h"

#include "mlir/Pass/PassManager.h"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace nissl;

namespace {

const std::filesystem::path folder = std::filesystem::path(NISSL_SOURCE_DIR) / "../shared/data/nir";

/// The network's integer program as text; empty where a pass fails.
std::string fixedText(const nir::NirReport& report) {
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module = nir::toStep(context, report);
  mlir::PassManager manager(&context);
  manager.addPass(transforms::createStepToFixed());
  std::string text;
  if (mlir::succeeded(manager.run(*module))) {
    llvm::raw_string_ostream(text) << *module;
  }
  return text;
}

} // namespace

TEST_CASE("The Braille network on the chip is the one on the CPU, and counts its distance to float",
          "[nir]") {
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: no " + folder.string());
    return;
  }
  nir::NirOptions options;
  options.dt = 1e-4;
  options.inputs = nir::NirInputs::spikes;
  options.alignment = GENERATE(nir::NirAlignment::sameStep, nir::NirAlignment::pipelined);
  auto report = nir::checkNir(folder / "braille_noDelay_bias_zero.nir", options);
  REQUIRE(report->ok());
  std::string text = fixedText(*report);
  REQUIRE_FALSE(text.empty());
  auto forCpu = conformance::compileStep(text, 1, "cpu");
  auto forChip = conformance::compileStep(text, 1, "golgi");
  REQUIRE(forCpu);
  REQUIRE(forChip);

  runtime::InputSeries input = runtime::readInput({"", folder / "braille_input_sample0.npy", ""});
  conformance::RunOptions run;
  run.steps = 256;
  run.input = [&](program::Index, int64_t step, int64_t element) {
    return input.row(step)[static_cast<size_t>(element)];
  };
  conformance::Trace cpu = conformance::run(*cpu::createCpuDevice(), *forCpu, run);
  CHECK(conformance::run(*reference::createStepDevice(), *forCpu, run).differenceTo(cpu) == "");
  CHECK(conformance::run(*golgi::createGolgiDevice(), *forChip, run).differenceTo(cpu) == "");

  runtime::InputSeries expected =
      runtime::readInput({"", folder / "snntorch_activity_noDelay_bias_zero.npy", ""});
  std::vector<double> raster(expected.values.size());
  size_t spikes = 0, differ = 0;
  for (const auto& [step, events, elements] : cpu.events) {
    if (forCpu->events[static_cast<size_t>(events)].name == "lif1.lif.spike") {
      for (uint32_t element : elements) {
        raster[static_cast<size_t>(step * expected.columns) + element] = 1;
        ++spikes;
      }
    }
  }
  for (size_t i = 0; i < raster.size(); ++i) {
    differ += raster[i] != expected.values[i];
  }
  // 16-bit weights and proven formats suffice here.
  CHECK(spikes == 119);
  CHECK(differ == 0);
}
