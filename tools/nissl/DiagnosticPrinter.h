// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "compiler/import/Diagnostic.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include <nlohmann/json.hpp>

#include <string>

namespace nissl::driver {

/// While it lives, prints what the compiler says to standard error as "file:line:col: error[NS0123]: …" with
/// the source line underlined, and keeps it for --json. A message that begins with a code ("NS0123: …",
/// "error[NS0123]: …") keeps it; others get the code of the present stage.
class DiagnosticPrinter {
public:
  explicit DiagnosticPrinter(mlir::MLIRContext* context);
  /// The code of what is said from now on.
  void setStage(std::string code) { stage = std::move(code); }
  /// What an importer says, which has its own code and excerpt.
  void add(const import::Diagnostic& diagnostic);
  bool hasErrors() const { return errors != 0; }
  /// [{severity, code, file, line, column, message, notes}]
  const nlohmann::ordered_json& all() const { return list; }

private:
  void take(mlir::Diagnostic& diagnostic);

  std::string stage;
  unsigned errors = 0;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace nissl::driver
