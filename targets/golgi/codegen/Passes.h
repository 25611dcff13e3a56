// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The passes of the chip's code generation and their registration.
#pragma once

#include "targets/golgi/codegen/SetupValues.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace nissl::golgi {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "targets/golgi/codegen/Passes.h.inc"

/// The passes that take the tables from `setup` instead of running the setup again.
std::unique_ptr<mlir::Pass> createConvertStepToGolgi(std::string chip, std::shared_ptr<SetupValues> setup);
std::unique_ptr<mlir::Pass> createPlaceCells(std::shared_ptr<SetupValues> setup);

/// From one step.program to a golgi.chip that an image can be made of.
void buildGolgiPipeline(mlir::OpPassManager& manager, const std::string& chip,
                        std::shared_ptr<SetupValues> setup);

} // namespace nissl::golgi
