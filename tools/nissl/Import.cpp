// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/nissl/Import.h"

#include "compiler/import/json/JsonImport.h"
#include "compiler/import/nir/NirToStep.h"
#include "dialects/neuro/NeuroDialect.h"
#include "dialects/step/StepDialect.h"
#include "runtime/session/Duration.h"
#include "runtime/support/Error.h"

#include "mlir/Parser/Parser.h"

#include <filesystem>
#include <map>
#include <vector>

using namespace mlir;

namespace nissl::driver {

using support::Error;

namespace {

/// Says on the context what the file's check found, and converts it where that is no error.
OwningOpRef<ModuleOp> importNirFile(const ImportOptions& options, MLIRContext& context) {
  std::unique_ptr<nir::NirReport> report = nir::checkNir(options.file, options.nirOptions());
  Location location = FileLineColLoc::get(&context, options.file, 0, 0);
  for (const nir::NirProblem& problem : report->problems.all()) {
    std::string text = nir::codeText(problem.code) + ": " + nir::messageText(problem);
    switch (problem.severity) {
    case nir::NirSeverity::error:
      emitError(location, text);
      break;
    case nir::NirSeverity::warning:
      emitWarning(location, text);
      break;
    case nir::NirSeverity::note:
      emitRemark(location, text);
      break;
    }
  }
  return report->ok() ? nir::toStep(context, *report) : nullptr;
}

OwningOpRef<ModuleOp> importJsonFile(const ImportOptions& options, MLIRContext& context,
                                     DiagnosticPrinter& diagnostics) {
  import::DiagnosticList messages;
  import::JsonOptions jsonOptions;
  jsonOptions.searchPaths = options.searchPaths;
  OwningOpRef<ModuleOp> module = import::importJson(context, options.file, messages, jsonOptions);
  for (const import::Diagnostic& message : messages.all()) {
    diagnostics.add(message);
  }
  return module;
}

/// Lets a neuro network take the seed and dt of the command line.
void applyOptions(ModuleOp module, const ImportOptions& options, ImportedNetwork& network) {
  Builder builder(module.getContext());
  auto networks = module.getOps<neuro::NetworkOp>();
  if (networks.empty() && !options.dt.empty() && formatOf(options.file) == NetworkFormat::Mlir) {
    throw Error::usage("NS0912", "--dt {}: '{}' is a step program, which has its own dt", options.dt,
                       options.file);
  }
  for (neuro::NetworkOp op : networks) {
    if (!options.dt.empty()) {
      op.setDtAttr(builder.getF64FloatAttr(runtime::parseSeconds(options.dt)));
    }
    network.seed = static_cast<uint64_t>(op.getSeed());
  }
  if (options.seed) {
    network.seed = *options.seed;
  }
}

} // namespace

void ImportOptions::addTo(CLI::App& verb) {
  verb.add_option("NET", file, "A network: .json (a description), .nir, or .mlir (neuro or step)")
      ->required();
  verb.add_option("--dt", dt, "Time step, e.g. 0.1ms; default: the network's");
  verb.add_option("--seed", seed, "Seed of the structure (connectivity, parameters, initial values)");
  verb.add_option("-I,--import-path", searchPaths, "Where a .json description's imports are looked for")
      ->allow_extra_args(false);
  verb.add_option("--nir-time-unit", nir.timeUnit, "Unit of a .nir file's time constants (default s)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, nir::NirTimeUnit>{
          {"s", nir::NirTimeUnit::seconds}, {"ms", nir::NirTimeUnit::milliseconds}}));
  verb.add_option("--nir-reset", nir.reset, "What a spike does to the potential (default to_value)")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, nir::NirReset>{{"to_value", nir::NirReset::toValue},
                                               {"subtract", nir::NirReset::subtract},
                                               {"subtract_snntorch", nir::NirReset::subtractSnntorch}}));
  verb.add_option("--nir-spikes", nir.spikes, "What a spike is worth: the value 1 for a step, or a pulse")
      ->transform(CLI::CheckedTransformer(std::map<std::string, nir::NirSpikes>{
          {"sample", nir::NirSpikes::sample}, {"delta", nir::NirSpikes::delta}}));
  verb.add_option(
          "--nir-inputs", nirInputs,
          "What the host gives an Input: any value, or 0 and 1 (default graded; in fixed point spikes)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, nir::NirInputs>{
          {"graded", nir::NirInputs::graded}, {"spikes", nir::NirInputs::spikes}}));
  verb.add_option("--nir-alignment", nir.alignment, "When a layer sees the one before it (default same_step)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, nir::NirAlignment>{
          {"same_step", nir::NirAlignment::sameStep}, {"pipelined", nir::NirAlignment::pipelined}}));
  auto bounds = [&verb](const char* name, std::optional<std::pair<double, double>>& into, const char* text) {
    verb.add_option_function<std::vector<double>>(
            name, [&into](const std::vector<double>& values) { into = std::pair(values[0], values[1]); },
            text)
        ->expected(2)
        ->type_name("LOW HIGH");
  };
  bounds("--nir-input-bounds", nir.inputBounds, "Range of an Input's values, which fixed point needs");
  bounds("--nir-voltage-bounds", nir.voltageBounds, "Range of potentials, where fixed point finds no proof");
  verb.add_flag("--nir-record-voltage", nir.recordVoltage, "Probe every neuron's potential");
}

nir::NirOptions ImportOptions::nirOptions() const {
  nir::NirOptions options = nir;
  if (!dt.empty()) {
    options.dt = runtime::parseSeconds(dt);
  }
  bool spikes = prefersSpikeInputs && !nir.inputBounds;
  options.inputs = nirInputs.value_or(spikes ? nir::NirInputs::spikes : nir::NirInputs::graded);
  return options;
}

NetworkFormat formatOf(const std::string& file) {
  static const std::map<std::string, NetworkFormat> formats{
      {".json", NetworkFormat::Json}, {".nir", NetworkFormat::Nir}, {".mlir", NetworkFormat::Mlir}};
  auto format = formats.find(std::filesystem::path(file).extension().string());
  if (format == formats.end()) {
    throw Error::usage("NS0910", "'{}': unknown kind of network; expected .json, .nir or .mlir", file);
  }
  if (!std::filesystem::is_regular_file(file)) {
    throw Error::input("NS0911", "there is no file '{}'", file);
  }
  return format->second;
}

ImportedNetwork importNetwork(const ImportOptions& options, MLIRContext& context,
                              DiagnosticPrinter& diagnostics) {
  ImportedNetwork network;
  switch (formatOf(options.file)) {
  case NetworkFormat::Mlir:
    network.module = parseSourceFile<ModuleOp>(options.file, &context);
    break;
  case NetworkFormat::Nir:
    network.module = importNirFile(options, context);
    break;
  case NetworkFormat::Json:
    network.module = importJsonFile(options, context, diagnostics);
    break;
  }
  if (network.module) {
    applyOptions(*network.module, options, network);
  }
  return network;
}

} // namespace nissl::driver
