// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A map's body as microcode: one pass over the SSA ops, 16 registers, values that do not fit spilled to
// words of the cell's state.
#pragma once

#include "targets/golgi/codegen/ChipProgram.h"
#include "targets/golgi/emulator/Image.h"

namespace nissl::golgi {

/// Constants and tables, the same on every core.
struct ConstantPool {
  std::vector<int32_t> constants;
  std::vector<LutEntry> lut;
  std::vector<LutTable> tables;
  llvm::StringMap<unsigned> tableOf;

  /// The place of one value, or of two that stand side by side.
  unsigned place(int32_t value);
  unsigned placePair(int32_t first, int32_t second);
};

/// The code of `map`. Raises the cell's spill words where needed. An op that the chip has no instruction for
/// is an error at the op.
mlir::FailureOr<std::vector<uint32_t>> generateMicrocode(const MapPlan& map, CellLayout& cell,
                                                         const ChipProgram& program, ConstantPool& pool);

} // namespace nissl::golgi
