// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Populations and sources: their declarations and setup, and what they do in a step.
#pragma once

#include "compiler/conversion/neuro_to_step/Names.h"

namespace nissl::conversion {

/// Declares extents, states, parameters and events of every population and writes their setup.
mlir::LogicalResult setUpPopulations(Lowering& lowering);
/// Sources' events and triggers, the arrivals at cells, and the main map of each population.
mlir::LogicalResult lowerSources(Lowering& lowering);
mlir::LogicalResult lowerTriggers(Lowering& lowering);
/// The on_input bodies at the start of the step, and what probes need.
mlir::LogicalResult lowerArrival(Lowering& lowering, Population& population, Phase phase);
mlir::LogicalResult lowerPopulation(Lowering& lowering, Population& population);

/// Integrates the groups of a cell in order; held variables keep their value.
mlir::LogicalResult integrateModel(Names& names, mlir::Operation* model,
                                   llvm::function_ref<bool(llvm::StringRef)> takes,
                                   llvm::function_ref<mlir::Value(llvm::StringRef)> held,
                                   mlir::Operation* remarks);
/// Detects the events of a cell in order and does what they say.
mlir::LogicalResult detectEvents(CellNames& names);
/// Whether a hold keeps the variable's value in this step; null if nothing holds it.
mlir::Value heldNow(CellNames& names, llvm::StringRef variable);
/// Advances the counters of the pulses.
void advancePulses(CellNames& names);
/// Runs the population's on_input bodies of this kind.
mlir::LogicalResult applyInputs(CellNames& names, neuro::Applies applies);

} // namespace nissl::conversion
