// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The random words that one step.random op owns.
#pragma once

#include "compiler/transforms/math/RealBuilder.h"

#include <string>

namespace nissl::transforms {

/// How many Philox blocks of four words a step.random op may use; op draw d owns [d * 64, d * 64 + 64).
inline constexpr int64_t drawsPerOp = 64;
/// Draws of step.random ops lie below this, as those of step.random_bits have 16 bits.
inline constexpr int64_t opDraws = (int64_t{1} << 16) / drawsPerOp;

/// Builds random words and numbers of one op at one place. `sub` numbers the op's blocks, below drawsPerOp.
class Draws {
public:
  Draws(mlir::OpBuilder& builder, mlir::Location location, llvm::StringRef stream, int64_t opDraw)
      : ops(builder), location(location), stream(stream), opDraw(opDraw) {}

  /// 32 random bits (i32), word 0 to 3 of block `sub`.
  mlir::Value word(int64_t sub, int64_t word);
  /// Uniform in [0, 1): 53 bits of words `first` and `first` + 1 in f64, 24 bits of word `first` in f32.
  Real uniform(RealBuilder& builder, int64_t sub, int64_t first);
  /// Standard normal by inversion. f64: one bit of sign and 52 of the tail's probability from two words, so
  /// magnitudes up to 8.3; f32: 1 and 31 bits of word `first`, up to 6.3.
  Real normal(RealBuilder& builder, int64_t sub, int64_t first);

private:
  mlir::Value shiftRight(mlir::Value bits, int64_t by);
  Real toReal(RealBuilder& builder, mlir::Value nonNegative);

  mlir::OpBuilder& ops;
  mlir::Location location;
  std::string stream;
  int64_t opDraw;
};

/// The z >= 0 whose upper tail has probability p in (0, 1/2]: relative error about 1e-16 in f64, 1e-7 in f32
/// (M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution, Appl. Stat. 37, 1988:
/// PPND16 and PPND7). Leaves a math.log and a math.sqrt.
Real upperNormalQuantile(Real p);

} // namespace nissl::transforms
