// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One instruction at a time over all lanes: the loops below are what the compiler vectorises.
#include "targets/golgi/emulator/Lanes.h"

#include "runtime/support/Random.h"
#include "targets/golgi/model/CycleModel.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace nissl::golgi {

static constexpr int64_t wordMin = std::numeric_limits<int32_t>::min();
static constexpr int64_t wordMax = std::numeric_limits<int32_t>::max();

static inline int32_t wrap(uint32_t bits) { return static_cast<int32_t>(bits); }
static inline uint32_t unsignedOf(int32_t value) { return static_cast<uint32_t>(value); }

/// ⌊value/2^shift⌉ with ties to even; |value| ≤ 2^62, 0 ≤ shift ≤ 62 (G7.6).
static inline int64_t roundedShift(int64_t value, unsigned shift) {
  if (shift == 0) {
    return value;
  }
  int64_t bias = (int64_t{1} << (shift - 1)) - 1 + (value >> shift & 1);
  return (value + bias) >> shift;
}

/// The four words of each lane's counter, and then of its output.
using PhiloxLanes = std::array<std::array<uint32_t, laneCount>, 4>;

/// support::philox over all lanes at once, which vectorises; the constants are those of Salmon et al., SC'11.
[[gnu::always_inline]] static inline void philox(PhiloxLanes& words, uint64_t seed) {
  constexpr uint64_t multipliers[2] = {0xD2511F53, 0xCD9E8D57};
  constexpr uint32_t weyl[2] = {0x9E3779B9, 0xBB67AE85};
  uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  for (unsigned round = 0; round < 10; ++round) {
    for (unsigned i = 0; i < laneCount; ++i) {
      uint64_t first = multipliers[0] * words[0][i];
      uint64_t second = multipliers[1] * words[2][i];
      words[0][i] = static_cast<uint32_t>(second >> 32) ^ words[1][i] ^ key[0];
      words[2][i] = static_cast<uint32_t>(first >> 32) ^ words[3][i] ^ key[1];
      words[1][i] = static_cast<uint32_t>(second);
      words[3][i] = static_cast<uint32_t>(first);
    }
    key[0] += weyl[0];
    key[1] += weyl[1];
  }
}

/// The instruction being executed, with its operands and, where it is predicated, where it holds.
template <bool predicated>
class LaneOperation {
public:
  [[gnu::always_inline]] LaneOperation(const Instruction& instruction, Lanes& lanes,
                                       LaneEnvironment& environment)
      : instruction(instruction), lanes(lanes), environment(environment) {
    if constexpr (predicated) {
      const LaneWords& predicate = lanes.predicates[instruction.pred.predicate()];
      int32_t flip = instruction.pred.negated() ? -1 : 0;
      for (unsigned i = 0; i < laneCount; ++i) {
        holds[i] = predicate[i] ^ flip;
      }
    }
  }

  [[gnu::always_inline]] int32_t blend(unsigned lane, int32_t value, int32_t old) const {
    if constexpr (predicated) {
      return (value & holds[lane]) | (old & ~holds[lane]);
    }
    return value;
  }
  [[gnu::always_inline]] int32_t holdsAt(unsigned lane) const { return predicated ? holds[lane] : -1; }

  /// Writes value(lane) to a register or predicate where the predication holds.
  template <typename Value>
  [[gnu::always_inline]] void write(LaneWords& destination, Value value) {
    alignas(64) LaneWords result;
    for (unsigned i = 0; i < laneCount; ++i) {
      result[i] = value(i);
    }
    for (unsigned i = 0; i < laneCount; ++i) {
      destination[i] = blend(i, result[i], destination[i]);
    }
  }
  template <typename Value>
  [[gnu::always_inline]] void write(Value value) {
    write(lanes.registers[instruction.rd], value);
  }

