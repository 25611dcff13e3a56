// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/pipelines/RegisterAll.h"
#include "compiler/pipelines/StepPipeline.h"
#include "dialects/neuro/NeuroDialect.h"
#include "runtime/program/Writer.h"
#include "runtime/session/Provenance.h"
#include "runtime/support/Error.h"
#include "runtime/support/Version.h"
#include "tools/nissl/DiagnosticPrinter.h"
#include "tools/nissl/Import.h"
#include "tools/nissl/Profile.h"
#include "tools/nissl/Targets.h"
#include "tools/nissl/Verb.h"

#include "mlir/IR/DialectRegistry.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

using namespace mlir;

namespace nissl::driver {

using program::Precision;
using support::Error;

namespace {

struct CompileOptions {
  ImportOptions import;
  std::string target = "cpu", output, chip;
  std::set<std::string> processors; ///< avx2, avx512; empty: the target's choice
  std::optional<Precision> precision;
  int64_t profileSteps = 2000;
};

/// SHA-256 of the description, in hexadecimal.
std::string hashOf(const std::string& file) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer) {
    throw Error::input("NS0911", "'{}' cannot be read: {}", file, buffer.getError().message());
  }
  llvm::StringRef bytes = (*buffer)->getBuffer();
  return llvm::toHex(llvm::SHA256::hash(llvm::arrayRefFromStringRef(bytes)), /*LowerCase=*/true);
}

const compiler::Target& findTarget(const compiler::TargetRegistry& registry, const std::string& name) {
  if (const compiler::Target* target = registry.find(name)) {
    return *target;
  }
  throw Error::usage("NS0920", "no target '{}' in this build; it has {}", name,
                     fmt::join(registry.names(), ", "));
}

/// The network's one step program, which targets emit. Throws where there is none, or several.
step::ProgramOp findProgram(ModuleOp module, const std::string& file) {
  auto programs = module.getOps<step::ProgramOp>();
  if (!llvm::hasSingleElement(programs)) {
    throw Error::input("NS0921", "'{}' has {} step programs; expected one network or one step.program", file,
                       std::distance(programs.begin(), programs.end()));
  }
  return *programs.begin();
}

[[noreturn]] void refuseWithoutDescription(const CompileOptions& options, const std::string& kind) {
  throw Error::input("NS0926",
                     "--target {}: '{}' is {}, which has no description in equations to compare with; "
                     "expected a .json description, or use --target step",
                     options.target, options.import.file, kind);
}

/// The description as text. Throws where the network is no description.
std::string textOfNetwork(ModuleOp module, const CompileOptions& options) {
  if (module.getOps<neuro::NetworkOp>().empty()) {
    refuseWithoutDescription(options, "a step program");
  }
  std::string text;
  llvm::raw_string_ostream(text) << module;
  return text;
}

/// Where compiled kernels are kept; empty where they are not.
std::string kernelCacheFolder() {
  if (const char* chosen = std::getenv("NISSL_CACHE")) {
    return chosen == std::string("off") ? "" : chosen;
  }
  if (const char* caches = std::getenv("XDG_CACHE_HOME"); caches && *caches == '/') {
    return std::string(caches) + "/nissl";
  }
  const char* home = std::getenv("HOME");
  return home && *home == '/' ? std::string(home) + "/.cache/nissl" : "";
}

/// Imports, transforms and emits. False after errors, which were printed.
bool build(const CompileOptions& options, const compiler::Target& target, MLIRContext& context,
           DiagnosticPrinter& diagnostics, program::Program& out) {
  if (target.wantsNetwork() && formatOf(options.import.file) == NetworkFormat::Nir) {
    refuseWithoutDescription(options, "a NIR graph");
  }
  diagnostics.setStage("NS0914");
  ImportOptions import = options.import;
  std::optional<Precision> asked = options.precision ? options.precision : target.onlyPrecision();
  import.prefersSpikeInputs = asked == Precision::Fixed;
  ImportedNetwork network = importNetwork(import, context, diagnostics);
  if (!network.module) {
    return false;
  }
  compiler::TargetOptions targetOptions;
  if (target.wantsNetwork()) {
    targetOptions.network = textOfNetwork(*network.module, options);
  }
  auto formulas = compiler::Formulas::AsWritten;
  if (!network.module->getOps<neuro::NetworkOp>().empty()) {
    formulas = compiler::Formulas::Simplified;
    PassManager lowering(&context);
    compiler::buildNeuroPipeline(lowering);
    if (failed(lowering.run(*network.module))) {
      return false;
    }
  }
  step::ProgramOp program = findProgram(*network.module, options.import.file);
  targetOptions.chipFile = options.chip;
  targetOptions.kernelCache = kernelCacheFolder();
  if (!options.processors.empty()) {
    targetOptions.isas.clear();
    for (const std::string& processor : options.processors) {
      targetOptions.isas.push_back(processor == "avx512" ? "x86-64-v4" : "x86-64-v3");
    }
  }
  Precision written = compiler::precisionOf(program);
  targetOptions.precision = options.precision.value_or(target.onlyPrecision().value_or(written));
  std::string refusal = compiler::refusePrecision(written, targetOptions.precision);
  if (refusal.empty()) {
    refusal = target.refuse(targetOptions);
  }
  if (!refusal.empty()) {
    throw Error::input("NS0922", "--target {} --precision {}: {} ('{}' is written in {})",
                       target.name().str(), runtime::nameOf(targetOptions.precision), refusal,
                       options.import.file, runtime::nameOf(written));
  }

  diagnostics.setStage("NS0923");
  if (written != Precision::Fixed && targetOptions.precision == Precision::Fixed &&
      options.profileSteps > 0 &&
      failed(profileRanges(*network.module, options.profileSteps, network.seed))) {
    return false;
  }
  PassManager manager(&context);
  compiler::buildStepPipeline(manager, written, targetOptions.precision, formulas);
  target.buildPipeline(manager, targetOptions);
  if (failed(manager.run(*network.module))) {
    return false;
  }
  out.target = target.name().str();
  out.precision = targetOptions.precision;
  out.structureSeed = network.seed;
  out.dynamicsSeed = network.seed;
  out.compilerVersion = support::version();
  out.descriptionHash = hashOf(options.import.file);
  diagnostics.setStage("NS0924");
  return succeeded(target.emit(findProgram(*network.module, options.import.file), targetOptions, out));
}

