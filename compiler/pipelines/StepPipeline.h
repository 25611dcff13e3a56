// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a network, or a step program as written, to a step program that every target takes.
#pragma once

#include "runtime/program/Program.h"

#include "dialects/step/StepDialect.h"
#include "mlir/Pass/PassManager.h"

#include <string>

namespace nissl::compiler {

/// The precision in which `program` is written: f64 if any of its values is, else f32 if any is, else fixed
/// if any has fraction bits, else f64.
program::Precision precisionOf(step::ProgramOp program);

/// Says why a program written in `from` cannot be compiled in `to`; empty where it can.
std::string refusePrecision(program::Precision from, program::Precision to);

/// Adds the passes that replace a neuro.network by its step.program in f64.
void buildNeuroPipeline(mlir::OpPassManager& manager);

/// Whether formulas of floats may be computed in equal forms that cost less (`step-simplify-math`): those of
/// a network say what is meant, a step program that somebody wrote says which operations.
enum class Formulas : uint8_t { AsWritten, Simplified };

/// Adds the passes after which a program written in `from` is in the precision `to`, draws random words only
/// and calls no function that is not exact. Needs `refusePrecision` to be empty.
void buildStepPipeline(mlir::OpPassManager& manager, program::Precision from, program::Precision to,
                       Formulas formulas = Formulas::AsWritten);

} // namespace nissl::compiler
