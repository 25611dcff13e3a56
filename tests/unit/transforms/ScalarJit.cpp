// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/unit/transforms/ScalarJit.h"
#include "compiler/transforms/Passes.h"
#include "dialects/step/StepDialect.h"
#include "runtime/support/Random.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/ThreadSafeModule.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/TargetSelect.h"

#include <mutex>
#include <stdexcept>

using namespace mlir;

namespace nissl::transforms::tests {
namespace {

template <typename T>
T take(llvm::Expected<T> value, const char* what) {
  if (!value) {
    throw std::runtime_error(std::string(what) + ": " + llvm::toString(value.takeError()));
  }
  return std::move(*value);
}

void setUpOnce() {
  static std::once_flag done;
  std::call_once(done, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    registerTransformsPasses();
  });
}

constexpr const char* randomBitsName = "nissl_test_random_bits";

uint32_t randomBits(uint32_t stream, uint32_t draw, uint32_t word) {
  return support::philox(1, ScalarJit::step, 0, stream, draw)[word];
}

/// Lets step.random_bits call randomBits.
void lowerRandomBits(ModuleOp module) {
  OpBuilder builder(module.getBodyRegion());
  Type i32 = builder.getI32Type();
  auto callee = func::FuncOp::create(builder, module.getLoc(), randomBitsName,
                                     builder.getFunctionType({i32, i32, i32}, {i32}));
  callee.setPrivate();
  module.walk([&](step::RandomBitsOp op) {
    OpBuilder at(op);
    SmallVector<Value> operands;
    for (int64_t value :
         {int64_t{support::streamOf(op.getStream())}, int64_t(op.getDraw()), int64_t(op.getWord())}) {
      operands.push_back(arith::ConstantOp::create(at, op.getLoc(), at.getI32IntegerAttr(value)));
    }
    auto call = func::CallOp::create(at, op.getLoc(), callee, operands);
    op.replaceAllUsesWith(call.getResult(0));
    op.erase();
  });
}

} // namespace

ScalarJit::ScalarJit(const std::string& text, const std::string& pipeline) {
  setUpOnce();
  DialectRegistry registry;
  registry.insert<arith::ArithDialect, func::FuncDialect, math::MathDialect, scf::SCFDialect,
                  step::StepDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  std::string diagnostics;
  ScopedDiagnosticHandler handler(&context,
                                  [&](Diagnostic& diagnostic) { diagnostics += diagnostic.str() + "\n"; });

  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module) {
    throw std::runtime_error("parsing failed: " + diagnostics + text);
  }
  PassManager own(&context, ModuleOp::getOperationName());
  if (failed(parsePassPipeline(pipeline, own, llvm::nulls())) || failed(own.run(*module))) {
    throw std::runtime_error("pipeline " + pipeline + " failed: " + diagnostics);
  }
  llvm::raw_string_ostream(expandedText) << *module;

  lowerRandomBits(*module);
  PassManager lowering(&context);
  lowering.addPass(createSCFToControlFlowPass());
  lowering.addPass(createConvertMathToLLVMPass());
  lowering.addPass(createArithToLLVMConversionPass());
  lowering.addPass(createConvertControlFlowToLLVMPass());
  lowering.addPass(createConvertFuncToLLVMPass());
  lowering.addPass(createReconcileUnrealizedCastsPass());
  if (failed(lowering.run(*module))) {
    throw std::runtime_error("lowering failed: " + diagnostics);
  }
  auto llvmContext = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> llvmModule = translateModuleToLLVMIR(*module, *llvmContext);
  if (!llvmModule) {
    throw std::runtime_error("translation failed: " + diagnostics);
  }
  auto machine = take(llvm::orc::JITTargetMachineBuilder::detectHost(), "this machine");
  jit = take(llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(machine)).create(), "the JIT");
  llvm::orc::SymbolMap symbols;
  symbols[jit->mangleAndIntern(randomBitsName)] = {llvm::orc::ExecutorAddr::fromPtr(&randomBits),
                                                   llvm::JITSymbolFlags::Exported |
                                                       llvm::JITSymbolFlags::Callable};
  if (llvm::Error error = jit->getMainJITDylib().define(llvm::orc::absoluteSymbols(std::move(symbols)))) {
    throw std::runtime_error("defining the random words: " + llvm::toString(std::move(error)));
  }
  if (llvm::Error error =
          jit->addIRModule(llvm::orc::ThreadSafeModule(std::move(llvmModule), std::move(llvmContext)))) {
    throw std::runtime_error("adding the module: " + llvm::toString(std::move(error)));
  }
}

void* ScalarJit::address(const std::string& name) {
  return take(jit->lookup(name), name.c_str()).toPtr<void*>();
}

} // namespace nissl::transforms::tests