  /// Writes value(lane), a 64-bit number, clipped to 32 bits, and counts the clips.
  template <typename Value>
  [[gnu::always_inline]] void writeSaturated(Value value) {
    alignas(64) LaneWords clipped;
    write([&](unsigned i) {
      int64_t exact = value(i);
      int64_t result = std::clamp(exact, wordMin, wordMax);
      clipped[i] = exact != result ? -1 : 0;
      return static_cast<int32_t>(result);
    });
    uint32_t clips = 0;
    for (unsigned i = 0; i < environment.count; ++i) {
      clips += unsignedOf(clipped[i] & holdsAt(i)) & 1;
    }
    environment.saturations += clips;
  }

  /// `sel`: the predication selects instead of holding back.
  [[gnu::always_inline]] void select() {
    const LaneWords& a = ra();
    const LaneWords& b = rb();
    alignas(64) LaneWords result;
    for (unsigned i = 0; i < laneCount; ++i) {
      result[i] = blend(i, a[i], b[i]);
    }
    rd() = result;
  }

  /// Where the group's word k of the first lane lies in a word-major memory.
  size_t address(uint32_t base) const {
    return base + size_t{unsignedOf(instruction.imm)} * environment.stride + environment.first;
  }

  /// Writes words of a memory; lanes beyond the group keep what they have.
  template <typename Word>
  [[gnu::always_inline]] void load(const Word* words, unsigned shift = 0) {
    alignas(64) LaneWords loaded = {};
    for (unsigned i = 0; i < environment.count; ++i) {
      loaded[i] = wrap(static_cast<uint32_t>(static_cast<int32_t>(words[i])) << shift);
    }
    write([&](unsigned i) { return loaded[i]; });
  }

  [[gnu::always_inline]] void store() {
    int32_t* words = environment.state + address(environment.group->stateBase);
    const LaneWords& value = ra();
    for (unsigned i = 0; i < environment.count; ++i) {
      words[i] = blend(i, value[i], words[i]);
    }
  }

  /// Sets the event of each lane where the predication holds and fires(lane).
  template <typename Fires>
  [[gnu::always_inline]] void spike(Fires fires) {
    const Group& group = *environment.group;
    uint64_t bits = 0;
    for (unsigned i = 0; i < environment.count; ++i) {
      bits |= uint64_t{holdsAt(i) != 0 && fires(i)} << i;
    }
    size_t area =
        group.spikeBase + size_t{unsignedOf(instruction.imm)} * pad64(group.cells) + environment.first;
    environment.spikeMask[area / laneCount] |= bits;
  }

  /// The words of the lanes' entities.
  template <typename EntityOf>
  [[gnu::always_inline]] void draw(PhiloxLanes& drawn, EntityOf entityOf) {
    auto index = unsignedOf(instruction.imm) / 4;
    uint32_t stream = unsignedOf(environment.constants[index]) & 0xffffff;
    uint32_t draw = unsignedOf(environment.constants[index + 1]) & 0xffff;
    for (unsigned i = 0; i < laneCount; ++i) {
      support::PhiloxWords counter = support::packCounter(environment.step, entityOf(i), stream, draw);
      for (unsigned word = 0; word < 4; ++word) {
        drawn[word][i] = counter[word];
      }
    }
    philox(drawn, environment.seed);
  }

  [[gnu::always_inline]] void drawOfCell() {
    const LaneWords& cell = ra();
    auto placeOf = [&](unsigned i) {
      return support::cellWord(unsignedOf(cell[i]), unsignedOf(instruction.imm) % 4);
    };
    PhiloxLanes drawn;
    draw(drawn, [&](unsigned i) { return placeOf(i).entity; });
    write([&](unsigned i) { return wrap(drawn[placeOf(i).word][i]); });
  }

  [[gnu::always_inline]] void drawRandom() {
    const LaneWords& entity = ra();
    PhiloxLanes drawn;
    draw(drawn, [&](unsigned i) { return unsignedOf(entity[i]); });
    for (unsigned word = 0; word < 4; ++word) {
      write(lanes.random[word], [&](unsigned i) { return wrap(drawn[word][i]); });
    }
    write([&](unsigned i) { return wrap(drawn[unsignedOf(instruction.imm) % 4][i]); });
  }

