// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A placed program as the contents of the chip's memories.
#pragma once

#include "targets/golgi/codegen/ChipProgram.h"
#include "targets/golgi/codegen/Microcode.h"
#include "targets/golgi/codegen/Placement.h"

#include <string>

namespace nissl::golgi {

/// Microcode by map and the constants they share.
struct MapCode {
  std::vector<std::vector<uint32_t>> words;
  ConstantPool pool;
};

/// An image, or why the program does not fit this way: core, resource, wanted, available.
struct BuiltImage {
  Image image;
  std::string shortage;
  bool fits() const { return shortage.empty(); }
};

/// `initialState(cell, word)` gives the first values of a state by element.
using InitialState = std::function<const std::vector<int32_t>&(unsigned cell, unsigned word)>;

BuiltImage buildImage(const ChipProgram& program, const MapCode& code, const Placement& placement,
                      const InitialState& initialState, const ChipModel& model);

} // namespace nissl::golgi
