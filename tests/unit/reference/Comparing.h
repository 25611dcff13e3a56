// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Descriptions compiled for the step interpreter and held against what they, or others, mean.
#pragma once

#include "compiler/pipelines/StepPipeline.h"
#include "targets/reference/neuro/TeacherForced.h"
#include "targets/reference/step/StepDevice.h"
#include "targets/reference/step/StepTarget.h"
#include "tests/unit/import/Descriptions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Pass/PassManager.h"

#include <fmt/format.h>

namespace nissl::reference::test {

/// Runs `source` on the step interpreter and compares each step with what `meaning` says.
inline Comparison compareModules(import::test::Imported& source, import::test::Imported& meaning,
                                 int64_t steps, program::Precision precision = program::Precision::F64,
                                 std::function<double(const std::string&, int64_t, int64_t)> input = {}) {
  source.context->loadDialect<step::StepDialect, mlir::arith::ArithDialect, mlir::math::MathDialect>();
  mlir::OwningOpRef<mlir::ModuleOp> module = source.module->clone();
  mlir::PassManager manager(source.context.get());
  compiler::buildNeuroPipeline(manager);
  compiler::buildStepPipeline(manager, program::Precision::F64, precision, compiler::Formulas::Simplified);
  std::unique_ptr<compiler::Target> target = createStepTarget();
  REQUIRE(mlir::succeeded(manager.run(*module)));
  program::Program program;
  program.precision = precision;
  program.structureSeed = 1;
  REQUIRE(mlir::succeeded(target->emit(*module->getOps<step::ProgramOp>().begin(), {}, program)));
  std::unique_ptr<runtime::Device> device = createStepDevice();
  ComparisonOptions options;
  options.steps = steps;
  options.input = std::move(input);
  return compare(meaning.network(), *device, program, options);
}

/// Runs `compiled` on the step interpreter and compares each step with what `meant` says.
inline Comparison compareNetworks(const std::string& compiled, const std::string& meant, int64_t steps,
                                  program::Precision precision = program::Precision::F64,
                                  std::function<double(const std::string&, int64_t, int64_t)> input = {}) {
  import::test::Imported source = import::test::importRight(compiled),
                         meaning = import::test::importRight(meant);
  return compareModules(source, meaning, steps, precision, std::move(input));
}

} // namespace nissl::reference::test