  [[gnu::always_inline]] void lookUp() {
    const LutTable& table = environment.tables[unsignedOf(instruction.imm)];
    const LaneWords& index = ra();
    write([&](unsigned i) {
      int64_t entry = std::clamp<int64_t>(index[i], 0, int64_t{table.size} - 1);
      return environment.lut[table.first + static_cast<size_t>(entry)].base;
    });
  }

  [[gnu::always_inline]] void interpolate() {
    const LutTable& table = environment.tables[unsignedOf(instruction.imm)];
    const LaneWords& index = ra();
    writeSaturated([&](unsigned i) {
      int64_t entry = index[i] >> table.fractionBits;
      int64_t fraction = index[i] & ((int64_t{1} << table.fractionBits) - 1);
      if (entry < 0 || entry >= int64_t{table.size} - 1) {
        entry = entry < 0 ? 0 : int64_t{table.size} - 1;
        fraction = 0;
      }
      const LutEntry& found = environment.lut[table.first + static_cast<size_t>(entry)];
      return found.base + roundedShift(found.slope * fraction, table.fractionBits);
    });
  }

  /// Writes 1 or 0 (a register) or all ones (a predicate) where the operands compare.
  [[gnu::always_inline]] void compare(LaneWords& destination, int32_t truth) {
    const LaneWords& a = ra();
    const LaneWords& b = rb();
    auto writeWhere = [&](auto holdsFor) __attribute__((always_inline)) {
      write(destination, [&](unsigned i) { return holdsFor(a[i], b[i]) ? truth : 0; });
    };
    switch (static_cast<Condition>(instruction.imm)) {
    case Condition::Eq:
      return writeWhere([](int32_t x, int32_t y) { return x == y; });
    case Condition::Ne:
      return writeWhere([](int32_t x, int32_t y) { return x != y; });
    case Condition::Slt:
      return writeWhere([](int32_t x, int32_t y) { return x < y; });
    case Condition::Sle:
      return writeWhere([](int32_t x, int32_t y) { return x <= y; });
    case Condition::Sgt:
      return writeWhere([](int32_t x, int32_t y) { return x > y; });
    case Condition::Sge:
      return writeWhere([](int32_t x, int32_t y) { return x >= y; });
    case Condition::Ult:
      return writeWhere([](int32_t x, int32_t y) { return unsignedOf(x) < unsignedOf(y); });
    case Condition::Ule:
      return writeWhere([](int32_t x, int32_t y) { return unsignedOf(x) <= unsignedOf(y); });
    case Condition::Ugt:
      return writeWhere([](int32_t x, int32_t y) { return unsignedOf(x) > unsignedOf(y); });
    case Condition::Uge:
      return writeWhere([](int32_t x, int32_t y) { return unsignedOf(x) >= unsignedOf(y); });
    }
  }

  LaneWords& rd() { return lanes.registers[instruction.rd]; }
  LaneWords& pd() { return lanes.predicates[instruction.rd]; }
  const LaneWords& ra() const { return lanes.registers[instruction.ra]; }
  const LaneWords& rb() const { return lanes.registers[instruction.rb]; }

  const Instruction& instruction;
  Lanes& lanes;
  LaneEnvironment& environment;
  alignas(64) LaneWords holds;
};

static inline int32_t shiftLeft(int32_t value, uint32_t amount) {
  return amount > 31 ? 0 : wrap(unsignedOf(value) << (amount & 31));
}
static inline int32_t shiftRight(int32_t value, uint32_t amount) {
  return amount > 31 ? 0 : wrap(unsignedOf(value) >> (amount & 31));
}
static inline int32_t shiftArithmetic(int32_t value, uint32_t amount) {
  return value >> std::min(amount, 31u);
}

