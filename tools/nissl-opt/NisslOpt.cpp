// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parses, verifies and transforms IR: the compiler engineer's driver and the tool of the lit tests.
#include "compiler/pipelines/RegisterAll.h"
#include "targets/golgi/codegen/Passes.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"

int main(int argc, char** argv) {
  mlir::DialectRegistry registry;
  nissl::compiler::registerAllDialects(registry);
  nissl::compiler::registerAllPasses();
  nissl::golgi::registerGolgiPasses();
  llvm::cl::AddExtraVersionPrinter(
      [](llvm::raw_ostream& out) { out << "  Nissl version " NISSL_VERSION "\n"; });
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Nissl's modular optimizer driver\n", registry));
}
