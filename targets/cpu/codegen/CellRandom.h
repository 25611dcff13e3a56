// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random words of a map. Cells share Philox blocks (runtime/support/Random.h), so words are made for some
// cells at once, before the loop over these cells that reads them.
#pragma once

#include "dialects/step/StepDialect.h"
#include "targets/cpu/codegen/BodyLowering.h"

#include <map>
#include <tuple>

namespace nissl::cpu {

class CellRandom {
public:
  /// Of a map's or a traversal's body; none of the latter, whose synapses have blocks of their own.
  explicit CellRandom(mlir::Operation* op);
  bool empty() const { return places.empty(); }
  /// How many cells are filled at once: a multiple of 64, from a multiple of 64 on.
  int64_t chunk() const;

  /// Emits the buffer, in a function's entry block.
  void allocate(mlir::OpBuilder& builder, mlir::Location loc);
  /// Emits what fills it for the cells from `begin` to `end` (i64), a chunk at most. `extent` is the number
  /// of all cells.
  void fill(mlir::OpBuilder& builder, mlir::Location loc, const BodyPosition& position, mlir::Value begin,
            mlir::Value end, int64_t extent);
  /// Emits the read of an op's word for `cell`.
  mlir::Value read(mlir::OpBuilder& builder, step::RandomBitsOp op, mlir::Value cell) const;

private:
  using Word = std::tuple<mlir::StringRef, int64_t, int64_t>; ///< stream, draw, word
  static Word wordOf(step::RandomBitsOp op) { return {op.getStream(), op.getDraw(), op.getWord()}; }
  mlir::Value addressOf(mlir::OpBuilder& builder, mlir::Location loc, int64_t place, mlir::Value index) const;

  std::map<Word, int64_t> places; ///< of each word's chunk in the buffer
  mlir::Value buffer, first;
};

} // namespace nissl::cpu
