// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The fixed-point format of everything that a program declares.
#pragma once

#include "compiler/transforms/fixed/ProgramRanges.h"

namespace nissl::transforms {

/// The largest number of fraction bits with which every value of `range` fits a signed integer of `bits`
/// bits, with room for rounding; may be negative. 30 for 0 in 32 bits.
int fractionBitsFor(Interval range, int bits = 32);

/// Fraction bits by symbol: value = i32 * 2^-bits. States, ports and inputs have 0 or more.
class Formats {
public:
  /// Weights (states of a table that only the setup writes and that a traversal adds to a port) get
  /// `weightBits` bits in all. Errors name what does not fit an i32.
  static mlir::FailureOr<Formats> choose(step::ProgramOp program, const ProgramRanges& ranges,
                                         int weightBits);

  int of(llvm::StringRef symbol) const { return bits.lookup(symbol); }
  bool isWeight(llvm::StringRef symbol) const { return weights.contains(symbol); }
  /// Bits of a weight, sign included.
  int bitsOfWeights() const { return weightBits; }

private:
  llvm::StringMap<int> bits;
  llvm::StringMap<bool> weights;
  int weightBits = 0;
};

/// A remark per state, port and input: range, its source, format, resolution; for weights the relative error.
void reportFormats(step::ProgramOp program, const ProgramRanges& ranges, const Formats& formats);

/// A remark for each state whose decay stops at more than a thousandth of its range, as a change of less than
/// half a unit rounds to nothing.
void reportDeadZones(step::ProgramOp program, const ProgramRanges& ranges, const Formats& formats);

} // namespace nissl::transforms
