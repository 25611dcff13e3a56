// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The body of a step.map or step.traverse under construction: reads become arguments, writes one yield.
#pragma once

#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace nissl::conversion {

class BodyWriter {
public:
  /// `op` is a map or traversal without reads and with an empty region.
  explicit BodyWriter(mlir::Operation* op);

  /// The value of a state, port or input; equal reads share an argument. `at` as in #step.read.
  mlir::Value read(llvm::StringRef source, mlir::Type type, step::ReadRole role = step::ReadRole::Own,
                   int64_t lag = step::ReadAttr::noLag, llvm::StringRef at = {});
  mlir::Value real(llvm::StringRef source, step::ReadRole role = step::ReadRole::Own,
                   int64_t lag = step::ReadAttr::noLag) {
    return read(source, build.getF64Type(), role, lag);
  }

  mlir::Value constant(double value);
  mlir::Value constant(int32_t value);
  mlir::Value truth(bool value);

  // Arithmetic that folds what is constant. A null operand of add, subtract and multiply is an exact zero.
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value subtract(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, mlir::Value b);
  mlir::Value divide(mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value condition, mlir::Value yes, mlir::Value no);
  mlir::Value both(mlir::Value a, mlir::Value b);   ///< null is true
  mlir::Value either(mlir::Value a, mlir::Value b); ///< null is false
  mlir::Value negate(mlir::Value condition);
  mlir::Value isPositive(mlir::Value count); ///< of an i32
  mlir::Value equals(mlir::Value count, int32_t value);
  /// A duration in seconds as a number of steps: i32, rounding half up, at least 0.
  mlir::Value steps(mlir::Value seconds, double dt);
  /// `begin` <= position < `end`, where position is an i32.
  mlir::Value inside(mlir::Value position, int64_t begin, int64_t end);

  template <typename OpT, typename... Args>
  mlir::Value make(Args&&... args) {
    return build.createOrFold<OpT>(std::forward<Args>(args)...);
  }
  /// Copies `op` with its operands replaced by `map`; a constant result is folded, save that
  /// of a function that is not exact.
  mlir::Value clone(mlir::Operation& op, mlir::IRMapping& map);

  void writeState(llvm::StringRef target, mlir::Value value) {
    write(target, step::WriteKind::State, value, {});
  }
  void writeEvent(llvm::StringRef target, mlir::Value value) {
    write(target, step::WriteKind::Event, value, {});
  }
  /// `delay`: steps after the present one, an i32; null where it goes to the present slot.
  void writePort(llvm::StringRef target, mlir::Value value, mlir::Value delay = {}) {
    write(target, step::WriteKind::Port, value, delay);
  }
  /// What an argument of the body reads.
  step::ReadAttr readOf(mlir::BlockArgument argument) const {
    return mlir::cast<step::ReadAttr>(reads[argument.getArgNumber()]);
  }
  bool writesNothing() const { return writes.empty(); }

  /// Sets the reads and yields the writes; nothing may be added afterwards.
  void finish();
  mlir::Operation* operation() const { return op; }

  mlir::ImplicitLocOpBuilder build; ///< inserts at the end of the body

private:
  void write(llvm::StringRef target, step::WriteKind kind, mlir::Value value, mlir::Value delay);

  mlir::Operation* op;
  mlir::Block* block;
  llvm::SmallVector<mlir::Attribute> reads, writes;
  llvm::SmallVector<mlir::Value> values, delays;
};

} // namespace nissl::conversion