int compile(const CompileOptions& options, const Invocation& invocation) {
  auto begin = std::chrono::steady_clock::now();
  compiler::TargetRegistry targets = allTargets();
  const compiler::Target& target = findTarget(targets, options.target);
  if (!options.processors.empty() && options.target != "cpu") {
    throw Error::usage("NS0932", "--cpu: --target {} has no code of a processor; expected --target cpu",
                       options.target);
  }
  std::string output = options.output.empty()
                           ? std::filesystem::path(options.import.file).stem().string() + ".npb"
                           : options.output;
  DialectRegistry dialects;
  compiler::registerAllDialects(dialects);
  MLIRContext context(dialects, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  DiagnosticPrinter diagnostics(&context);
  program::Program program;
  bool built = build(options, target, context, diagnostics, program);
  if (!built && !diagnostics.hasErrors()) {
    throw Error::bug("NS0925", "compiling '{}' for {} failed without saying why", options.import.file,
                     options.target);
  }
  if (!built) {
    if (invocation.json) {
      Invocation::print({{"ok", false}, {"errors", diagnostics.all()}});
    }
    return static_cast<int>(support::ExitCode::input);
  }
  program::writeProgram(program, output);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  uintmax_t bytes = std::filesystem::file_size(output);
  if (invocation.json) {
    Invocation::print({{"ok", true},
                       {"output", output},
                       {"network", program.name},
                       {"target", program.target},
                       {"precision", runtime::nameOf(program.precision)},
                       {"dt", program.dt},
                       {"seed", program.structureSeed},
                       {"bytes", bytes},
                       {"compile_s", seconds},
                       {"diagnostics", diagnostics.all()}});
  } else {
    fmt::print("{}: network '{}' for {}, {}, dt {:.6g} s, {} bytes in {:.2f} s\n", output, program.name,
               program.target, runtime::nameOf(program.precision), program.dt, bytes, seconds);
  }
  return 0;
}

} // namespace

void addCompile(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CompileOptions>();
  CLI::App* verb = invocation.addVerb(app, "compile", "Compile a network for a machine",
                                      "nissl compile net.json --target cpu --precision f32 -o net.npb");
  options->import.addTo(*verb);
  verb->add_option("--target", options->target, "cpu, golgi, reference or step (default cpu)");
  verb->add_option_function<std::string>(
          "--precision",
          [options](const std::string& text) {
            options->precision = text == "f64"   ? Precision::F64
                                 : text == "f32" ? Precision::F32
                                                 : Precision::Fixed;
          },
          "f64, f32 or fixed; default: as the network is written, for golgi fixed")
      ->check(CLI::IsMember({"f64", "f32", "fixed"}));
  verb->add_option(
          "--profile", options->profileSteps,
          "fixed: steps of a float run that shows how far states without proven or declared bounds move "
          "(default 2000; 0 for none)")
      ->check(CLI::NonNegativeNumber);
  // Older processors lack fused multiply-add, with which the elementary functions are written.
  verb->add_option("--cpu", options->processors,
                   "cpu: instruction sets to make code for, with commas between them: avx2, avx512 "
                   "(default both; the best that a processor has is run)")
      ->delimiter(',')
      ->check(CLI::IsMember({"avx2", "avx512"}));
  verb->add_option("--chip", options->chip, "A chip description in JSON (golgi)");
  verb->add_option("-o,--output", options->output, "The artefact; default: NET's name with .npb");
  verb->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] { return compile(*options, invocation); };
  });
}

} // namespace nissl::driver
