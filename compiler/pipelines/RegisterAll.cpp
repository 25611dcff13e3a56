// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/pipelines/RegisterAll.h"

#include "compiler/conversion/Passes.h"
#include "compiler/transforms/Passes.h"
#include "dialects/golgi/GolgiDialect.h"
#include "dialects/neuro/NeuroDialect.h"
#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Transforms/Passes.h"

void nissl::compiler::registerAllDialects(mlir::DialectRegistry& registry) {
  registry.insert<nissl::golgi::GolgiDialect, nissl::neuro::NeuroDialect, nissl::step::StepDialect>();
  registry.insert<mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::LLVM::LLVMDialect,
                  mlir::math::MathDialect, mlir::memref::MemRefDialect, mlir::scf::SCFDialect,
                  mlir::vector::VectorDialect>();
}

void nissl::compiler::registerAllPasses() {
  nissl::conversion::registerConversionPasses();
  nissl::transforms::registerTransformsPasses();
  mlir::registerTransformsPasses();
  mlir::arith::registerArithPasses();
}
