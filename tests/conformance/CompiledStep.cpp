// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/conformance/CompiledStep.h"

#include "compiler/import/json/JsonImport.h"
#include "compiler/pipelines/RegisterAll.h"
#include "compiler/pipelines/StepPipeline.h"
#include "dialects/neuro/NeuroDialect.h"
#include "dialects/step/StepDialect.h"
#include "targets/cpu/codegen/CpuTarget.h"
#include "targets/golgi/codegen/GolgiTarget.h"
#include "targets/reference/step/StepTarget.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/SourceMgr.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

using namespace mlir;

namespace nissl::conformance {
namespace {

/// Brings a step program, of which `manager` holds the first passes, to the target.
std::optional<program::Program> emit(ModuleOp module, PassManager& manager, uint64_t structureSeed,
                                     const std::string& targetName, program::Precision precision,
                                     unsigned optimization) {
  std::unique_ptr<compiler::Target> target = targetName == "golgi"  ? golgi::createGolgiTarget()
                                             : targetName == "step" ? reference::createStepTarget()
                                                                    : cpu::createCpuTarget();
  compiler::TargetOptions options;
  options.isas = {__builtin_cpu_supports("x86-64-v4") ? "x86-64-v4" : "x86-64-v3"}; // the one that will run
  options.optimization = optimization;
  // Small networks have few synapses per delay: odd seeds deliver them when due all the same.
  options.dueDensity = structureSeed % 2 == 1 ? 0 : options.dueDensity;
  target->buildPipeline(manager, options);
  program::Program program;
  program.target = targetName;
  program.precision = precision;
  program.structureSeed = structureSeed;
  if (failed(manager.run(module)) ||
      failed(target->emit(*module.getOps<step::ProgramOp>().begin(), options, program))) {
    return std::nullopt;
  }
  return program;
}

DialectRegistry allDialects() {
  DialectRegistry registry;
  compiler::registerAllDialects(registry);
  return registry;
}

} // namespace

std::optional<program::Program> compileStep(const std::string& text, uint64_t structureSeed,
                                            const std::string& targetName, unsigned optimization) {
  MLIRContext context(allDialects(), MLIRContext::Threading::DISABLED);
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
  return emit(*module, manager, structureSeed, targetName, program::Precision::F64, optimization);
}

std::optional<program::Program> compileStepFile(const std::string& path, uint64_t structureSeed) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return compileStep(text.str(), structureSeed);
}

std::optional<program::Program> compileDescription(const std::string& json, program::Precision precision,
                                                   unsigned optimization) {
  MLIRContext context(allDialects(), MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  ScopedDiagnosticHandler handler(&context, [](Diagnostic& diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error) { // remarks say which method was chosen
      llvm::errs() << diagnostic.getLocation() << ": " << diagnostic << "\n";
    }
    return success();
  });
  auto path =
      std::filesystem::temp_directory_path() / ("nissl-conformance-" + std::to_string(getpid()) + ".json");
  std::ofstream(path) << json;
  import::DiagnosticList diagnostics;
  OwningOpRef<ModuleOp> module =
      import::importJson(context, path.string(), diagnostics, {{NISSL_SOURCE_DIR "/examples"}});
  std::filesystem::remove(path);
  if (!module) {
    llvm::errs() << diagnostics.render();
    return std::nullopt;
  }
  auto seed = static_cast<uint64_t>((*module->getOps<neuro::NetworkOp>().begin()).getSeed());
  PassManager manager(&context);
  compiler::buildNeuroPipeline(manager);
  compiler::buildStepPipeline(manager, program::Precision::F64, precision, compiler::Formulas::Simplified);
  return emit(*module, manager, seed, "cpu", precision, optimization);
}

} // namespace nissl::conformance
