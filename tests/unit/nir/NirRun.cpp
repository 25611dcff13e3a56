// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/unit/nir/NirRun.h"

#include "compiler/conversion/StepToProgram.h"
#include "compiler/transforms/Passes.h"
#include "targets/reference/step/StepDevice.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

namespace nissl::test {
namespace {

class Recorder : public runtime::StepObserver {
public:
  Recorder(const program::Program& program, int64_t steps, NirRun& run) : program(program), run(run) {
    for (const program::Events& events : program.events) {
      size_t size = static_cast<size_t>(program.extents[static_cast<size_t>(events.extent)].size);
      run.spikes[events.name] = Rows(static_cast<size_t>(steps), std::vector<double>(size));
    }
  }
  void onEvents(program::Index events, int64_t step, std::span<const uint32_t> elements) override {
    for (uint32_t element : elements) {
      run.spikes[program.events[static_cast<size_t>(events)].name][static_cast<size_t>(step)][element] = 1;
    }
  }
  void onSample(int64_t, bool) override {}

private:
  const program::Program& program;
  NirRun& run;
};

} // namespace

NirRun runNir(const nir::NirReport& report, int64_t steps, const std::map<std::string, Rows>& inputs,
              NirPrecision precision) {
  NirRun run;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module = nir::toStep(context, report);
  mlir::PassManager manager(&context);
  if (precision == NirPrecision::f32) {
    manager.addPass(transforms::createSetPrecision());
  }
  if (!module || mlir::failed(mlir::verify(*module)) || mlir::failed(manager.run(*module))) {
    return run;
  }
  llvm::raw_string_ostream(run.text) << *module;
  auto step = *module->getOps<step::ProgramOp>().begin();
  program::Program program;
  compiler::ProgramIndex index(step);
  compiler::buildProgram(step, index, [](mlir::Operation*) { return program::none; }, program);
  compiler::attachStepText(*module, program);

  auto device = reference::createStepDevice();
  device->load(program, {});
  Recorder recorder(program, steps, run);
  for (size_t k = 0; k < static_cast<size_t>(steps); ++k) {
    for (size_t i = 0; i < program.inputs.size(); ++i) {
      auto found = inputs.find(program.inputs[i].name);
      if (found != inputs.end() && k < found->second.size()) {
        device->setInput(static_cast<program::Index>(i), found->second[k]);
      }
    }
    device->step(&recorder);
    for (size_t i = 0; i < program.states.size(); ++i) {
      const program::State& state = program.states[i];
      if (state.ofTable) {
        continue;
      }
      std::vector<double> row(static_cast<size_t>(program.extents[static_cast<size_t>(state.owner)].size));
      device->readState(static_cast<program::Index>(i), 0, row);
      run.states[state.name].push_back(std::move(row));
    }
  }
  return run;
}

} // namespace nissl::test
