// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/ShareKernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"

#include <map>

using namespace mlir;

namespace nissl::cpu {
namespace {

/// A constant where an operation uses it. Constants are compared by use: one body may use a value twice where
/// another has two.
struct ConstantUse {
  OpOperand* use;
  TypedAttr value;
};

/// The bits of a number of at most eight bytes, as memory has them.
uint64_t bitsOf(TypedAttr value) {
  if (auto real = dyn_cast<FloatAttr>(value)) {
    return real.getValue().bitcastToAPInt().getZExtValue();
  }
  return cast<IntegerAttr>(value).getValue().getZExtValue();
}

/// A number that a kernel can read from memory.
bool isNumber(Type type) { return type.isF64() || type.isF32() || type.isInteger(32) || type.isInteger(64); }

/// A function's operations, types and uses of values as a list of numbers, without the values of constants:
/// two functions with the same list differ in their constants at most.
class Outline {
public:
  explicit Outline(LLVM::LLVMFuncOp function) {
    add(function.getFunctionType());
    add(function.getArgAttrsAttr());
    add(function.getBody());
  }

  std::vector<const void*> list;
  std::vector<ConstantUse> constants;

private:
  void add(const void* item) { list.push_back(item); }
  void add(uintptr_t number) { list.push_back(reinterpret_cast<const void*>(number)); }
  void add(Type type) { add(type.getAsOpaquePointer()); }
  void add(Attribute attribute) { add(attribute.getAsOpaquePointer()); }
  void define(Value value) {
    numbers.try_emplace(value, numbers.size());
    add(value.getType());
  }

  void add(Region& region) {
    add(static_cast<uintptr_t>(region.getBlocks().size()));
    for (Block& block : region) {
      llvm::for_each(block.getArguments(), [&](Value argument) { define(argument); });
      for (Operation& op : block) {
        if (auto constant = dyn_cast<arith::ConstantOp>(op); !constant || !isNumber(constant.getType())) {
          add(op);
        }
      }
    }
  }

  void add(Operation& op) {
    add(op.getName().getAsOpaquePointer());
    for (NamedAttribute named : op.getAttrs()) {
      add(named.getName());
      // An access group is one of its own per function.
      Attribute value = named.getValue();
      if (auto memory = dyn_cast<LLVM::AccessGroupOpInterface>(op);
          memory && value == memory.getAccessGroupsOrNull()) {
        add(static_cast<uintptr_t>(groupNumber.try_emplace(value, groupNumber.size()).first->second));
      } else {
        add(value);
      }
    }
    add(static_cast<uintptr_t>(op.getNumOperands()));
    for (OpOperand& operand : op.getOpOperands()) {
      auto constant = operand.get().getDefiningOp<arith::ConstantOp>();
      if (constant && isNumber(constant.getType())) {
        constants.push_back({&operand, constant.getValue()});
        add(constant.getType());
      } else {
        add(static_cast<uintptr_t>(numbers.lookup(operand.get())));
      }
    }
    add(static_cast<uintptr_t>(op.getNumResults()));
    llvm::for_each(op.getResults(), [&](Value result) { define(result); });
    llvm::for_each(op.getRegions(), [&](Region& region) { add(region); });
  }

  llvm::DenseMap<Value, size_t> numbers;
  llvm::DenseMap<Attribute, size_t> groupNumber;
};

/// The function that a kernel's exported one calls, which has the loop.
LLVM::LLVMFuncOp bodyOf(ModuleOp module, const program::Kernel& kernel) {
  return module.lookupSymbol<LLVM::LLVMFuncOp>(kernel.name + "_body");
}

/// Members of a group in ascending order; the first one's function stays.
void share(Kernels& kernels, const std::vector<program::Index>& group, const std::vector<Outline>& outlines) {
  const Outline& kept = outlines[group.front()];
  LLVM::LLVMFuncOp function = bodyOf(*kernels.module, kernels.kernels[group.front()]);
  Value table = function.getArguments().back();
  OpBuilder builder(function.getContext());
  Block& entry = function.getBody().front();
  builder.setInsertionPointToStart(&entry);
  std::map<std::vector<uint64_t>, Value> arguments; ///< by the values of all members
  for (size_t c = 0; c < kept.constants.size(); ++c) {
    std::vector<uint64_t> values;
    for (program::Index member : group) {
      values.push_back(bitsOf(outlines[member].constants[c].value));
    }
    if (llvm::all_equal(values)) {
      continue;
    }
    OpOperand* use = kept.constants[c].use;
    Type type = use->get().getType();
    auto [place, isNew] = arguments.try_emplace(values);
    if (isNew) {
      for (auto [member, value] : llvm::zip_equal(group, values)) {
        kernels.kernels[member].constants.push_back(value);
      }
      int64_t position = static_cast<int64_t>(arguments.size()) - 1;
      Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
      Value address = LLVM::GEPOp::create(builder, function.getLoc(), pointer, builder.getI64Type(), table,
                                          ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(position)});
      place->second = LLVM::LoadOp::create(builder, function.getLoc(), builder.getI64Type(), address);
    }
    Value bits = place->second;
    OpBuilder::InsertionGuard guard(builder);
    if (type.getIntOrFloatBitWidth() < 64) {
      bits = arith::TruncIOp::create(builder, function.getLoc(), builder.getI32Type(), bits);
    }
    use->set(isa<FloatType>(type)
                 ? arith::BitcastOp::create(builder, function.getLoc(), type, bits).getResult()
                 : bits);
  }
}

} // namespace

void shareKernels(Kernels& kernels) {
  std::vector<Outline> outlines;
  std::map<std::vector<const void*>, std::vector<program::Index>> groups;
  for (auto [i, kernel] : llvm::enumerate(kernels.kernels)) {
    const Outline& outline = outlines.emplace_back(bodyOf(*kernels.module, kernel));
    groups[outline.list].push_back(static_cast<program::Index>(i));
  }
  // Which are alike does not depend on where things lie in memory; the order of the groups would.
  std::vector<std::vector<program::Index>> ordered;
  for (auto& [outline, group] : groups) {
    ordered.push_back(std::move(group));
  }
  llvm::sort(ordered);
  for (const std::vector<program::Index>& group : ordered) {
    if (group.size() > 1) {
      share(kernels, group, outlines);
    }
    for (program::Index member : group) {
      kernels.codeOf[member] = group.front();
      if (member != group.front()) {
        kernels.module->lookupSymbol<LLVM::LLVMFuncOp>(kernels.kernels[member].name).erase();
        bodyOf(*kernels.module, kernels.kernels[member]).erase();
      }
    }
  }
}

} // namespace nissl::cpu
