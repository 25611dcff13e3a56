// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/step/Body.h"

#include "dialects/step/StepDialect.h"
#include "runtime/support/Random.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <bit>
#include <cmath>
#include <limits>

using namespace mlir;

namespace nissl::reference {
namespace {

template <typename T>
T as(Bits bits) {
  if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<float>(static_cast<uint32_t>(bits));
  } else {
    return std::bit_cast<T>(bits);
  }
}

Bits from(float value) { return std::bit_cast<uint32_t>(value); }
Bits from(double value) { return std::bit_cast<uint64_t>(value); }

/// The unsigned reading of a sign-extended integer.
uint64_t unsignedOf(Bits bits, unsigned width) {
  return width >= 64 ? bits : bits & ((uint64_t{1} << width) - 1);
}

using Evaluate = decltype(Instruction::evaluate);

/// A binary float op for f32 and f64 from one generic lambda.
template <typename F>
Evaluate floatBinary(unsigned width, F) {
  if (width == 32) {
    return [](const Instruction& i, const Bits* r, const BodyPosition&) {
      return from(F{}(as<float>(r[i.operand[0]]), as<float>(r[i.operand[1]])));
    };
  }
  return [](const Instruction& i, const Bits* r, const BodyPosition&) {
    return from(F{}(as<double>(r[i.operand[0]]), as<double>(r[i.operand[1]])));
  };
}

template <typename F>
Evaluate floatUnary(unsigned width, F) {
  if (width == 32) {
    return [](const Instruction& i, const Bits* r, const BodyPosition&) {
      return from(F{}(as<float>(r[i.operand[0]])));
    };
  }
  return [](const Instruction& i, const Bits* r, const BodyPosition&) {
    return from(F{}(as<double>(r[i.operand[0]])));
  };
}

/// A binary integer op on sign-extended values; the result is wrapped to the op's width.
template <typename F>
Evaluate signedBinary(F) {
  return [](const Instruction& i, const Bits* r, const BodyPosition&) {
    return wrap(static_cast<uint64_t>(
                    F{}(static_cast<int64_t>(r[i.operand[0]]), static_cast<int64_t>(r[i.operand[1]]))),
                i.width);
  };
}

template <typename F>
Evaluate unsignedBinary(F) {
  return [](const Instruction& i, const Bits* r, const BodyPosition&) {
    return wrap(F{}(unsignedOf(r[i.operand[0]], i.width), unsignedOf(r[i.operand[1]], i.width)), i.width);
  };
}

/// IEEE 754-2019 maximum and minimum: NaN wins, -0 < +0.
struct Maximum {
  template <typename T>
  T operator()(T a, T b) const {
    if (std::isnan(a) || std::isnan(b)) {
      return a + b;
    }
    if (a == b) {
      return std::signbit(a) ? b : a;
    }
    return a > b ? a : b;
  }
};
struct Minimum {
  template <typename T>
  T operator()(T a, T b) const {
    if (std::isnan(a) || std::isnan(b)) {
      return a + b;
    }
    if (a == b) {
      return std::signbit(a) ? a : b;
    }
    return a < b ? a : b;
  }
};

template <typename T>
bool compareFloats(arith::CmpFPredicate predicate, T a, T b) {
  using enum arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case AlwaysFalse:
    return false;
  case OEQ:
    return !unordered && a == b;
  case OGT:
    return !unordered && a > b;
  case OGE:
    return !unordered && a >= b;
  case OLT:
    return !unordered && a < b;
  case OLE:
    return !unordered && a <= b;
  case ONE:
    return !unordered && a != b;
  case ORD:
    return !unordered;
  case UEQ:
    return unordered || a == b;
  case UGT:
    return unordered || a > b;
  case UGE:
    return unordered || a >= b;
  case ULT:
    return unordered || a < b;
  case ULE:
    return unordered || a <= b;
  case UNE:
    return unordered || a != b;
  case UNO:
    return unordered;
  case AlwaysTrue:
    return true;
  }
  return false;
}

