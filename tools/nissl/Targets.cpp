// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/nissl/Targets.h"

#include "targets/cpu/codegen/CpuTarget.h"
#include "targets/golgi/codegen/GolgiTarget.h"
#include "targets/reference/neuro/ReferenceTarget.h"
#include "targets/reference/step/StepTarget.h"

namespace nissl::driver {

compiler::TargetRegistry allTargets() {
  compiler::TargetRegistry registry;
  registry.add(cpu::createCpuTarget());
  registry.add(golgi::createGolgiTarget());
  registry.add(reference::createReferenceTarget());
  registry.add(reference::createStepTarget());
  return registry;
}

} // namespace nissl::driver
