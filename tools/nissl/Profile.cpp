// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/nissl/Profile.h"

#include "compiler/pipelines/StepPipeline.h"
#include "targets/cpu/codegen/CpuTarget.h"
#include "targets/cpu/device/CpuDevice.h"

#include "mlir/Pass/PassManager.h"

#include <algorithm>
#include <limits>

using namespace mlir;

namespace nissl::driver {
namespace {

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(const std::vector<double>& values) {
    for (double value : values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
};

/// Looks at all states of extents, at the sample point and after each step.
class RangeObserver final : public runtime::StepObserver {
public:
  RangeObserver(runtime::Device& device, const program::Program& program)
      : device(device), program(program), ranges(program.states.size()) {}

  void onEvents(program::Index, int64_t, std::span<const uint32_t>) override {}
  void onSample(int64_t, bool) override { look(); }

  void look() {
    for (size_t s = 0; s < program.states.size(); ++s) {
      if (!program.states[s].ofTable) {
        read(s, program.extents[static_cast<size_t>(program.states[s].owner)].size);
      }
    }
  }
  /// Tables are large and change slowly: once at the end.
  void lookAtTables() {
    for (size_t s = 0; s < program.states.size(); ++s) {
      if (program.states[s].ofTable) {
        read(s, device.synapseCount(program.states[s].owner));
      }
    }
  }
  const Range& range(size_t state) const { return ranges[state]; }

private:
  void read(size_t state, int64_t count) {
    values.resize(static_cast<size_t>(count));
    device.readState(static_cast<program::Index>(state), 0, values);
    ranges[state].include(values);
  }

  runtime::Device& device;
  const program::Program& program;
  std::vector<Range> ranges;
  std::vector<double> values;
};

} // namespace

LogicalResult profileRanges(ModuleOp module, int64_t steps, uint64_t seed) {
  OwningOpRef<ModuleOp> copy = module.clone();
  std::unique_ptr<compiler::Target> target = cpu::createCpuTarget();
  compiler::TargetOptions options;
  options.isas = {__builtin_cpu_supports("x86-64-v4") ? "x86-64-v4" : "x86-64-v3"}; // the one that runs here
  PassManager manager(copy->getContext());
  compiler::buildStepPipeline(manager, program::Precision::F64, program::Precision::F64);
  target->buildPipeline(manager, options);
  program::Program program;
  program.target = "cpu";
  program.structureSeed = seed;
  if (failed(manager.run(*copy)) ||
      failed(target->emit(*copy->getOps<step::ProgramOp>().begin(), options, program))) {
    return failure();
  }
  std::unique_ptr<runtime::Device> device = cpu::createCpuDevice();
  device->load(program, {seed, 1, 0});
  RangeObserver observer(*device, program);
  for (int64_t step = 0; step < steps; ++step) {
    device->step(&observer);
  }
  observer.look();
  observer.lookAtTables();
  step::ProgramOp op = *module.getOps<step::ProgramOp>().begin();
  Builder builder(module.getContext());
  for (size_t s = 0; s < program.states.size(); ++s) {
    auto state = op.lookupSymbol<step::StateOp>(program.states[s].name);
    const Range& range = observer.range(s);
    if (state && isa<FloatType>(state.getType()) && !state->hasAttr("bounds") && range.low <= range.high) {
      state->setAttr("range", builder.getF64ArrayAttr({range.low, range.high}));
    }
  }
  return success();
}

} // namespace nissl::driver
