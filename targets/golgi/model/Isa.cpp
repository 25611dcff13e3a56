// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/model/Isa.h"

#include "runtime/support/Error.h"

#include <array>

using nissl::support::Error;

namespace nissl::golgi {

static constexpr int32_t maxImm = 1023;

static constexpr OpcodeInfo table[] = {
    {Opcode::Nop, "nop", Form::None, 4, 0, 0},
    {Opcode::Lds, "lds", Form::RdK, 4, 0, maxImm},
    {Opcode::Sts, "sts", Form::KRa, 4, 0, maxImm},
    {Opcode::Ldp, "ldp", Form::RdKShift, 4, 0, maxImm},
    {Opcode::Ldpw, "ldpw", Form::RdK, 8, 0, maxImm - 1},
    {Opcode::Ldc, "ldc", Form::RdK, 4, 0, maxImm},
    {Opcode::Ldx, "ldx", Form::RdK, 4, 0, maxImm},
    {Opcode::Ldh, "ldh", Form::RdK, 4, 0, maxImm},
    {Opcode::Ldi, "ldi", Form::RdWide, 4, -(1 << 17), (1 << 17) - 1},
    {Opcode::Cid, "cid", Form::Rd, 4, 0, 0},
    {Opcode::Step, "step", Form::Rd, 4, 0, 0},
    {Opcode::Add, "add", Form::RdRaRb, 4, 0, 0},
    {Opcode::Sub, "sub", Form::RdRaRb, 4, 0, 0},
    {Opcode::Mul, "mul", Form::RdRaRb, 8, 0, 0},
    {Opcode::And, "and", Form::RdRaRb, 4, 0, 0},
    {Opcode::Or, "or", Form::RdRaRb, 4, 0, 0},
    {Opcode::Xor, "xor", Form::RdRaRb, 4, 0, 0},
    {Opcode::Shl, "shl", Form::RdRaRb, 4, 0, 0},
    {Opcode::Shr, "shr", Form::RdRaRb, 4, 0, 0},
    {Opcode::Sar, "sar", Form::RdRaRb, 4, 0, 0},
    {Opcode::Min, "min", Form::RdRaRb, 4, 0, 0},
    {Opcode::Max, "max", Form::RdRaRb, 4, 0, 0},
    {Opcode::Adds, "adds", Form::RdRaRb, 4, 0, 0},
    {Opcode::Subs, "subs", Form::RdRaRb, 4, 0, 0},
    {Opcode::Mulq, "mulq", Form::RdRaRbImm, 8, 0, 62},
    {Opcode::Neg, "neg", Form::RdRa, 4, 0, 0},
    {Opcode::Abs, "abs", Form::RdRa, 4, 0, 0},
    {Opcode::Norm, "norm", Form::RdRa, 4, 0, 0},
    {Opcode::Mov, "mov", Form::RdRa, 4, 0, 0},
    {Opcode::Addi, "addi", Form::RdRaImm, 4, -512, 511},
    {Opcode::Shli, "shli", Form::RdRaImm, 4, 0, 31},
    {Opcode::Shri, "shri", Form::RdRaImm, 4, 0, 31},
    {Opcode::Sari, "sari", Form::RdRaImm, 4, 0, 31},
    {Opcode::Andi, "andi", Form::RdRaImm, 4, 0, maxImm},
    {Opcode::Pcmp, "pcmp", Form::CompareP, 4, 0, conditionCount - 1},
    {Opcode::Rcmp, "rcmp", Form::CompareR, 4, 0, conditionCount - 1},
    {Opcode::Sel, "sel", Form::Select, 4, 0, 0},
    {Opcode::Selr, "selr", Form::SelectR, 4, 0, registerCount - 1},
    {Opcode::Pset, "pset", Form::PdRa, 4, 0, 0},
    {Opcode::Pget, "pget", Form::RdPa, 4, 0, predicateCount - 1},
    {Opcode::Pand, "pand", Form::PdPaPb, 4, 0, 0},
    {Opcode::Por, "por", Form::PdPaPb, 4, 0, 0},
    {Opcode::Pxor, "pxor", Form::PdPaPb, 4, 0, 0},
    {Opcode::Pnot, "pnot", Form::PdPa, 4, 0, 0},
    {Opcode::Lut, "lut", Form::RdRaImm, 4, 0, 15},
    {Opcode::Luti, "luti", Form::RdRaImm, 8, 0, 15},
    {Opcode::Rnd, "rnd", Form::Random, 40, 0, maxImm},
    {Opcode::Rndn, "rndn", Form::RdImm, 4, 0, 3},
    {Opcode::Rndc, "rndc", Form::Random, 40, 0, maxImm},
    {Opcode::Spk, "spk", Form::Imm, 4, 0, eventsPerGroup - 1},
    {Opcode::Spkr, "spkr", Form::RaImm, 4, 0, eventsPerGroup - 1},
};

const OpcodeInfo* findOpcode(unsigned opField) {
  static const auto byCode = [] {
    std::array<const OpcodeInfo*, 64> result = {};
    for (const OpcodeInfo& info : table) {
      result[static_cast<unsigned>(info.opcode)] = &info;
    }
    return result;
  }();
  return opField < byCode.size() ? byCode[opField] : nullptr;
}

const OpcodeInfo* findOpcode(std::string_view mnemonic) {
  for (const OpcodeInfo& info : table) {
    if (info.mnemonic == mnemonic) {
      return &info;
    }
  }
  return nullptr;
}

const OpcodeInfo& infoOf(Opcode opcode) {
  const OpcodeInfo* info = findOpcode(static_cast<unsigned>(opcode));
  if (!info) {
    throw Error::bug("NS0804", "golgi: op code {:#x} is not an instruction", static_cast<unsigned>(opcode));
  }
  return *info;
}

std::string_view nameOf(Condition condition) {
  static constexpr std::string_view names[conditionCount] = {"eq",  "ne",  "slt", "sle", "sgt",
                                                             "sge", "ult", "ule", "ugt", "uge"};
  return names[static_cast<unsigned>(condition)];
}

/// The highest value of rd, ra and rb in each form; 0 where the form does not use the field.
struct FieldLimits {
  unsigned rd;
  unsigned ra;
  unsigned rb;
};

static FieldLimits limitsOf(Form form) {
  constexpr unsigned r = registerCount - 1;
  constexpr unsigned p = predicateCount - 1;
  switch (form) {
  case Form::None:
  case Form::Imm:
    return {0, 0, 0};
  case Form::RdK:
  case Form::RdWide:
  case Form::Rd:
  case Form::RdPa:
  case Form::RdImm:
    return {r, 0, 0};
  case Form::KRa:
  case Form::RaImm:
    return {0, r, 0};
  case Form::RdKShift:
    return {r, 0, 15};
  case Form::RdRaRb:
  case Form::RdRaRbImm:
  case Form::CompareR:
  case Form::Select:
  case Form::SelectR:
    return {r, r, r};
  case Form::RdRa:
  case Form::RdRaImm:
  case Form::Random:
    return {r, r, 0};
  case Form::CompareP:
    return {p, r, r};
  case Form::PdRa:
    return {p, r, 0};
  case Form::PdPaPb:
    return {p, p, p};
  case Form::PdPa:
    return {p, p, 0};
  }
  return {0, 0, 0};
}

/// Throws where a field has a value that the instruction does not allow.
static void checkFields(const Instruction& instruction, const OpcodeInfo& info) {
  auto require = [&](std::string_view field, int64_t found, int64_t low, int64_t high) {
    if (found < low || found > high) {
      throw Error::input("NS0804", "golgi instruction '{}': {} is {}, expected {} to {}", info.mnemonic,
                         field, found, low, high);
    }
  };
  FieldLimits limits = limitsOf(info.form);
  require("rd", instruction.rd, 0, limits.rd);
  require("ra", instruction.ra, 0, limits.ra);
  require("rb", instruction.rb, 0, limits.rb);
  require("the immediate", instruction.imm, info.immMin, info.immMax);
  if (info.form == Form::Select && instruction.pred.always()) {
    throw Error::input(
        "NS0804", "golgi instruction 'sel': it has no selecting predicate; expected p0 to p3 or !p0 to !p3");
  }
}

uint32_t encode(const Instruction& instruction) {
  const OpcodeInfo& info = infoOf(instruction.op);
  checkFields(instruction, info);
  uint32_t word = static_cast<uint32_t>(instruction.op) << 26 | uint32_t{instruction.pred.bits()} << 22 |
                  uint32_t{instruction.rd} << 18;
  if (info.form == Form::RdWide) {
    return word | (static_cast<uint32_t>(instruction.imm) & 0x3ffff);
  }
  return word | uint32_t{instruction.ra} << 14 | uint32_t{instruction.rb} << 10 |
         (static_cast<uint32_t>(instruction.imm) & 0x3ff);
}

Instruction decode(uint32_t word) {
  const OpcodeInfo* info = findOpcode(word >> 26);
  if (!info) {
    throw Error::input("NS0804", "golgi instruction word {:#010x}: op code {:#x} is reserved", word,
                       word >> 26);
  }
  std::optional<Predication> pred = Predication::fromBits(word >> 22 & 15);
  if (!pred) {
    throw Error::input("NS0804", "golgi instruction word {:#010x}: predicate code {} is reserved", word,
                       word >> 22 & 15);
  }
  Instruction result;
  result.op = info->opcode;
  result.pred = *pred;
  result.rd = word >> 18 & 15;
  if (info->form == Form::RdWide) {
    result.imm = static_cast<int32_t>(word << 14) >> 14;
  } else {
    result.ra = word >> 14 & 15;
    result.rb = word >> 10 & 15;
    result.imm =
        info->immMin < 0 ? static_cast<int32_t>(word << 22) >> 22 : static_cast<int32_t>(word & 0x3ff);
  }
  checkFields(result, *info);
  return result;
}

} // namespace nissl::golgi