bool compareIntegers(arith::CmpIPredicate predicate, Bits left, Bits right, unsigned width) {
  using enum arith::CmpIPredicate;
  auto a = static_cast<int64_t>(left), b = static_cast<int64_t>(right);
  if (width == 1) { // an i1 of 1 is -1 in signed comparisons
    a = -a;
    b = -b;
  }
  uint64_t ua = unsignedOf(left, width), ub = unsignedOf(right, width);
  switch (predicate) {
  case eq:
    return left == right;
  case ne:
    return left != right;
  case slt:
    return a < b;
  case sle:
    return a <= b;
  case sgt:
    return a > b;
  case sge:
    return a >= b;
  case ult:
    return ua < ub;
  case ule:
    return ua <= ub;
  case ugt:
    return ua > ub;
  case uge:
    return ua >= ub;
  }
  return false;
}

/// A float to a signed integer of `width` bits, toward zero; saturates, and NaN gives 0.
template <typename T>
int64_t toInteger(T value, unsigned width) {
  if (std::isnan(value)) {
    return 0;
  }
  T limit = std::ldexp(T{1}, static_cast<int>(width) - 1);
  if (value >= limit) {
    return std::numeric_limits<int64_t>::max() >> (64 - width);
  }
  if (value < -limit) {
    return std::numeric_limits<int64_t>::min() >> (64 - width);
  }
  return static_cast<int64_t>(value);
}

Bits mulq(const Instruction& i, const Bits* r, const BodyPosition&) {
  int64_t product = static_cast<int64_t>(r[i.operand[0]]) * static_cast<int64_t>(r[i.operand[1]]);
  auto shift = static_cast<unsigned>(i.immediate);
  int64_t quotient = product >> shift;
  if (shift > 0) {
    int64_t rest = product - (quotient << shift), half = int64_t{1} << (shift - 1);
    if (rest > half || (rest == half && (quotient & 1))) {
      ++quotient;
    }
  }
  int64_t low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  return static_cast<Bits>(std::clamp(quotient, low, high));
}

/// The word that `wordOf` gives for (seed, step, entity, stream, draw, word).
template <typename WordOf>
Bits randomWord(const Instruction& i, const BodyPosition& position, WordOf wordOf) {
  auto stream = static_cast<uint32_t>(i.immediate >> 32);
  auto draw = static_cast<uint32_t>((i.immediate >> 2) & 0xffff);
  return wrap(wordOf(position.seed, position.step, position.entity, stream, draw, i.immediate & 3), 32);
}

Bits synapseBits(const Instruction& i, const Bits*, const BodyPosition& position) {
  return randomWord(i, position,
                    [](uint64_t seed, uint64_t step, uint64_t entity, uint32_t stream, uint32_t draw,
                       unsigned word) { return support::philox(seed, step, entity, stream, draw)[word]; });
}

Bits cellBits(const Instruction& i, const Bits*, const BodyPosition& position) {
  return randomWord(i, position, support::cellBits);
}

unsigned widthOf(Type type) { return type.getIntOrFloatBitWidth(); }

template <typename T>
Evaluate fromInteger(bool isSigned) {
  if (isSigned) {
    return [](const Instruction& i, const Bits* r, const BodyPosition&) {
      auto value = static_cast<int64_t>(r[i.operand[0]]);
      return from(static_cast<T>(i.fromWidth == 1 ? -value : value));
    };
  }
  return [](const Instruction& i, const Bits* r, const BodyPosition&) {
    return from(static_cast<T>(unsignedOf(r[i.operand[0]], i.fromWidth)));
  };
}

Evaluate compareFloatsOf(unsigned width) {
  if (width == 32) {
    return [](const Instruction& i, const Bits* r, const BodyPosition&) -> Bits {
      return compareFloats(static_cast<arith::CmpFPredicate>(i.immediate), as<float>(r[i.operand[0]]),
                           as<float>(r[i.operand[1]]));
    };
  }
  return [](const Instruction& i, const Bits* r, const BodyPosition&) -> Bits {
    return compareFloats(static_cast<arith::CmpFPredicate>(i.immediate), as<double>(r[i.operand[0]]),
                         as<double>(r[i.operand[1]]));
  };
}

