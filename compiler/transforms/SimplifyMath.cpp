// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes formulas in forms that cost less; see Passes.td.
// Folds nothing: upstream folds functions of constants with the host's library, whose bits differ from ours.
#include "compiler/transforms/Formulas.h"
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/math/Expansions.h"
#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace nissl::transforms {

#define GEN_PASS_DEF_SIMPLIFYMATH
#include "compiler/transforms/Passes.h.inc"

namespace {

bool isInSetup(Operation* op) { return op->getParentOfType<step::SetupOp>() != nullptr; }

RealBuilder builderAt(PatternRewriter& rewriter, Operation* op) {
  return {rewriter, op->getLoc(), cast<FloatType>(op->getResult(0).getType())};
}

template <typename Op>
struct CountedPattern : OpRewritePattern<Op> {
  CountedPattern(MLIRContext* context, Pass::Statistic& count)
      : OpRewritePattern<Op>(context), count(count) {}

  LogicalResult replace(PatternRewriter& rewriter, Op op, Value result) const {
    rewriter.replaceOp(op, result);
    ++count;
    return success();
  }

private:
  Pass::Statistic& count;
};

struct DivideByConstant : CountedPattern<arith::DivFOp> {
  using CountedPattern::CountedPattern;

  LogicalResult matchAndRewrite(arith::DivFOp division, PatternRewriter& rewriter) const override {
    APFloat divisor(0.0);
    if (isInSetup(division) || !matchPattern(division.getRhs(), m_ConstantFloat(&divisor)) ||
        matchPattern(division.getLhs(), m_Constant())) {
      return rewriter.notifyMatchFailure(division, "is no quotient of a variable by a constant");
    }
    APFloat reciprocal(divisor.getSemantics(), 1);
    reciprocal.divide(divisor, APFloat::rmNearestTiesToEven);
    if (!divisor.isNormal() || !reciprocal.isNormal()) {
      return rewriter.notifyMatchFailure(division, "the reciprocal is no normal number");
    }
    Value factor = arith::ConstantOp::create(rewriter, division.getLoc(),
                                             rewriter.getFloatAttr(division.getType(), reciprocal));
    return replace(rewriter, division,
                   arith::MulFOp::create(rewriter, division.getLoc(), division.getLhs(), factor));
  }
};

struct DivideByExprel : CountedPattern<arith::DivFOp> {
  using CountedPattern::CountedPattern;

  LogicalResult matchAndRewrite(arith::DivFOp division, PatternRewriter& rewriter) const override {
    auto exprel = division.getRhs().getDefiningOp<arith::SelectOp>();
    Value x = exprel && exprel->hasOneUse() && !isInSetup(division) ? guardedExprelArgument(exprel) : Value();
    if (!x) {
      return rewriter.notifyMatchFailure(division, "is no quotient by an exprel that nothing else uses");
    }
    RealBuilder b = builderAt(rewriter, division);
    return replace(rewriter, division, expandOverExprel(b.wrap(division.getLhs()), b.wrap(x)).value);
  }
};

/// exprel(x), or the gain expm1(s h) / s of exponential Euler.
struct GuardedRise : CountedPattern<arith::SelectOp> {
  using CountedPattern::CountedPattern;

  LogicalResult matchAndRewrite(arith::SelectOp guarded, PatternRewriter& rewriter) const override {
    Value x = isInSetup(guarded) ? Value() : guardedExprelArgument(guarded);
    Value exponent = x || isInSetup(guarded) ? x : guardedGainArgument(guarded);
    if (!exponent) {
      return rewriter.notifyMatchFailure(guarded, "is neither exprel(x) nor expm1(s h) / s");
    }
    RealBuilder b = builderAt(rewriter, guarded);
    Value divisor = guarded.getFalseValue().getDefiningOp<arith::DivFOp>().getRhs();
    Real limit = x ? b.real(1) : b.wrap(guarded.getTrueValue());
    return replace(rewriter, guarded, expandRiseOver(b.wrap(exponent), b.wrap(divisor), limit).value);
  }
};

struct ExpPlus1 : CountedPattern<arith::AddFOp> {
  using CountedPattern::CountedPattern;

  LogicalResult matchAndRewrite(arith::AddFOp sum, PatternRewriter& rewriter) const override {
    Value rest = isInSetup(sum) ? Value() : besides<arith::AddFOp>(sum, 1);
    auto exp = rest ? rest.getDefiningOp<math::ExpOp>() : math::ExpOp();
    if (!exp || !exp->hasOneUse()) {
      return rewriter.notifyMatchFailure(sum, "is not 1 + an exp that nothing else uses");
    }
    RealBuilder b = builderAt(rewriter, sum);
    return replace(rewriter, sum, expandExpPlus1(b.wrap(exp.getOperand())).value);
  }
};

struct ExponentialEuler : CountedPattern<arith::AddFOp> {
  using CountedPattern::CountedPattern;

  LogicalResult matchAndRewrite(arith::AddFOp sum, PatternRewriter& rewriter) const override {
    auto decayed = sum.getLhs().getDefiningOp<arith::MulFOp>();
    auto gained = sum.getRhs().getDefiningOp<arith::MulFOp>();
    auto decay = decayed ? decayed.getLhs().getDefiningOp<math::ExpOp>() : math::ExpOp();
    auto gain = gained ? gained.getLhs().getDefiningOp<arith::SelectOp>() : arith::SelectOp();
    if (!decay || !gain || isInSetup(sum) || guardedGainArgument(gain) != decay.getOperand()) {
      return rewriter.notifyMatchFailure(sum, "is not exp(s h) * v + (expm1(s h) / s) * c");
    }
    Value old = decayed.getRhs(), slope = gain.getFalseValue().getDefiningOp<arith::DivFOp>().getRhs();
    Location location = sum.getLoc();
    Value rate = arith::AddFOp::create(
        rewriter, location, arith::MulFOp::create(rewriter, location, slope, old), gained.getRhs());
    Value change = arith::MulFOp::create(rewriter, location, gain, rate);
    return replace(rewriter, sum, arith::AddFOp::create(rewriter, location, old, change));
  }
};

struct SimplifyMath : impl::SimplifyMathBase<SimplifyMath> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    // An exprel has a quotient by a constant, by which it is recognised.
    patterns.add<DivideByExprel, ExponentialEuler>(&getContext(), simplified);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
    // What contains others is recognised by them.
    RewritePatternSet parts(&getContext());
    parts.add<GuardedRise, ExpPlus1>(&getContext(), simplified);
    walkAndApplyPatterns(getOperation(), std::move(parts));
    RewritePatternSet quotients(&getContext());
    quotients.add<DivideByConstant>(&getContext(), simplified);
    walkAndApplyPatterns(getOperation(), std::move(quotients));
    removeUnused(getOperation());
  }
};

} // namespace
} // namespace nissl::transforms
