// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ranges of everything that a program declares, proven for all time.
#pragma once

#include "compiler/transforms/fixed/BodyRanges.h"
#include "dialects/step/StepDialect.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace nissl::transforms {

/// Where a range comes from.
enum class RangeSource {
  Proven,   ///< holds for every input within its bounds
  Declared, ///< the attribute `bounds = [low, high]`: values beyond saturate
  Profiled, ///< the attribute `range = [low, high]` of a profiling run, twice as wide: values beyond
            ///< saturate; where nothing is proven, or something much wider
};

struct DeclaredRange {
  Interval range;
  RangeSource source = RangeSource::Proven;
};

/// Interval analysis of a program's setup and step to a fixed point: a set of ranges that the step maps into
/// itself. A state with `bounds` or `range` is taken to stay within; an input must have one.
class ProgramRanges {
public:
  /// Errors name each input without bounds, each float state whose range does not settle and each whose
  /// initial values lie outside its declared bounds.
  static mlir::FailureOr<ProgramRanges> analyse(step::ProgramOp program);

  /// Of a state, port, input or array of numbers.
  DeclaredRange of(llvm::StringRef symbol) const { return declared.lookup(symbol); }
  /// Of a map or traversal.
  const BodyRanges& body(mlir::Operation* action) const { return bodies.find(action)->second; }

private:
  explicit ProgramRanges(step::ProgramOp program) : program(program) {}

  mlir::LogicalResult declare();
  mlir::LogicalResult refuseStartsOutside();
  void runSetup();
  void proveProfiled();
  void settle();
  bool isSettled() const;
  mlir::LogicalResult refuseEndless();
  void narrow();
  void moveEnd(llvm::StringRef name, double Interval::* end);
  llvm::StringMap<Interval> next(bool fromSetup, llvm::StringRef only = {});
  void addReduction(step::ReduceOp reduce, llvm::StringMap<Interval>& result);
  BodyRanges evaluate(mlir::Operation* action);
  bool isFree(llvm::StringRef symbol) const;

  step::ProgramOp program;
  llvm::SmallVector<mlir::Operation*> actions; // maps, traversals and reductions of the step
  llvm::StringMap<DeclaredRange> declared;
  llvm::StringMap<Interval> afterSetup;
  llvm::MapVector<mlir::Operation*, BodyRanges> bodies;
};

/// The largest number of synapses of `table` that end at one target cell, known from the rule alone.
double largestIndegree(step::SynapsesOp table, step::ProgramOp program);

} // namespace nissl::transforms