Evaluate fmaOf(unsigned width) {
  if (width == 32) {
    return [](const Instruction& i, const Bits* r, const BodyPosition&) {
      return from(
          std::fma(as<float>(r[i.operand[0]]), as<float>(r[i.operand[1]]), as<float>(r[i.operand[2]])));
    };
  }
  return [](const Instruction& i, const Bits* r, const BodyPosition&) {
    return from(
        std::fma(as<double>(r[i.operand[0]]), as<double>(r[i.operand[1]]), as<double>(r[i.operand[2]])));
  };
}

Evaluate positionOf(step::IndexKind kind) {
  switch (kind) {
  case step::IndexKind::Element:
    return
        [](const Instruction&, const Bits*, const BodyPosition& p) { return static_cast<Bits>(p.element); };
  case step::IndexKind::Pre:
    return [](const Instruction&, const Bits*, const BodyPosition& p) { return static_cast<Bits>(p.pre); };
  case step::IndexKind::Post:
    return [](const Instruction&, const Bits*, const BodyPosition& p) { return static_cast<Bits>(p.post); };
  case step::IndexKind::Ordinal:
    return
        [](const Instruction&, const Bits*, const BodyPosition& p) { return static_cast<Bits>(p.ordinal); };
  case step::IndexKind::Synapse:
    return
        [](const Instruction&, const Bits*, const BodyPosition& p) { return static_cast<Bits>(p.synapse); };
  }
  return nullptr;
}

/// The shift count of arith's shifts; a count of the width or more is not defined there, and 0 here.
template <typename F>
Evaluate shift(F) {
  return [](const Instruction& i, const Bits* r, const BodyPosition&) -> Bits {
    uint64_t count = unsignedOf(r[i.operand[1]], i.width);
    return count >= i.width ? 0 : wrap(F{}(r[i.operand[0]], count, i.width), i.width);
  };
}

#define LAMBDA(expression) [](auto a, auto b) { return expression; }

