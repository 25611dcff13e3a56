// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The instruction set of a Golgi core: SPEC.md clauses G7.1 to G7.9.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nissl::golgi {

inline constexpr unsigned registerCount = 16;
inline constexpr unsigned predicateCount = 4;
/// Named events of one group (G6.1).
inline constexpr unsigned eventsPerGroup = 8;

/// Values are the op field (G7.4).
enum class Opcode : uint8_t {
  Nop = 0x00,
  Lds = 0x01,
  Sts = 0x02,
  Ldp = 0x03,
  Ldpw = 0x04,
  Ldc = 0x05,
  Ldx = 0x06,
  Ldh = 0x07,
  Ldi = 0x08,
  Cid = 0x09,
  Step = 0x0a,
  Add = 0x10,
  Sub = 0x11,
  Mul = 0x12,
  And = 0x13,
  Or = 0x14,
  Xor = 0x15,
  Shl = 0x16,
  Shr = 0x17,
  Sar = 0x18,
  Min = 0x19,
  Max = 0x1a,
  Adds = 0x1b,
  Subs = 0x1c,
  Mulq = 0x1d,
  Neg = 0x1e,
  Abs = 0x1f,
  Norm = 0x20,
  Mov = 0x21,
  Addi = 0x22,
  Shli = 0x23,
  Shri = 0x24,
  Sari = 0x25,
  Andi = 0x26,
  Pcmp = 0x28,
  Rcmp = 0x29,
  Sel = 0x2a,
  Selr = 0x2b,
  Pset = 0x2c,
  Pget = 0x2d,
  Pand = 0x2e,
  Por = 0x2f,
  Pxor = 0x30,
  Pnot = 0x31,
  Lut = 0x32,
  Luti = 0x33,
  Rnd = 0x34,
  Rndn = 0x35,
  Rndc = 0x36,
  Spk = 0x38,
  Spkr = 0x39,
};

/// The condition of pcmp and rcmp (G7.5); numbered as arith.cmpi's predicates.
enum class Condition : uint8_t { Eq, Ne, Slt, Sle, Sgt, Sge, Ult, Ule, Ugt, Uge };
inline constexpr unsigned conditionCount = 10;

/// The pred field: always, or where a predicate is 1 or 0 (G7.2).
class Predication {
public:
  constexpr Predication() = default;
  static constexpr Predication when(unsigned predicate) { return Predication(8 + predicate); }
  static constexpr Predication unless(unsigned predicate) { return Predication(12 + predicate); }
  constexpr bool always() const { return field == 0; }
  constexpr unsigned predicate() const { return field & 3; }
  constexpr bool negated() const { return field >= 12; }
  constexpr uint8_t bits() const { return field; }
  /// Nothing for the reserved codes 1 to 7.
  static constexpr std::optional<Predication> fromBits(unsigned bits) {
    if (bits != 0 && (bits < 8 || bits > 15)) {
      return std::nullopt;
    }
    return Predication(bits);
  }
  friend constexpr bool operator==(Predication, Predication) = default;

private:
  constexpr explicit Predication(unsigned bits) : field(static_cast<uint8_t>(bits)) {}
  uint8_t field = 0;
};

/// Which fields an instruction uses and how its text looks.
enum class Form : uint8_t {
  None,      ///< nop
  RdK,       ///< lds rd, [k]
  KRa,       ///< sts [k], ra
  RdKShift,  ///< ldp rd, [k], s        (s in rb)
  RdWide,    ///< ldi rd, v             (18 bits)
  Rd,        ///< cid rd
  RdRaRb,    ///< add rd, ra, rb
  RdRaRbImm, ///< mulq rd, ra, rb, s
  RdRa,      ///< neg rd, ra
  RdRaImm,   ///< addi rd, ra, v
  CompareP,  ///< pcmp.cc pd, ra, rb
  CompareR,  ///< rcmp.cc rd, ra, rb
  Select,    ///< sel rd, ra, rb, [!]p  (p in the pred field)
  SelectR,   ///< selr rd, ra, rb, rc   (rc in imm)
  PdRa,      ///< pset pd, ra
  RdPa,      ///< pget rd, pa           (pa in imm)
  PdPaPb,    ///< pand pd, pa, pb
  PdPa,      ///< pnot pd, pa
  Random,    ///< rnd rd, ra, [k], w    (imm = 4k + w)
  RdImm,     ///< rndn rd, w
  Imm,       ///< spk e
  RaImm,     ///< spkr ra, e
};

struct OpcodeInfo {
  Opcode opcode;
  std::string_view mnemonic;
  Form form;
  /// Cycles per batch of 16 cells.
  uint8_t cost;
  int32_t immMin;
  int32_t immMax;
};

/// Nothing for a reserved op field.
const OpcodeInfo* findOpcode(unsigned opField);
/// Nothing for an unknown name.
const OpcodeInfo* findOpcode(std::string_view mnemonic);
const OpcodeInfo& infoOf(Opcode opcode);

std::string_view nameOf(Condition condition);

/// One instruction, taken apart. `rd`, `ra` and `rb` are registers, or predicates where the form says so;
/// `imm` is sign-extended for ldi and addi.
///
/// `Instruction{.op = Opcode::Add, .rd = 1, .ra = 2, .rb = 3}`
struct Instruction {
  Opcode op = Opcode::Nop;
  Predication pred = {};
  uint8_t rd = 0;
  uint8_t ra = 0;
  uint8_t rb = 0;
  int32_t imm = 0;
  friend bool operator==(const Instruction&, const Instruction&) = default;
};

/// The word of an instruction. Throws NS0804 where a field is out of its range.
uint32_t encode(const Instruction& instruction);

/// The instruction of a word. Throws NS0804 for a reserved code, a value out of range or a set unused field.
Instruction decode(uint32_t word);

} // namespace nissl::golgi
