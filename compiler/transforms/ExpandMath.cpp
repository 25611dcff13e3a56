// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Replaces math ops by arithmetic whose bits are the same everywhere; see Passes.td.
// Needs scalar f32 or f64 operands. Afterwards only ops that IEEE 754 defines exactly remain of math.
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/math/Expansions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace nissl::transforms {

#define GEN_PASS_DEF_EXPANDMATH
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Correctly rounded by every target, so that nothing is gained by writing them out.
bool isExactOp(Operation* op) {
  return isa<math::FmaOp, math::SqrtOp, math::AbsFOp, math::CopySignOp, math::FloorOp, math::CeilOp,
             math::TruncOp, math::RoundEvenOp>(op);
}

bool needsExpansion(Operation* op) {
  return (isa_and_nonnull<math::MathDialect>(op->getDialect()) && !isExactOp(op)) || isa<arith::RemFOp>(op);
}

/// Half away from zero.
Real round(Real x) {
  RealBuilder& b = *x.builder;
  Real whole{&b, math::TruncOp::create(b.ops, b.location, x.value)};
  Real away = whole + b.copySign(b.real(1.0), x);
  // Zero and what is whole already keep their sign.
  return b.copySign(b.select(b.absolute(x - whole) >= 0.5, away, whole), x);
}

constexpr int64_t largestMultipliedPower = 4;

Real power(Real x, Real y) {
  RealBuilder& b = *x.builder;
  APFloat constant(0.0);
  if (matchPattern(y.value, m_ConstantFloat(&constant))) {
    double exponent = constant.convertToDouble();
    if (exponent == std::trunc(exponent) && std::abs(exponent) <= largestMultipliedPower) {
      return expandPowInteger(x, static_cast<int64_t>(exponent));
    }
    if (exponent == 0.5) {
      // pow(-0, 0.5) is +0, the root of -0 is -0.
      return Real{&b, math::SqrtOp::create(b.ops, b.location, x.value)} + 0.0;
    }
  }
  return expandPow(x, y);
}

/// x^n for an integer n of at most 32 bits, which f64 holds exactly.
Real power(Real x, Value n) {
  RealBuilder& b = *x.builder;
  APInt constant;
  if (matchPattern(n, m_ConstantInt(&constant)) && constant.getSignificantBits() <= 64 &&
      std::abs(constant.getSExtValue()) <= largestMultipliedPower) {
    return expandPowInteger(x, constant.getSExtValue());
  }
  RealBuilder wide(b.ops, b.location, b.ops.getF64Type());
  Real exponent{&wide, arith::SIToFPOp::create(b.ops, b.location, wide.type, n)};
  return b.isDouble() ? expandPow(x, b.wrap(exponent.value)) : narrow(b, expandPow(widen(wide, x), exponent));
}

Truth isFinite(Real x) { return x.builder->absolute(x) < x.builder->infinity(); }

/// The values that replace the op's results, or none if the op has no expansion.
SmallVector<Value, 2> expand(Operation* op, RealBuilder& b) {
  Real x = b.wrap(op->getOperand(0));
  auto second = [&] { return b.wrap(op->getOperand(1)); };
  auto one = [](auto result) { return SmallVector<Value, 2>{result.value}; };
  return TypeSwitch<Operation*, SmallVector<Value, 2>>(op)
      .Case([&](math::ExpOp) { return one(expandExp(x)); })
      .Case([&](math::Exp2Op) { return one(expandExp2(x)); })
      .Case([&](math::ExpM1Op) { return one(expandExpm1(x)); })
      .Case([&](math::LogOp) { return one(expandLog(x)); })
      .Case([&](math::Log1pOp) { return one(expandLog1p(x)); })
      .Case([&](math::Log2Op) { return one(expandLog2(x)); })
      .Case([&](math::Log10Op) { return one(expandLog10(x)); })
      .Case([&](math::PowFOp) { return one(power(x, second())); })
      .Case([&](math::FPowIOp) { return one(power(x, op->getOperand(1))); })
      .Case([&](math::SinOp) { return one(expandSin(x)); })
      .Case([&](math::CosOp) { return one(expandCos(x)); })
      .Case([&](math::SincosOp) { return SmallVector<Value, 2>{expandSin(x).value, expandCos(x).value}; })
      .Case([&](math::TanOp) { return one(expandTan(x)); })
      .Case([&](math::SinhOp) { return one(expandSinh(x)); })
      .Case([&](math::CoshOp) { return one(expandCosh(x)); })
      .Case([&](math::TanhOp) { return one(expandTanh(x)); })
      .Case([&](math::RoundOp) { return one(round(x)); })
      .Case([&](math::RsqrtOp) {
        return one(1.0 / Real{&b, math::SqrtOp::create(b.ops, b.location, x.value)});
      })
      .Case([&](math::IsNaNOp) { return one(b.isNan(x)); })
      .Case([&](math::IsInfOp) { return one(b.absolute(x) == b.infinity()); })
      .Case([&](math::IsFiniteOp) { return one(isFinite(x)); })
      .Case([&](math::IsNormalOp) {
        return one(isFinite(x) & (b.absolute(x) >= (b.isDouble() ? 0x1p-1022 : 0x1p-126)));
      })
      .Case([&](arith::RemFOp) { return one(expandRemainder(x, second())); })
      .Default([](Operation*) { return SmallVector<Value, 2>(); });
}

struct ExpandMath : impl::ExpandMathBase<ExpandMath> {
  void runOnOperation() override {
    SmallVector<Operation*> ops;
    getOperation()->walk([&](Operation* op) {
      if (needsExpansion(op)) {
        ops.push_back(op);
      }
    });
    bool failed = false;
    for (Operation* op : ops) {
      failed |= mlir::failed(replace(op));
    }
    if (failed) {
      signalPassFailure();
    }
  }

  LogicalResult replace(Operation* op) {
    Type type = op->getOperand(0).getType();
    if (!RealBuilder::supports(type)) {
      return op->emitOpError("has no expansion for operands of type ")
             << type << ": elementary functions are computed in f32 or f64 scalars; cast the operand";
    }
    if (auto powi = dyn_cast<math::FPowIOp>(op);
        powi && powi.getRhs().getType().getIntOrFloatBitWidth() > 32) {
      return op->emitOpError("has no expansion for an exponent of type ")
             << powi.getRhs().getType() << ": exponents have at most 32 bits";
    }
    OpBuilder ops(op);
    RealBuilder builder(ops, op->getLoc(), cast<FloatType>(type));
    SmallVector<Value, 2> results = expand(op, builder);
    if (results.empty()) {
      return op->emitOpError(
          "has no expansion into arithmetic yet: write it with exp, log, pow, sin, cos, tan, "
          "sinh, cosh, tanh or sqrt");
    }
    op->replaceAllUsesWith(results);
    op->erase();
    ++expanded;
    return success();
  }
};

} // namespace
} // namespace nissl::transforms