/// The evaluation of `op`, or null where it is not understood. Fills in the instruction's immediates.
Evaluate evaluationOf(Operation& op, Instruction& i) {
  unsigned width = i.width, fromWidth = i.fromWidth;
  return TypeSwitch<Operation*, Evaluate>(&op)
      .Case<arith::AddFOp>([&](auto) { return floatBinary(width, LAMBDA(a + b)); })
      .Case<arith::SubFOp>([&](auto) { return floatBinary(width, LAMBDA(a - b)); })
      .Case<arith::MulFOp>([&](auto) { return floatBinary(width, LAMBDA(a * b)); })
      .Case<arith::DivFOp>([&](auto) { return floatBinary(width, LAMBDA(a / b)); })
      .Case<arith::MaximumFOp>([&](auto) { return floatBinary(width, Maximum{}); })
      .Case<arith::MinimumFOp>([&](auto) { return floatBinary(width, Minimum{}); })
      .Case<math::CopySignOp>([&](auto) { return floatBinary(width, LAMBDA(std::copysign(a, b))); })
      .Case<arith::NegFOp>([&](auto) { return floatUnary(width, [](auto a) { return -a; }); })
      .Case<math::AbsFOp>([&](auto) { return floatUnary(width, [](auto a) { return std::abs(a); }); })
      .Case<math::SqrtOp>([&](auto) { return floatUnary(width, [](auto a) { return std::sqrt(a); }); })
      .Case<math::FloorOp>([&](auto) { return floatUnary(width, [](auto a) { return std::floor(a); }); })
      .Case<math::CeilOp>([&](auto) { return floatUnary(width, [](auto a) { return std::ceil(a); }); })
      .Case<math::TruncOp>([&](auto) { return floatUnary(width, [](auto a) { return std::trunc(a); }); })
      .Case<math::RoundEvenOp>(
          [&](auto) { return floatUnary(width, [](auto a) { return std::nearbyint(a); }); })
      .Case<math::FmaOp>([&](auto) { return fmaOf(width); })
      .Case<arith::CmpFOp>([&](arith::CmpFOp compare) {
        i.immediate = static_cast<uint64_t>(compare.getPredicate());
        return compareFloatsOf(fromWidth);
      })
      .Case<arith::CmpIOp>([&](arith::CmpIOp compare) -> Evaluate {
        i.immediate = static_cast<uint64_t>(compare.getPredicate());
        return [](const Instruction& i, const Bits* r, const BodyPosition&) -> Bits {
          return compareIntegers(static_cast<arith::CmpIPredicate>(i.immediate), r[i.operand[0]],
                                 r[i.operand[1]], i.fromWidth);
        };
      })
      .Case<arith::SelectOp>([&](auto) -> Evaluate {
        return [](const Instruction& i, const Bits* r, const BodyPosition&) {
          return r[i.operand[0]] ? r[i.operand[1]] : r[i.operand[2]];
        };
      })
      .Case<arith::AddIOp>([&](auto) { return unsignedBinary(LAMBDA(a + b)); })
      .Case<arith::SubIOp>([&](auto) { return unsignedBinary(LAMBDA(a - b)); })
      .Case<arith::MulIOp>([&](auto) { return unsignedBinary(LAMBDA(a * b)); })
      .Case<arith::AndIOp>([&](auto) { return unsignedBinary(LAMBDA(a & b)); })
      .Case<arith::OrIOp>([&](auto) { return unsignedBinary(LAMBDA(a | b)); })
      .Case<arith::XOrIOp>([&](auto) { return unsignedBinary(LAMBDA(a ^ b)); })
      .Case<arith::MaxSIOp>([&](auto) { return signedBinary(LAMBDA(a > b ? a : b)); })
      .Case<arith::MinSIOp>([&](auto) { return signedBinary(LAMBDA(a < b ? a : b)); })
      .Case<arith::MaxUIOp>([&](auto) { return unsignedBinary(LAMBDA(a > b ? a : b)); })
      .Case<arith::MinUIOp>([&](auto) { return unsignedBinary(LAMBDA(a < b ? a : b)); })
      .Case<arith::ShLIOp>([&](auto) { return shift([](Bits a, uint64_t n, unsigned) { return a << n; }); })
      .Case<arith::ShRSIOp>([&](auto) {
        return shift(
            [](Bits a, uint64_t n, unsigned) { return static_cast<Bits>(static_cast<int64_t>(a) >> n); });
      })
      .Case<arith::ShRUIOp>([&](auto) {
        return shift([](Bits a, uint64_t n, unsigned width) { return unsignedOf(a, width) >> n; });
      })
      .Case<arith::SIToFPOp>(
          [&](auto) { return width == 32 ? fromInteger<float>(true) : fromInteger<double>(true); })
      .Case<arith::UIToFPOp>(
          [&](auto) { return width == 32 ? fromInteger<float>(false) : fromInteger<double>(false); })
      .Case<arith::FPToSIOp>([&](auto) -> Evaluate {
        return [](const Instruction& i, const Bits* r, const BodyPosition&) {
          return static_cast<Bits>(i.fromWidth == 32 ? toInteger(as<float>(r[i.operand[0]]), i.width)
                                                     : toInteger(as<double>(r[i.operand[0]]), i.width));
        };
      })
      .Case<arith::ExtFOp>([&](auto) -> Evaluate {
        return [](const Instruction& i, const Bits* r, const BodyPosition&) {
          return from(static_cast<double>(as<float>(r[i.operand[0]])));
        };
      })
      .Case<arith::TruncFOp>([&](auto) -> Evaluate {
        return [](const Instruction& i, const Bits* r, const BodyPosition&) {
          return from(static_cast<float>(as<double>(r[i.operand[0]])));
        };
      })
      .Case<arith::ExtSIOp>([&](auto) -> Evaluate {
        return [](const Instruction& i, const Bits* r, const BodyPosition&) {
          return wrap(i.fromWidth == 1 ? -r[i.operand[0]] : r[i.operand[0]], i.width);
        };
      })
      .Case<arith::ExtUIOp>([&](auto) -> Evaluate {
        return [](const Instruction& i, const Bits* r, const BodyPosition&) {
          return wrap(unsignedOf(r[i.operand[0]], i.fromWidth), i.width);
        };
      })
      .Case<arith::TruncIOp>([&](auto) -> Evaluate {
        return [](const Instruction& i, const Bits* r, const BodyPosition&) {
          return wrap(r[i.operand[0]], i.width);
        };
      })
      .Case<arith::BitcastOp>([&](arith::BitcastOp cast) -> Evaluate {
        if (isa<FloatType>(cast.getType())) {
          return [](const Instruction& i, const Bits* r, const BodyPosition&) {
            return unsignedOf(r[i.operand[0]], i.width);
          };
        }
        return [](const Instruction& i, const Bits* r, const BodyPosition&) {
          return wrap(r[i.operand[0]], i.width);
        };
      })
      .Case<step::IndexOp>([&](step::IndexOp index) { return positionOf(index.getKind()); })
      .Case<step::NowOp>([&](auto) -> Evaluate {
        return
            [](const Instruction&, const Bits*, const BodyPosition& p) { return static_cast<Bits>(p.step); };
      })
      .Case<step::LookupOp>([&](auto) -> Evaluate {
        return [](const Instruction& i, const Bits* r, const BodyPosition&) {
          auto last = static_cast<int64_t>(i.array->size()) - 1;
          return (*i.array)[std::clamp<int64_t>(static_cast<int64_t>(r[i.operand[0]]), 0, last)];
        };
      })
      .Case<step::MulQOp>([&](step::MulQOp op) -> Evaluate {
        i.immediate = op.getShift();
        return mulq;
      })
      .Case<step::RandomBitsOp>([&](step::RandomBitsOp op) -> Evaluate {
        uint64_t stream = support::streamOf(std::string_view(op.getStream()));
        i.immediate = stream << 32 | op.getDraw() << 2 | op.getWord();
        return op->getParentOfType<step::MapOp>() ? cellBits : synapseBits;
      })
      .Default([](Operation*) { return nullptr; });
}

