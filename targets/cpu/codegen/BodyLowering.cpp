// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/BodyLowering.h"

#include "dialects/step/StepDialect.h"
#include "runtime/support/Random.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nissl::step;

namespace nissl::cpu {
namespace {

class Lowering {
public:
  Lowering(OpBuilder& builder, Location loc, const BodyPosition& position)
      : builder(builder), loc(loc), position(position) {}

  Value index(IndexOp op) {
    switch (op.getKind()) {
    case IndexKind::Element:
      return narrow(position.element);
    case IndexKind::Pre:
      return narrow(position.pre);
    case IndexKind::Post:
      return narrow(position.post);
    case IndexKind::Ordinal:
      return narrow(position.ordinal);
    case IndexKind::Synapse:
      return position.synapse;
    }
    return {};
  }

  /// Philox4x32-10 (Salmon et al. 2011); the counter is packed as runtime/support/Random.h says.
  /// Words are the low halves of 64 bits, whatever the high ones hold: so a product needs no conversion, and
  /// vectors multiply such halves by one instruction.
  std::array<Value, 4> philox(Value entity, uint32_t stream, uint32_t draw) {
    Value low16 = shiftLeft(andi(entity, 0xffff), 16);
    std::array<Value, 4> counter = {
        position.step, ori(andi(shiftRight(position.step, 32), 0xffff), low16),
        ori(andi(shiftRight(entity, 16), 0xffffff), constant((uint64_t{stream} & 0xff) << 24, 64)),
        constant(((stream >> 8) & 0xffff) | draw << 16, 64)};
    Value key0 = position.seed, key1 = shiftRight(position.seed, 32);
    auto product = [&](Value word, uint32_t factor) {
      return arith::MulIOp::create(builder, loc, andi(word, 0xffffffffu), constant(factor, 64)).getResult();
    };
    for (int round = 0; round < 10; ++round) {
      if (round > 0) {
        key0 = arith::AddIOp::create(builder, loc, key0, constant(0x9E3779B9u, 64));
        key1 = arith::AddIOp::create(builder, loc, key1, constant(0xBB67AE85u, 64));
      }
      Value product0 = product(counter[0], 0xD2511F53u), product1 = product(counter[2], 0xCD9E8D57u);
      Value next0 = xori(shiftRight(product1, 32), xori(counter[1], key0));
      Value next2 = xori(shiftRight(product0, 32), xori(counter[3], key1));
      counter[0] = next0;
      counter[1] = product1;
      counter[2] = next2;
      counter[3] = product0;
    }
    return counter;
  }

  Value randomBits(RandomBitsOp op) {
    uint32_t stream = support::streamOf(std::string_view(op.getStream()));
    return narrow(philox(position.entity, stream, static_cast<uint32_t>(op.getDraw()))[op.getWord()]);
  }

  Value mulq(MulQOp op, Value lhs, Value rhs) {
    Value product = arith::MulIOp::create(builder, loc, extendSigned(lhs), extendSigned(rhs));
    uint64_t shift = op.getShift();
    Value quotient = product;
    if (shift > 0) { // add half minus one, and one more where the quotient is odd: rounds half to even
      Value odd = andi(shiftRight(product, shift), 1);
      Value bias = arith::AddIOp::create(builder, loc, constant((uint64_t{1} << (shift - 1)) - 1, 64), odd);
      // No overflow: |product| <= 2^62 and the bias is at most 2^61.
      quotient = arith::ShRSIOp::create(builder, loc, arith::AddIOp::create(builder, loc, product, bias),
                                        constant(shift, 64));
    }
    quotient = arith::MaxSIOp::create(builder, loc, quotient,
                                      constant(static_cast<uint64_t>(int64_t{INT32_MIN}), 64));
    quotient = arith::MinSIOp::create(builder, loc, quotient, constant(INT32_MAX, 64));
    return narrow(quotient);
  }

private:
  Value constant(uint64_t value, unsigned width) {
    Type type = builder.getIntegerType(width);
    return arith::ConstantOp::create(builder, loc,
                                     builder.getIntegerAttr(type, APInt(width, value, false, true)));
  }
  Value narrow(Value wide) { return arith::TruncIOp::create(builder, loc, builder.getI32Type(), wide); }
  Value extendSigned(Value narrow) {
    return arith::ExtSIOp::create(builder, loc, builder.getI64Type(), narrow);
  }
  Value andi(Value value, uint64_t mask) {
    return arith::AndIOp::create(builder, loc, value, constant(mask, 64));
  }
  Value ori(Value a, Value b) { return arith::OrIOp::create(builder, loc, a, b); }
  Value xori(Value a, Value b) { return arith::XOrIOp::create(builder, loc, a, b); }
  Value shiftLeft(Value value, uint64_t n) {
    return arith::ShLIOp::create(builder, loc, value, constant(n, 64));
  }
  Value shiftRight(Value value, uint64_t n) {
    return arith::ShRUIOp::create(builder, loc, value, constant(n, 64));
  }

  OpBuilder& builder;
  Location loc;
  const BodyPosition& position;
};

} // namespace

std::array<Value, 4> philox(OpBuilder& builder, Location loc, const BodyPosition& position, Value entity,
                            StringRef stream, int64_t draw) {
  return Lowering(builder, loc, position)
      .philox(entity, support::streamOf(std::string_view(stream)), static_cast<uint32_t>(draw));
}

bool lowerStepOp(Operation& op, OpBuilder& builder, const BodyPosition& position, IRMapping& mapping) {
  Lowering lowering(builder, op.getLoc(), position);
  Value result =
      TypeSwitch<Operation*, Value>(&op)
          .Case<IndexOp>([&](IndexOp index) { return lowering.index(index); })
          .Case<NowOp>([&](NowOp) { return position.step; })
          .Case<RandomBitsOp>([&](RandomBitsOp random) { return lowering.randomBits(random); })
          .Case<MulQOp>([&](MulQOp mulq) {
            return lowering.mulq(mulq, mapping.lookup(mulq.getLhs()), mapping.lookup(mulq.getRhs()));
          })
          .Case<arith::FPToSIOp>([&](arith::FPToSIOp convert) -> Value {
            // Saturates, and NaN gives 0: arith.fptosi alone leaves both undefined.
            Value in = mapping.lookup(convert.getIn());
            unsigned to = convert.getType().getIntOrFloatBitWidth(),
                     from = in.getType().getIntOrFloatBitWidth();
            std::string name = "llvm.fptosi.sat.i" + std::to_string(to) + ".f" + std::to_string(from);
            return LLVM::CallIntrinsicOp::create(builder, op.getLoc(), convert.getType(),
                                                 builder.getStringAttr(name), ValueRange{in})
                .getResult(0);
          })
          .Default([](Operation*) { return Value(); });
  if (!result) {
    return false;
  }
  mapping.map(op.getResult(0), result);
  return true;
}

} // namespace nissl::cpu
