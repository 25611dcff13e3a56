// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In which tick of a step each map runs.
#pragma once

#include "dialects/step/StepDialect.h"

#include <optional>
#include <vector>

namespace nissl::golgi {

/// A map that becomes a program.
struct MapPlan {
  step::MapOp op;
  int64_t tick = 0;
  int64_t period = 1, offset = 0;
  llvm::SmallVector<mlir::FlatSymbolRefAttr> events; ///< by event number
};

struct Strata {
  int64_t ticksPerStep = 1;
  /// Probes see the state as this tick's maps begin; ticksPerStep: after all maps.
  int64_t sampleTick = 0;
};

/// Gives each map its tick: a tick later than a map whose events reach it within the step, and never before
/// an earlier map of the same cells. A port that maps of two ticks read is an error.
mlir::FailureOr<Strata> stratify(step::ProgramOp program, std::vector<MapPlan>& maps);

/// The map that yields an events set, and the event's number there.
std::optional<std::pair<unsigned, unsigned>> emitterOf(const std::vector<MapPlan>& maps,
                                                       llvm::StringRef events);

/// The first map that reads a port.
std::optional<unsigned> readerOf(const std::vector<MapPlan>& maps, llvm::StringRef port);

/// Whether `a` stands before `b` in the program's text, inside `step.every` or not.
bool precedes(mlir::Operation* a, mlir::Operation* b);

/// What a traversal's body yields.
inline auto writesOf(step::TraverseOp traverse) {
  return mlir::cast<step::YieldOp>(traverse.getBody().front().getTerminator())
      .getWrites()
      .getAsRange<step::WriteAttr>();
}

} // namespace nissl::golgi
