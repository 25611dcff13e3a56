// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Replaces step.random by step.random_bits, arith and math ops; see Passes.td.
// Needs results in f32 or f64 and draws below 1024. Afterwards random words are the only source of chance.
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/random/Distributions.h"
#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

#include <fmt/format.h>

using namespace mlir;

namespace nissl::transforms {

#define GEN_PASS_DEF_EXPANDRANDOM
#include "compiler/transforms/Passes.h.inc"

namespace {

std::optional<double> constantOf(Value value) {
  APFloat constant(0.0);
  if (!value || !matchPattern(value, m_ConstantFloat(&constant))) {
    return std::nullopt;
  }
  return constant.convertToDouble();
}

LogicalResult verifyParameter(step::RandomOp op, std::optional<double> known) {
  bool gamma = op.getDistribution() == step::Distribution::Gamma;
  if (!known || (std::isfinite(*known) && (gamma ? *known > 0 : *known >= 0))) {
    return success();
  }
  return op.emitError() << "'" << stringifyDistribution(op.getDistribution()) << "' needs a "
                        << (gamma ? "positive shape" : "mean of 0 or more") << ", found "
                        << fmt::format("{:g}", *known);
}

FailureOr<Value> poisson(step::RandomOp op, RealBuilder& builder, Draws& draws, std::optional<double> known) {
  if (known && *known > 2e9) {
    return op.emitError() << "a Poisson mean of " << static_cast<int64_t>(*known)
                          << " does not fit an i32 count";
  }
  if (!known || *known > largestComparedMean) {
    return expandPoisson(builder, draws, builder.wrap(op.getParameter()), known);
  }
  PoissonChain chain = poissonChain(*known);
  op.emitRemark() << "poisson of mean " << fmt::format("{:g}", *known) << " in '" << op.getStream()
                  << "' takes " << chain.thresholds.size() << " comparisons of " << chain.bits
                  << " bits; counts above " << chain.certain + chain.thresholds.size() << " have probability "
                  << fmt::format("{:.1e}", chain.leftOut) << " and never occur";
  return expandPoissonChain(builder.ops, builder.location, draws, chain);
}

FailureOr<Value> expand(step::RandomOp op, RealBuilder& builder, Draws& draws) {
  std::optional<double> known = constantOf(op.getParameter());
  if (failed(verifyParameter(op, known))) {
    return failure();
  }
  switch (op.getDistribution()) {
  case step::Distribution::Uniform:
    return draws.uniform(builder, 0, 0).value;
  case step::Distribution::Normal:
    return draws.normal(builder, 0, 0).value;
  case step::Distribution::Exponential:
    return expandExponential(builder, draws).value;
  case step::Distribution::Gamma: {
    Real shape = builder.wrap(op.getParameter());
    if (op.getParameter().getType() != op.getType()) {
      return op.emitError() << "needs a shape of the result's type " << op.getType() << ", found "
                            << op.getParameter().getType();
    }
    return expandGamma(builder, draws, shape).value;
  }
  case step::Distribution::Poisson:
    return poisson(op, builder, draws, known);
  }
  llvm_unreachable("every distribution has an expansion");
}

struct ExpandRandom : impl::ExpandRandomBase<ExpandRandom> {
  void runOnOperation() override {
    SmallVector<step::RandomOp> ops;
    getOperation()->walk([&](step::RandomOp op) { ops.push_back(op); });
    bool failed = false;
    for (step::RandomOp op : ops) {
      failed |= mlir::failed(replace(op));
    }
    if (failed) {
      signalPassFailure();
    }
  }

  LogicalResult replace(step::RandomOp op) {
    Type type = op.getParameter() ? op.getParameter().getType() : op.getType();
    if (!RealBuilder::supports(type)) {
      return op.emitError("draws in f32 and f64 only, found ") << type << ": draw in f32 and cast";
    }
    if (static_cast<uint64_t>(op.getDraw()) >= static_cast<uint64_t>(opDraws)) {
      return op.emitError("draws are numbered 0 to ")
             << opDraws - 1 << " within a stream, found " << op.getDraw() << ": use a stream of another name";
    }
    OpBuilder ops(op);
    RealBuilder builder(ops, op.getLoc(), cast<FloatType>(type));
    Draws draws(ops, op.getLoc(), op.getStream(), op.getDraw());
    FailureOr<Value> result = expand(op, builder, draws);
    if (failed(result)) {
      return failure();
    }
    op.replaceAllUsesWith(*result);
    op.erase();
    ++expanded;
    return success();
  }
};

} // namespace
} // namespace nissl::transforms