template <bool predicated>
[[gnu::always_inline]] static inline void executeOne(const Instruction& instruction, Lanes& lanes,
                                                     LaneEnvironment& environment) {
  LaneOperation<predicated> op(instruction, lanes, environment);
  const Group& group = *environment.group;
  const LaneWords& a = op.ra();
  const LaneWords& b = op.rb();
  const int32_t imm = instruction.imm;
  const auto shift = unsignedOf(imm);
  const LaneWords& pa = lanes.predicates[instruction.ra & 3];
  const LaneWords& pb = lanes.predicates[instruction.rb & 3];
  switch (instruction.op) {
  case Opcode::Nop:
    return;
  case Opcode::Lds:
    return op.load(environment.state + op.address(group.stateBase));
  case Opcode::Sts:
    return op.store();
  case Opcode::Ldp:
    return op.load(environment.parameters + op.address(group.parameterBase), instruction.rb);
  case Opcode::Ldpw: {
    const int16_t* low = environment.parameters + op.address(group.parameterBase);
    const int16_t* high = low + environment.stride;
    alignas(64) LaneWords loaded = {};
    for (unsigned i = 0; i < environment.count; ++i) {
      loaded[i] =
          wrap(uint32_t{static_cast<uint16_t>(low[i])} | uint32_t{static_cast<uint16_t>(high[i])} << 16);
    }
    return op.write([&](unsigned i) { return loaded[i]; });
  }
  case Opcode::Ldc:
    return op.write([value = environment.constants[shift]](unsigned) { return value; });
  case Opcode::Ldx:
    return op.load(environment.ports + op.address(group.accBase));
  case Opcode::Ldh:
    return op.load(environment.inputs + op.address(group.inputBase));
  case Opcode::Ldi:
    return op.write([=](unsigned) { return imm; });
  case Opcode::Cid:
    return op.write([id = group.idBase + environment.first](unsigned i) { return wrap(id + i); });
  case Opcode::Step:
    return op.write([step = static_cast<uint32_t>(environment.step)](unsigned) { return wrap(step); });
  case Opcode::Add:
    return op.write([&](unsigned i) { return wrap(unsignedOf(a[i]) + unsignedOf(b[i])); });
  case Opcode::Sub:
    return op.write([&](unsigned i) { return wrap(unsignedOf(a[i]) - unsignedOf(b[i])); });
  case Opcode::Mul:
    return op.write([&](unsigned i) { return wrap(unsignedOf(a[i]) * unsignedOf(b[i])); });
  case Opcode::And:
    return op.write([&](unsigned i) { return a[i] & b[i]; });
  case Opcode::Or:
    return op.write([&](unsigned i) { return a[i] | b[i]; });
  case Opcode::Xor:
    return op.write([&](unsigned i) { return a[i] ^ b[i]; });
  case Opcode::Shl:
    return op.write([&](unsigned i) { return shiftLeft(a[i], unsignedOf(b[i])); });
  case Opcode::Shr:
    return op.write([&](unsigned i) { return shiftRight(a[i], unsignedOf(b[i])); });
  case Opcode::Sar:
    return op.write([&](unsigned i) { return shiftArithmetic(a[i], unsignedOf(b[i])); });
  case Opcode::Min:
    return op.write([&](unsigned i) { return std::min(a[i], b[i]); });
  case Opcode::Max:
    return op.write([&](unsigned i) { return std::max(a[i], b[i]); });
  case Opcode::Adds:
    return op.writeSaturated([&](unsigned i) { return int64_t{a[i]} + b[i]; });
  case Opcode::Subs:
    return op.writeSaturated([&](unsigned i) { return int64_t{a[i]} - b[i]; });
  case Opcode::Mulq:
    return op.writeSaturated([&](unsigned i) { return roundedShift(int64_t{a[i]} * b[i], shift); });
  case Opcode::Neg:
    return op.write([&](unsigned i) { return wrap(0u - unsignedOf(a[i])); });
  case Opcode::Abs:
    return op.write([&](unsigned i) { return a[i] < 0 ? wrap(0u - unsignedOf(a[i])) : a[i]; });
  case Opcode::Norm:
    return op.write([&](unsigned i) { return std::countl_zero(unsignedOf(a[i] ^ (a[i] >> 31))) - 1; });
  case Opcode::Mov:
    return op.write([&](unsigned i) { return a[i]; });
  case Opcode::Addi:
    return op.write([&](unsigned i) { return wrap(unsignedOf(a[i]) + unsignedOf(imm)); });
  case Opcode::Shli:
    return op.write([&](unsigned i) { return wrap(unsignedOf(a[i]) << shift); });
  case Opcode::Shri:
    return op.write([&](unsigned i) { return wrap(unsignedOf(a[i]) >> shift); });
  case Opcode::Sari:
    return op.write([&](unsigned i) { return a[i] >> shift; });
  case Opcode::Andi:
    return op.write([&](unsigned i) { return a[i] & imm; });
  case Opcode::Pcmp:
    return op.compare(op.pd(), -1);
  case Opcode::Rcmp:
    return op.compare(op.rd(), 1);
  case Opcode::Sel:
    return op.select();
  case Opcode::Selr:
    return op.write([&, &c = lanes.registers[shift]](unsigned i) { return c[i] != 0 ? a[i] : b[i]; });
  case Opcode::Pset:
    return op.write(op.pd(), [&](unsigned i) { return a[i] != 0 ? -1 : 0; });
  case Opcode::Pget:
    return op.write([&, &p = lanes.predicates[shift]](unsigned i) { return p[i] & 1; });
  case Opcode::Pand:
    return op.write(op.pd(), [&](unsigned i) { return pa[i] & pb[i]; });
  case Opcode::Por:
    return op.write(op.pd(), [&](unsigned i) { return pa[i] | pb[i]; });
  case Opcode::Pxor:
    return op.write(op.pd(), [&](unsigned i) { return pa[i] ^ pb[i]; });
  case Opcode::Pnot:
    return op.write(op.pd(), [&](unsigned i) { return ~pa[i]; });
  case Opcode::Lut:
    return op.lookUp();
  case Opcode::Luti:
    return op.interpolate();
  case Opcode::Rnd:
    return op.drawRandom();
  case Opcode::Rndc:
    return op.drawOfCell();
  case Opcode::Rndn:
    return op.write([&, &words = lanes.random[shift]](unsigned i) { return words[i]; });
  case Opcode::Spk:
    return op.spike([](unsigned) { return true; });
  case Opcode::Spkr:
    return op.spike([&](unsigned i) { return a[i] != 0; });
  }
}

