// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/FixedDraws.h"
#include "compiler/transforms/random/Draws.h"
#include "compiler/transforms/random/NormalTable.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace nissl::transforms {

Value FixedDraws::uniform(step::RandomOp op, int fraction) {
  Draws draws(ops, op.getLoc(), op.getStream(), op.getDraw());
  int bits = std::clamp(fraction, 1, 30);
  Value number = arith::ShRUIOp::create(ops, op.getLoc(), draws.word(0, 0), arithmetic.constant(32 - bits));
  return arithmetic.align(op.getLoc(), {number, bits}, fraction);
}

/// The table of normal quantiles, once in the program.
FlatSymbolRefAttr FixedDraws::normalTable(step::RandomOp op) {
  auto program = op->getParentOfType<step::ProgramOp>();
  StringAttr name = ops.getStringAttr(".normal");
  if (llvm::none_of(program.getOps<step::ArrayOp>(),
                    [&](step::ArrayOp array) { return array.getSymNameAttr() == name; })) {
    OpBuilder::InsertionGuard guard(ops);
    ops.setInsertionPointToStart(&program.getBody().front());
    std::vector<int32_t> values = normalQuantiles();
    auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, ops.getI32Type());
    auto elements = DenseElementsAttr::get(type, ArrayRef(values));
    step::ArrayOp::create(ops, op.getLoc(), name, cast<ElementsAttr>(elements));
  }
  return FlatSymbolRefAttr::get(name);
}

/// Bit 0 of a random word is the sign, the rest a tail probability, whose quantile is looked up.
Value FixedDraws::normal(step::RandomOp op, int fraction) {
  Location location = op.getLoc();
  Draws draws(ops, location, op.getStream(), op.getDraw());
  Value word = draws.word(0, 0);
  Value tail = arith::ShRUIOp::create(ops, location, word, arithmetic.constant(1));
  FixedFunctions::Normalised normalised = functions.normalise(location, tail);
  tail = normalised.mantissa;
  Value octave = arith::SubIOp::create(ops, location, arithmetic.constant(31), normalised.shift);
  constexpr int rest = 30 - normalMantissaBits;
  constexpr int32_t mantissas = (1 << normalMantissaBits) - 1;
  Value within = arith::AndIOp::create(ops, location,
                                       arith::ShRUIOp::create(ops, location, tail, arithmetic.constant(rest)),
                                       arithmetic.constant(mantissas));
  Value first = arith::ShLIOp::create(ops, location, octave, arithmetic.constant(normalMantissaBits));
  Value index = arith::AddIOp::create(ops, location, first, within);
  Value next = arith::AddIOp::create(ops, location, index, arithmetic.constant(1));
  FlatSymbolRefAttr table = normalTable(op);
  Value here = step::LookupOp::create(ops, location, ops.getI32Type(), table, index);
  Value there = step::LookupOp::create(ops, location, ops.getI32Type(), table, next);
  Value x = arith::AndIOp::create(ops, location, tail, arithmetic.constant((1 << rest) - 1));
  Value slope = arith::SubIOp::create(ops, location, there, here);
  Value size = arith::AddIOp::create(
      ops, location, here, arithmetic.multiply(location, FixedNumber{slope, 0}, FixedNumber{x, rest}, 0));
  Value negative = arith::SubIOp::create(ops, location, arithmetic.constant(0), size);
  Value sign = arith::AndIOp::create(ops, location, word, arithmetic.constant(1));
  Value isNegative =
      arith::CmpIOp::create(ops, location, arith::CmpIPredicate::ne, sign, arithmetic.constant(0));
  Value number = arith::SelectOp::create(ops, location, isNegative, negative, size);
  return arithmetic.align(location, {number, normalFraction}, fraction);
}

} // namespace nissl::transforms
