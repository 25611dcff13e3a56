// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Builds the body of a step.map or step.traverse: reads become arguments, writes become one yield.
#pragma once

#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace nissl::nir {

class StepBody {
public:
  /// `op` is a map or traversal without reads and with an empty region.
  explicit StepBody(mlir::Operation* op);

  /// The value of a state, port or input; each is read once.
  mlir::Value read(llvm::StringRef source, mlir::Type type, step::ReadRole role = step::ReadRole::Own,
                   int64_t lag = step::ReadAttr::noLag);
  mlir::Value constant(double value);
  mlir::Value constant(int32_t value);

  void writeState(llvm::StringRef target, mlir::Value value) { write(target, step::WriteKind::State, value); }
  void writeEvent(llvm::StringRef target, mlir::Value value) { write(target, step::WriteKind::Event, value); }
  void writePort(llvm::StringRef target, mlir::Value value) { write(target, step::WriteKind::Port, value); }

  /// Sets the reads and yields the writes; nothing may be added afterwards.
  void finish();

  mlir::ImplicitLocOpBuilder build; ///< inserts at the end of the body

private:
  void write(llvm::StringRef target, step::WriteKind kind, mlir::Value value);

  mlir::Operation* op;
  mlir::Block* block;
  llvm::SmallVector<mlir::Attribute> reads, writes;
  llvm::SmallVector<mlir::Value> values;
};

} // namespace nissl::nir
