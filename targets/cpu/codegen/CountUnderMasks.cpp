// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/CountUnderMasks.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PatternMatch.h"

using namespace llvm;
using namespace llvm::PatternMatch;

namespace nissl::cpu {

void countUnderMasks(Module& module) {
  for (Function& function : module) {
    for (Instruction& sum : make_early_inc_range(instructions(function))) {
      Value *count = nullptr, *condition = nullptr;
      if (!sum.getType()->isVectorTy() || !match(&sum, m_c_Add(m_ZExt(m_Value(condition)), m_Value(count))) ||
          !condition->getType()->isIntOrIntVectorTy(1)) {
        continue;
      }
      IRBuilder<> builder(&sum);
      Value* more = builder.CreateAdd(count, ConstantInt::get(count->getType(), 1));
      sum.replaceAllUsesWith(builder.CreateSelect(condition, more, count));
      sum.eraseFromParent();
    }
  }
}

} // namespace nissl::cpu
