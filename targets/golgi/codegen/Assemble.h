// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs as instruction words, with the constants and tables that they name.
#pragma once

#include "dialects/golgi/GolgiDialect.h"
#include "dialects/step/StepDialect.h"
#include "targets/golgi/emulator/Image.h"

#include "llvm/ADT/StringMap.h"

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

struct Microcode {
  std::vector<std::vector<uint32_t>> programs; ///< in the order of the chip's text
  ConstantPool pool;
};

/// The words of all programs of a chip whose registers are allocated; tables are arrays of `program`. Throws
/// support::Error where a number does not fit its field.
Microcode assemble(ChipOp chip, step::ProgramOp program);

} // namespace nissl::golgi
