// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rules of a chip, which sees all its symbols. Each message is checked by a test of its own.
#pragma once

#include "dialects/golgi/GolgiDialect.h"

#include "llvm/ADT/DenseMap.h"

namespace nissl::golgi {

/// What stands in a chip, by name; symbols are looked up once.
class ChipSymbols {
public:
  explicit ChipSymbols(ChipOp chip) {
    for (mlir::Operation& op : chip.getBody().front()) {
      if (auto name = op.getAttrOfType<mlir::StringAttr>(mlir::SymbolTable::getSymbolAttrName())) {
        byName[name] = &op;
      }
    }
  }

  /// The op of this kind that `name` names; an error at `from`, which wanted `what`, where there is none.
  template <typename OpT>
  mlir::FailureOr<OpT> find(mlir::Operation* from, mlir::FlatSymbolRefAttr name, llvm::StringRef what) const {
    mlir::Operation* found = byName.lookup(name.getAttr());
    if (!found) {
      return from->emitError() << name << " is not on this chip, expected " << what;
    }
    if (auto op = mlir::dyn_cast<OpT>(found)) {
      return op;
    }
    mlir::InFlightDiagnostic diagnostic = from->emitError()
                                          << name << " is a " << found->getName() << ", expected " << what;
    diagnostic.attachNote(found->getLoc()) << "declared here";
    return mlir::failure();
  }

private:
  llvm::DenseMap<mlir::StringAttr, mlir::Operation*> byName;
};

/// The rules of one program's head and instructions.
mlir::LogicalResult verifyProgram(ProgramOp program, ChipOp chip, const ChipSymbols& symbols);

} // namespace nissl::golgi
