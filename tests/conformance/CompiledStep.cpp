// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/conformance/CompiledStep.h"

#include "compiler/pipelines/RegisterAll.h"
#include "dialects/step/StepDialect.h"
#include "targets/cpu/codegen/CpuTarget.h"
#include "targets/golgi/codegen/GolgiTarget.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/SourceMgr.h"

#include <fstream>
#include <sstream>

using namespace mlir;

namespace nissl::conformance {

std::optional<program::Program> compileStep(const std::string& text, uint64_t structureSeed,
                                            const std::string& targetName) {
  DialectRegistry registry;
  compiler::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  if (!module) {
    return std::nullopt;
  }
  static const bool registered = (compiler::registerAllPasses(), true);
  (void)registered;
  PassManager manager(&context);
  if (failed(parsePassPipeline("step-expand-random,step-expand-math", manager))) {
    return std::nullopt;
  }
  std::unique_ptr<compiler::Target> target =
      targetName == "golgi" ? golgi::createGolgiTarget() : cpu::createCpuTarget();
  target->buildPipeline(manager, {});
  program::Program program;
  program.target = targetName;
  program.structureSeed = structureSeed;
  compiler::TargetOptions options;
  options.isas = {__builtin_cpu_supports("x86-64-v4") ? "x86-64-v4" : "x86-64-v3"}; // the one that will run
  if (failed(manager.run(*module)) || failed(target->emit(*module, options, program))) {
    return std::nullopt;
  }
  return program;
}

std::optional<program::Program> compileStepFile(const std::string& path, uint64_t structureSeed) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return compileStep(text.str(), structureSeed);
}

} // namespace nissl::conformance
