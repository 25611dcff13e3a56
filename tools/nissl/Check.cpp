// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/NirCheck.h"
#include "compiler/pipelines/RegisterAll.h"
#include "tools/nissl/DiagnosticPrinter.h"
#include "tools/nissl/Import.h"
#include "tools/nissl/Verb.h"

#include "mlir/IR/DialectRegistry.h"

#include <fmt/format.h>

#include <memory>

using namespace mlir;

namespace nissl::driver {

namespace {

int checkNirFile(const ImportOptions& options, const Invocation& invocation) {
  std::unique_ptr<nir::NirReport> report = nir::checkNir(options.file, options.nirOptions());
  if (invocation.json) {
    Invocation::print(nir::reportJson(*report));
  } else {
    fmt::print("{}\n", nir::reportText(*report));
  }
  return report->ok() ? 0 : 1;
}

int check(const ImportOptions& options, const Invocation& invocation) {
  if (formatOf(options.file) == NetworkFormat::Nir) {
    return checkNirFile(options, invocation);
  }
  DialectRegistry dialects;
  compiler::registerAllDialects(dialects);
  MLIRContext context(dialects, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  DiagnosticPrinter diagnostics(&context);
  diagnostics.setStage("NS0914");
  bool ok =
      static_cast<bool>(importNetwork(options, context, diagnostics).module) && !diagnostics.hasErrors();
  if (invocation.json) {
    Invocation::print({{"file", options.file}, {"ok", ok}, {"problems", diagnostics.all()}});
  } else if (ok) {
    fmt::print("{}: ok\n", options.file);
  }
  return ok ? 0 : 1;
}

} // namespace

void addCheck(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* verb = invocation.addVerb(app, "check", "List everything that is wrong with a network at once",
                                      "nissl check net.nir --json");
  options->addTo(*verb);
  verb->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] { return check(*options, invocation); };
  });
}

} // namespace nissl::driver
