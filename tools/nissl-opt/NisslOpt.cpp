// nissl-opt: mlir-opt with Nissl's dialects and passes, for compiler engineers.
#include "dialects/step/StepDialect.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char** argv) {
  mlir::DialectRegistry registry;
  registry.insert<mlir::arith::ArithDialect, mlir::math::MathDialect, mlir::scf::SCFDialect,
                  mlir::LLVM::LLVMDialect, nissl::step::StepDialect>();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Nissl's optimizer driver\n", registry));
}
