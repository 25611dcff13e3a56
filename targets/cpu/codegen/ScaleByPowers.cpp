// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/ScaleByPowers.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PatternMatch.h"

using namespace llvm;
using namespace llvm::PatternMatch;

namespace nissl::cpu {
namespace {

struct Format {
  explicit Format(const fltSemantics& semantics)
      : mantissa(APFloat::semanticsPrecision(semantics) - 1), bias(APFloat::semanticsMaxExponent(semantics)),
        magic(scalbn(APFloat(semantics, "1.5"), static_cast<int>(mantissa), APFloat::rmNearestTiesToEven)) {}
  unsigned mantissa;
  int bias;
  APFloat magic; ///< 1.5 * 2^mantissa: what is added to it is rounded to an integer, which its last bits show
};

/// 2^exponent, made from its bits.
template <typename Exponent>
auto powerOfTwo(const Format& format, const Exponent& exponent) {
  return m_BitCast(m_Shl(m_Add(exponent, m_SpecificInt(format.bias)), m_SpecificInt(format.mantissa)));
}

/// Whether `value` is rounded from 1 + x or 1 + x * y: zero or no subnormal, as such a sum is a multiple of
/// the last place of 1, or of a product's last place next to 1.
bool isOnePlus(Value* value) {
  return match(value, m_FAdd(m_Value(), m_SpecificFP(1))) ||
         match(value, m_Intrinsic<Intrinsic::fma>(m_Value(), m_Value(), m_SpecificFP(1)));
}

/// Whether `value` is not a number where `cause` is none.
bool passesNan(Value* value, Value* cause, SmallPtrSetImpl<Value*>& seen) {
  if (value == cause) {
    return true;
  }
  if (!seen.insert(value).second) {
    return false;
  }
  auto* instruction = dyn_cast<Instruction>(value);
  bool passes =
      instruction && (isa<BinaryOperator>(instruction) || instruction->getOpcode() == Instruction::FNeg ||
                      match(instruction, m_Intrinsic<Intrinsic::fma>()));
  return passes && instruction->getType()->isFloatingPointTy() &&
         any_of(instruction->operands(), [&](Use& operand) { return passesNan(operand, cause, seen); });
}

/// How large `value` can be where it is a number: what it was clamped between, infinite where it was not.
double boundOf(Value* value) {
  Value *low = nullptr, *high = nullptr, *below = nullptr, *any = nullptr;
  bool clamped = match(value, m_Select(m_SpecificCmp(FCmpInst::FCMP_OLT, m_Value(below), m_Value(low)),
                                       m_Deferred(low), m_Deferred(below))) &&
                 match(below, m_Select(m_SpecificCmp(FCmpInst::FCMP_OGT, m_Value(any), m_Value(high)),
                                       m_Deferred(high), m_Deferred(any)));
  const APFloat *lowest = nullptr, *highest = nullptr;
  if (!clamped || !match(low, m_APFloat(lowest)) || !match(high, m_APFloat(highest))) {
    return std::numeric_limits<double>::infinity();
  }
  return std::max(abs(*lowest).convertToDouble(), abs(*highest).convertToDouble());
}

/// Whether `exponent` is so small that both powers of two are normal, or `value` not a number.
bool isInRange(Value* exponent, Value* value, const Format& format) {
  Value *shifted = nullptr, *number = nullptr;
  if (!match(exponent, m_Sub(m_BitCast(m_Value(shifted)), m_SpecificInt(format.magic.bitcastToAPInt())))) {
    return false;
  }
  const APFloat *added = nullptr, *factor = nullptr;
  double largest = 1;
  if (match(shifted, m_Intrinsic<Intrinsic::fma>(m_Value(number), m_APFloat(factor), m_APFloat(added)))) {
    largest = abs(*factor).convertToDouble();
  } else if (!match(shifted, m_FAdd(m_Value(number), m_APFloat(added)))) {
    return false;
  }
  SmallPtrSet<Value*, 32> seen;
  return added->bitwiseIsEqual(format.magic) && largest * boundOf(number) + 1 < 2 * format.bias - 2 &&
         passesNan(value, number, seen);
}

} // namespace

void scaleByPowers(Module& module) {
  for (Function& function : module) {
    for (Instruction& product : instructions(function)) {
      if (!product.getType()->isDoubleTy() && !product.getType()->isFloatTy()) {
        continue;
      }
      Format format(product.getType()->getFltSemantics());
      Value *value = nullptr, *exponent = nullptr;
      auto half = powerOfTwo(format, m_AShr(m_Value(exponent), m_SpecificInt(1)));
      auto sameHalf = m_AShr(m_Deferred(exponent), m_SpecificInt(1));
      auto otherHalf = powerOfTwo(format, m_Sub(m_Deferred(exponent), sameHalf));
      if (!match(&product, m_FMul(m_FMul(m_Value(value), half), otherHalf)) || !isOnePlus(value) ||
          !isInRange(exponent, value, format)) {
        continue;
      }
      IRBuilder<> builder(&product);
      Value* scaled = builder.CreateIntrinsic(Intrinsic::ldexp, {value->getType(), exponent->getType()},
                                              {value, exponent});
      product.replaceAllUsesWith(scaled);
    }
  }
}

} // namespace nissl::cpu
