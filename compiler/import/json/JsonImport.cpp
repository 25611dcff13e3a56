// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/json/JsonImport.h"

#include "compiler/import/json/Network.h"

#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace nissl;
using namespace nissl::import;

/// What the verifier finds has slipped past the importer's own checks; it is reported where it stands in
/// the description.
static Span spanOf(Location location, const Node& root) {
  auto place = dyn_cast<FileLineColLoc>(location);
  if (!place || place.getFilename().getValue() != root.source->path()) {
    return root.span();
  }
  size_t offset = 0;
  for (size_t line = 1; line < place.getLine(); ++line) {
    offset = root.source->text().find('\n', offset) + 1;
  }
  offset += place.getColumn() - 1;
  return {root.source, offset, offset + 1};
}

OwningOpRef<ModuleOp> nissl::import::importJson(MLIRContext& context, const std::string& path,
                                                DiagnosticList& diagnostics, JsonOptions options) {
  context.loadDialect<neuro::NeuroDialect, arith::ArithDialect, math::MathDialect>();
  Library library(std::move(options), diagnostics);
  const Node* root = library.load(path);
  if (!root) {
    return nullptr;
  }
  OwningOpRef<ModuleOp> module = NetworkImporter(library, diagnostics, &context).import(*root);
  if (!module) {
    return nullptr;
  }
  ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic& found) {
    if (found.getSeverity() == DiagnosticSeverity::Error) {
      diagnostics.error(Code::Invalid, spanOf(found.getLocation(), *root), found.str());
    }
    return success();
  });
  if (failed(verify(*module)) && !diagnostics.hasErrors()) {
    diagnostics.error(Code::Invalid, root->span(), "the network is not valid");
  }
  return diagnostics.hasErrors() ? nullptr : std::move(module);
}
