// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integer ops that do fixed-point arithmetic at one place of a body.
#pragma once

#include "mlir/IR/Builders.h"

#include <map>

namespace nissl::transforms {

/// An i32 that stands for value * 2^-fraction.
struct FixedNumber {
  mlir::Value value;
  int fraction;
};

enum class Rounding { Down, Up, HalfEven };

/// Builds at the insertion point of `builder`; constants once, at the start of `block`. What drops bits
/// rounds half to even.
class FixedArithmetic {
public:
  FixedArithmetic(mlir::OpBuilder& builder, mlir::Block& block, mlir::Location blockLocation)
      : ops(builder), block(block), blockLocation(blockLocation) {}

  mlir::Value constant(int32_t value);
  /// A number rounded to `fraction` bits, modulo 2^32.
  mlir::Value wrapped(double number, int fraction);
  /// A number rounded to `fraction` bits, or the end of the format beyond which it lies.
  mlir::Value clamped(double number, int fraction);
  /// A number rounded to `bits` bits in all and to at most `fraction` of fraction, with `fraction` bits.
  mlir::Value weight(double number, int bits, int fraction);

  /// Changes the fraction bits; more of them by a shift that wraps.
  mlir::Value align(mlir::Location location, FixedNumber number, int fraction);
  /// Gains up to 30 fraction bits by a step.mulq that saturates.
  mlir::Value saturate(mlir::Location location, FixedNumber number, int fraction);
  /// The value, or the end of [low, high] beyond which it lies.
  mlir::Value within(mlir::Location location, FixedNumber number, double low, double high);
  mlir::Value multiply(mlir::Location location, FixedNumber a, FixedNumber b, int fraction);
  /// By a factor of 31 bits of mantissa.
  mlir::Value multiply(mlir::Location location, FixedNumber a, double factor, int fraction);
  /// A whole number, with `fraction` bits.
  mlir::Value round(mlir::Location location, FixedNumber number, Rounding rounding, int fraction);
  /// Toward zero, to an integer of `type`.
  mlir::Value truncate(mlir::Location location, FixedNumber number, mlir::Type type);
  /// An integer of any width that is known to fit.
  mlir::Value toI32(mlir::Location location, mlir::Value integer, bool isSigned);

private:
  mlir::Value mulq(mlir::Location location, mlir::Value a, mlir::Value b, int shift);
  mlir::Value shiftRight(mlir::Location location, mlir::Value value, int by);

  mlir::OpBuilder& ops;
  mlir::Block& block;
  mlir::Location blockLocation;
  std::map<int32_t, mlir::Value> constants;
};

} // namespace nissl::transforms
