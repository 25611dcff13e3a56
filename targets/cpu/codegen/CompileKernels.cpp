// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/CompileKernels.h"

#include "targets/cpu/codegen/CountUnderMasks.h"
#include "targets/cpu/codegen/FlatImage.h"
#include "targets/cpu/codegen/ScaleByPowers.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

#include <future>

using namespace mlir;

namespace nissl::cpu {
namespace {

constexpr llvm::StringLiteral triple = "x86_64-unknown-linux-gnu";
// Eight loads take less time than one gather (README).
constexpr llvm::StringLiteral features = "+prefer-no-gather,+prefer-no-scatter";

std::unique_ptr<llvm::TargetMachine> createMachine(llvm::StringRef isa, unsigned optimization) {
  static const bool initialized = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    return true;
  }();
  (void)initialized;
  llvm::Triple parsed(triple);
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(parsed, error);
  if (!target) {
    return nullptr;
  }
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(parsed, isa, features, options, llvm::Reloc::PIC_, llvm::CodeModel::Small,
                                  *llvm::CodeGenOpt::getLevel(static_cast<int>(optimization))));
}

bool hasAvx512(llvm::StringRef isa) { return isa == "x86-64-v4"; }

void setAttributes(llvm::Module& module, llvm::StringRef isa) {
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) {
      continue;
    }
    function.addFnAttr(llvm::Attribute::NoUnwind);
    function.addFnAttr("no-builtins"); // no memset or memcpy: nothing is there to call
    if (hasAvx512(isa)) {
      function.addFnAttr("prefer-vector-width", "512"); // LLVM would choose 256
    }
  }
}

void optimize(llvm::Module& module, llvm::TargetMachine& machine, unsigned optimization) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder passes(&machine);
  llvm::TargetLibraryInfoImpl library(module.getTargetTriple());
  library.disableAllFunctions();
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(components);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, components, modules);
  using Level = llvm::OptimizationLevel;
  static const Level levels[] = {Level::O0, Level::O1, Level::O2, Level::O3};
  passes.buildPerModuleDefaultPipeline(levels[optimization]).run(module, modules);
}

/// The object file, empty where the target cannot emit one.
llvm::SmallVector<char, 0> emitObject(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager emitter;
  if (machine.addPassesToEmitFile(emitter, stream, nullptr, llvm::CodeGenFileType::ObjectFile)) {
    return {};
  }
  emitter.run(module);
  return object;
}

} // namespace

/// Tells LLVM that the iterations of a loop do not meet whose stores are of an access group.
static void annotateIndependentLoops(ModuleOp kernels) {
  kernels.walk([](LLVM::StoreOp store) {
    auto back = dyn_cast<LLVM::BrOp>(store->getBlock()->getTerminator());
    if (!store.getAccessGroupsAttr() || !back) {
      return;
    }
    auto group = cast<LLVM::AccessGroupAttr>(store.getAccessGroupsAttr()[0]);
    back.setLoopAnnotationAttr(LLVM::LoopAnnotationAttr::get(store.getContext(), {}, {}, {}, {}, {}, {}, {},
                                                             {}, {}, {}, {}, {}, {}, {}, group));
  });
}

LogicalResult lowerKernels(ModuleOp kernels) {
  PassManager manager(kernels.getContext());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertMathToLLVMPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  if (failed(manager.run(kernels))) {
    return failure();
  }
  annotateIndependentLoops(kernels);
  return success();
}

/// Optimises and encodes `module` for the machine's instruction set.
static llvm::Expected<FlatImage> encode(llvm::Module& module, llvm::TargetMachine& machine,
                                        unsigned optimization) {
  module.setTargetTriple(llvm::Triple(triple));
  module.setDataLayout(machine.createDataLayout());
  setAttributes(module, machine.getTargetCPU());
  if (hasAvx512(machine.getTargetCPU())) {
    scaleByPowers(module);
  }
  optimize(module, machine, optimization);
  if (hasAvx512(machine.getTargetCPU())) {
    countUnderMasks(module);
  }
  llvm::SmallVector<char, 0> object = emitObject(module, machine);
  return flatten(llvm::MemoryBufferRef({object.data(), object.size()}, "kernels.o"));
}

FailureOr<std::vector<program::CodeVariant>> compileKernels(const Kernels& kernels,
                                                            llvm::ArrayRef<std::string> isas,
                                                            unsigned optimization, const KernelCache& cache) {
  ModuleOp module = *kernels.module;
  registerBuiltinDialectTranslation(*module.getContext());
  registerLLVMDialectTranslation(*module.getContext());
  std::vector<std::string> keys;
  std::vector<std::optional<FlatImage>> known;
  std::vector<std::future<llvm::Expected<FlatImage>>> images;
  for (const std::string& isa : isas) {
    auto context = std::make_unique<llvm::LLVMContext>();
    std::unique_ptr<llvm::Module> llvmModule = translateModuleToLLVMIR(module, *context);
    std::unique_ptr<llvm::TargetMachine> machine = createMachine(isa, optimization);
    if (!llvmModule || !machine) {
      return module.emitError() << "this build of LLVM cannot make code for " << isa;
    }
    keys.push_back(
        cache.keyOf(*llvmModule, llvm::formatv("{0} {1} {2} O{3}", triple, isa, features, optimization)));
    known.push_back(cache.find(keys.back()));
    if (known.back()) {
      images.emplace_back();
      continue;
    }
    images.push_back(
        std::async(std::launch::async,
                   [=, context = std::move(context), code = std::move(llvmModule),
                    machine = std::move(machine)] { return encode(*code, *machine, optimization); }));
  }
  std::vector<program::CodeVariant> variants;
  for (auto [isa, key, image, future] : llvm::zip_equal(isas, keys, known, images)) {
    if (!image) {
      llvm::Expected<FlatImage> made = future.get();
      if (!made) {
        return module.emitError() << llvm::toString(made.takeError());
      }
      image = std::move(*made);
      cache.keep(key, *image);
    }
    program::CodeVariant& variant = variants.emplace_back();
    variant.isa = isa;
    variant.code = std::move(image->bytes);
    for (program::Index code : kernels.codeOf) {
      variant.kernelOffset.push_back(image->exports.lookup(kernels.kernels[code].name));
    }
  }
  return variants;
}

} // namespace nissl::cpu