#undef LAMBDA

} // namespace

Bits bitsOf(Attribute constant) {
  if (auto number = dyn_cast<FloatAttr>(constant)) {
    return number.getValue().bitcastToAPInt().getZExtValue();
  }
  auto integer = cast<IntegerAttr>(constant);
  return wrap(integer.getValue().getZExtValue(), integer.getValue().getBitWidth());
}

uint32_t Body::registerOf(Value value) {
  auto [known, isNew] = numbering.try_emplace(value, static_cast<uint32_t>(registers.size()));
  if (isNew) {
    registers.push_back(0);
  }
  return known->second;
}

Body::Body(Block& block, const std::function<const std::vector<Bits>*(llvm::StringRef)>& arrayOf) {
  arguments = block.getNumArguments();
  for (BlockArgument argument : block.getArguments()) {
    registerOf(argument); // registers 0 to arguments - 1
  }
  for (Operation& op : block.without_terminator()) {
    understood &= translate(op, arrayOf);
  }
  for (Value value : block.getTerminator()->getOperands()) {
    yields.push_back(registerOf(value));
  }
  numbering.clear();
}

bool Body::translate(Operation& op, const std::function<const std::vector<Bits>*(llvm::StringRef)>& arrayOf) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    Attribute value = constant.getValue();
    if (!isa<FloatAttr, IntegerAttr>(value)) {
      op.emitError() << "the step interpreter takes scalar constants only";
      return false;
    }
    uint32_t number = registerOf(constant.getResult());
    registers[number] = bitsOf(value);
    return true;
  }
  Instruction instruction;
  bool scalar =
      op.getNumResults() == 1 && op.getNumOperands() <= 3 && op.getResult(0).getType().isIntOrFloat();
  if (scalar) {
    instruction.width = widthOf(op.getResult(0).getType());
    instruction.fromWidth = op.getNumOperands() > 0 && op.getOperand(0).getType().isIntOrFloat()
                                ? widthOf(op.getOperand(0).getType())
                                : 0;
    instruction.evaluate = evaluationOf(op, instruction);
  }
  if (!instruction.evaluate) {
    op.emitError() << "the step interpreter does not know '" << op.getName()
                   << "'; expand random numbers and functions before it runs";
    return false;
  }
  for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
    instruction.operand[i] = registerOf(operand);
  }
  if (auto lookup = dyn_cast<step::LookupOp>(op)) {
    instruction.array = arrayOf(lookup.getArray());
  }
  instruction.result = registerOf(op.getResult(0));
  instructions.push_back(instruction);
  return true;
}

void Body::run(const Bits* values, const BodyPosition& position) {
  std::copy_n(values, arguments, registers.begin());
  for (const Instruction& instruction : instructions) {
    registers[instruction.result] = instruction.evaluate(instruction, registers.data(), position);
  }
}

} // namespace nissl::reference
