// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One step program twice, in floats and in fixed point, each evaluated by the step interpreter's bodies.
#pragma once

#include "compiler/transforms/fixed/ProgramRanges.h"
#include "targets/reference/step/Body.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <optional>
#include <string>

namespace nissl::transforms::tests {

/// Parses a program with one step.map outside its setup. Throws std::runtime_error with the diagnostics.
class FixedTwin {
public:
  explicit FixedTwin(const std::string& text);

  using Numbers = std::map<std::string, double>;

  /// What the float body yields for what it reads; events are 0 or 1, integer states their number.
  Numbers runFloat(const Numbers& reads, uint64_t step = 0);
  /// What the fixed body yields, as numbers. Reads are rounded to their formats.
  Numbers runFixed(const Numbers& reads, uint64_t step = 0);

  /// The number nearest to `value` in the fixed format of a state or input.
  double rounded(const std::string& symbol, double value);
  double unit(const std::string& symbol);
  Interval range(const std::string& symbol) { return ranges->of(symbol).range; }
  /// The largest magnitude that any value of the float body can have.
  double largestValue();

private:
  struct Side {
    mlir::OwningOpRef<mlir::ModuleOp> module;
    mlir::Operation* map = nullptr;
    std::map<std::string, std::vector<reference::Bits>> arrays;
    std::optional<reference::Body> body;
  };
  void prepare(Side& side, const std::string& pipeline);
  Numbers run(Side& side, const Numbers& reads, uint64_t step);

  mlir::MLIRContext context;
  std::string diagnostics;
  std::optional<ProgramRanges> ranges;
  Side original, floats, fixed; // `original` keeps what `ranges` refers to
};

} // namespace nissl::transforms::tests