[[gnu::always_inline]] static inline void executeAll(std::span<const Instruction> program, Lanes& lanes,
                                                     LaneEnvironment& environment) {
  for (const Instruction& instruction : program) {
    if (instruction.pred.always()) {
      executeOne<false>(instruction, lanes, environment);
    } else {
      executeOne<true>(instruction, lanes, environment);
    }
  }
}

// Integer code only: a wider instruction set cannot change a result.
#if defined(__x86_64__)
[[gnu::target("arch=x86-64-v4"), gnu::flatten]] static void
executeV4(std::span<const Instruction> program, Lanes& lanes, LaneEnvironment& environment) {
  executeAll(program, lanes, environment);
}
[[gnu::target("arch=x86-64-v3"), gnu::flatten]] static void
executeV3(std::span<const Instruction> program, Lanes& lanes, LaneEnvironment& environment) {
  executeAll(program, lanes, environment);
}
#endif
[[gnu::flatten]] static void executeBaseline(std::span<const Instruction> program, Lanes& lanes,
                                             LaneEnvironment& environment) {
  executeAll(program, lanes, environment);
}

void execute(std::span<const Instruction> program, Lanes& lanes, LaneEnvironment& environment) {
#if defined(__x86_64__)
  static const auto best = __builtin_cpu_supports("x86-64-v4")   ? executeV4
                           : __builtin_cpu_supports("x86-64-v3") ? executeV3
                                                                 : executeBaseline;
  best(program, lanes, environment);
#else
  executeBaseline(program, lanes, environment);
#endif
}

} // namespace nissl::golgi
