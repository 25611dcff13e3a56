// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ports to which nothing is ever added but one constant. Arrivals there can be counted in a byte per cell,
// which is an eighth of a sum in f64: cells that are more than a cache holds move so much less memory.
#pragma once

#include "dialects/step/StepDialect.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace nissl::cpu {

class CountedPorts {
public:
  explicit CountedPorts(step::ProgramOp program);

  /// What is added to a port, or null where arrivals cannot be counted.
  mlir::FloatAttr unitOf(llvm::StringRef port) const { return units.lookup(port); }
  /// Whether a map or traversal of the schedule reads or adds to such a port.
  bool concern(mlir::Operation* op) const;

private:
  llvm::StringMap<mlir::FloatAttr> units;
};

} // namespace nissl::cpu
