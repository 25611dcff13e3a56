// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every instruction against a formula written down again, on random operands and predicates.
#include "runtime/support/Random.h"
#include "targets/golgi/emulator/Chip.h"
#include "tests/unit/golgi/TestImages.h"

#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <random>

using namespace nissl::golgi;
using namespace nissl::golgi::test;

namespace {

/// 100 cells: one full batch of lanes and a partial one.
constexpr uint32_t cells = 100;

struct Operands {
  int32_t a;
  int32_t b;
  int32_t c;
};

/// Numbers of all magnitudes, and often the extremes.
int32_t interesting(std::mt19937& random) {
  static constexpr int32_t special[] = {0,          1,           -1,        2,         31,
                                        32,         33,          INT32_MAX, INT32_MIN, INT32_MIN + 1,
                                        0x40000000, -0x40000000, 1 << 15,   -(1 << 15)};
  if (random() % 3 == 0) {
    return special[random() % std::size(special)];
  }
  return static_cast<int32_t>(random()) >> random() % 32;
}

/// Runs `text` on r1 = a, r2 = b, r3 = c and gives r4 of each cell.
std::vector<int32_t> run(const std::string& text, const std::vector<Operands>& operands,
                         Counters* counters = nullptr) {
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  CoreImage& core = image.cores.emplace_back();
  core.lut = {{10, 3}, {20, -7}, {INT32_MAX - 5, 1 << 30}, {-40, 9}, {50, 99}};
  core.tables = {{0, 4, 4}, {3, 2, 0}};
  core.constants = {77, -88, 0x123456, 0x789};
  addGroup(core, cells, "lds r1, [0]\nlds r2, [1]\nlds r3, [2]\n" + text + "\nsts [3], r4", 4, 0, 0, 0);
  Symbol symbols[4];
  for (uint32_t word = 0; word < 4; ++word) {
    symbols[word] = {SymbolKind::State, "word", 0, 0, word, 0, cells, 0};
  }
  Chip chip(model, image);
  for (uint32_t cell = 0; cell < cells; ++cell) {
    chip.write(symbols[0], cell, operands[cell].a);
    chip.write(symbols[1], cell, operands[cell].b);
    chip.write(symbols[2], cell, operands[cell].c);
  }
  chip.step();
  std::vector<int32_t> result;
  for (uint32_t cell = 0; cell < cells; ++cell) {
    result.push_back(chip.read(symbols[3], cell));
  }
  if (counters) {
    *counters = chip.counters();
  }
  return result;
}

std::vector<Operands> draw(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Operands> operands(cells);
  for (Operands& o : operands) {
    o = {interesting(random), interesting(random), interesting(random)};
  }
  return operands;
}

int32_t low(int64_t value) { return static_cast<int32_t>(static_cast<uint32_t>(value)); }
uint32_t u(int32_t value) { return static_cast<uint32_t>(value); }
int32_t clip(__int128 value) {
  return static_cast<int32_t>(value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : value);
}

/// Half to even with 128-bit division, from the definition.
__int128 roundedQuotient(__int128 value, unsigned shift) {
  __int128 divisor = static_cast<__int128>(1) << shift;
  __int128 quotient = value / divisor;
  if (quotient * divisor > value) {
    --quotient;
  }
  __int128 twice = 2 * (value - quotient * divisor);
  return twice > divisor || (twice == divisor && quotient % 2 != 0) ? quotient + 1 : quotient;
}

using Formula = std::function<int32_t(const Operands&)>;

} // namespace

TEST_CASE("each instruction computes its formula", "[golgi][isa][G7.4]") {
  auto [text, formula] = GENERATE(table<std::string, Formula>({
      {"add r4, r1, r2", [](const Operands& o) { return low(int64_t{o.a} + o.b); }},
      {"sub r4, r1, r2", [](const Operands& o) { return low(int64_t{o.a} - o.b); }},
      {"mul r4, r1, r2", [](const Operands& o) { return low(int64_t{o.a} * o.b); }},
      {"and r4, r1, r2", [](const Operands& o) { return o.a & o.b; }},
      {"or r4, r1, r2", [](const Operands& o) { return o.a | o.b; }},
      {"xor r4, r1, r2", [](const Operands& o) { return o.a ^ o.b; }},
      {"shl r4, r1, r2", [](const Operands& o) { return u(o.b) > 31 ? 0 : low(int64_t{o.a} << o.b); }},
      {"shr r4, r1, r2", [](const Operands& o) { return u(o.b) > 31 ? 0 : low(int64_t{u(o.a)} >> o.b); }},
      {"sar r4, r1, r2", [](const Operands& o) { return low(int64_t{o.a} >> (u(o.b) > 31 ? 63 : o.b)); }},
      {"min r4, r1, r2", [](const Operands& o) { return o.a < o.b ? o.a : o.b; }},
      {"max r4, r1, r2", [](const Operands& o) { return o.a > o.b ? o.a : o.b; }},
      {"adds r4, r1, r2", [](const Operands& o) { return clip(static_cast<__int128>(o.a) + o.b); }},
      {"subs r4, r1, r2", [](const Operands& o) { return clip(static_cast<__int128>(o.a) - o.b); }},
      {"neg r4, r1", [](const Operands& o) { return low(-int64_t{o.a}); }},
      {"abs r4, r1", [](const Operands& o) { return low(o.a < 0 ? -int64_t{o.a} : o.a); }},
      {"norm r4, r1",
       [](const Operands& o) {
         int count = 0;
         while (count < 31 && (o.a >> (30 - count) & 1) == (o.a < 0)) {
           ++count;
         }
         return count;
       }},
      {"mov r4, r1", [](const Operands& o) { return o.a; }},
      {"addi r4, r1, -512", [](const Operands& o) { return low(int64_t{o.a} - 512); }},
      {"addi r4, r1, 511", [](const Operands& o) { return low(int64_t{o.a} + 511); }},
      {"shli r4, r1, 13", [](const Operands& o) { return low(int64_t{o.a} * 8192); }},
      {"shri r4, r1, 31", [](const Operands& o) { return o.a < 0 ? 1 : 0; }},
      {"sari r4, r1, 7", [](const Operands& o) { return low(roundedQuotient(o.a - (o.a & 127), 7)); }},
      {"andi r4, r1, 1023", [](const Operands& o) { return low(u(o.a) % 1024); }},
      {"selr r4, r1, r2, r3", [](const Operands& o) { return o.c != 0 ? o.a : o.b; }},
      {"pset p1, r3\nsel r4, r1, r2, p1", [](const Operands& o) { return o.c != 0 ? o.a : o.b; }},
      {"pset p1, r3\nsel r4, r1, r2, !p1", [](const Operands& o) { return o.c == 0 ? o.a : o.b; }},
      {"pset p2, r3\npget r4, p2", [](const Operands& o) { return o.c != 0 ? 1 : 0; }},
      {"pset p1, r1\npset p2, r2\npand p3, p1, p2\npget r4, p3",
       [](const Operands& o) { return o.a != 0 && o.b != 0 ? 1 : 0; }},
      {"pset p1, r1\npset p2, r2\npor p3, p1, p2\npget r4, p3",
       [](const Operands& o) { return o.a != 0 || o.b != 0 ? 1 : 0; }},
      {"pset p1, r1\npset p2, r2\npxor p3, p1, p2\npget r4, p3",
       [](const Operands& o) { return (o.a != 0) != (o.b != 0) ? 1 : 0; }},
      {"pset p1, r1\npnot p3, p1\npget r4, p3", [](const Operands& o) { return o.a == 0 ? 1 : 0; }},
      {"pget r4, p0", [](const Operands&) { return 0; }},
      {"ldi r4, -131072", [](const Operands&) { return -131072; }},
      {"ldc r4, [1]", [](const Operands&) { return -88; }},
      {"lut r4, r1, 0",
       [](const Operands& o) {
         int32_t values[] = {10, 20, INT32_MAX - 5, -40};
         return values[o.a < 0 ? 0 : o.a > 3 ? 3 : o.a];
       }},
      {"luti r4, r1, 0",
       [](const Operands& o) {
         // Four entries, four fraction bits.
         int64_t bases[] = {10, 20, INT32_MAX - 5, -40}, slopes[] = {3, -7, 1 << 30, 9};
         int64_t entry = o.a < 0 ? 0 : o.a / 16 > 3 ? 3 : o.a / 16;
         int64_t fraction = o.a < 0 || entry == 3 ? 0 : o.a % 16;
         return clip(bases[entry] + roundedQuotient(slopes[entry] * fraction, 4));
       }},
      {"nop", [](const Operands&) { return 0; }},
      {"step r4", [](const Operands&) { return 0; }},
      {"mov r1, r1\nmov r4, r1\nadd r4, r4, r4", [](const Operands& o) { return low(2 * int64_t{o.a}); }},
      {"pset p1, r3\n@p1 mov r4, r1", [](const Operands& o) { return o.c != 0 ? o.a : 0; }},
      {"mov r4, r2\npset p1, r3\n@!p1 add r4, r4, r1",
       [](const Operands& o) { return o.c == 0 ? low(int64_t{o.a} + o.b) : o.b; }},
      {"mov r4, r2\npset p1, r3\n@p1 sts [3], r1\nlds r4, [3]", [](const Operands& o) { return o.c != 0 ? o.a : 0; }},
      {"pset p1, r3\n@p1 pset p2, r1\npget r4, p2", [](const Operands& o) { return o.c != 0 && o.a != 0 ? 1 : 0; }},
  }));
  unsigned seed = GENERATE(range(0u, 8u));
  std::vector<Operands> operands = draw(seed);
  std::vector<int32_t> result = run(text, operands);
  for (uint32_t cell = 0; cell < cells; ++cell) {
    INFO(text << " of " << operands[cell].a << ", " << operands[cell].b << ", " << operands[cell].c);
    REQUIRE(result[cell] == formula(operands[cell]));
  }
}

TEST_CASE("luti meets every fraction of its entries", "[golgi][isa][G7.8]") {
  std::vector<Operands> operands(cells);
  for (uint32_t i = 0; i < cells; ++i) {
    operands[i] = {static_cast<int32_t>(i) - 10, 0, 0};
  }
  Counters counters;
  std::vector<int32_t> result = run("luti r4, r1, 0", operands, &counters);
  // By hand: entry 0 at 8/16: 10 + 3·8/16 = 10 + 1.5, to even 12 … (2 + 10); entry 1 at 8/16: 20 − 3.5 → 20
  // − 4.
  CHECK(result[10 + 8] == 12);
  CHECK(result[10 + 16 + 8] == 16);
  CHECK(result[10 + 32] == INT32_MAX - 5);
  CHECK(result[10 + 32 + 1] == INT32_MAX); // + 2^26, clipped
  CHECK(result[10 + 48] == -40);
  CHECK(result[9] == 10);
  CHECK(counters.saturations == 15);
}

TEST_CASE("mulq rounds half to even and saturates at every shift", "[golgi][isa][G7.6]") {
  unsigned shift = GENERATE(range(0u, 63u));
  std::vector<Operands> operands = draw(1000 + shift);
  // Ties on purpose: odd · 2^(shift−1).
  for (uint32_t cell = 0; cell < 20 && shift >= 1; ++cell) {
    unsigned half = (shift - 1) / 2;
    unsigned otherHalf = shift - 1 - half;
    if (half < 30 && otherHalf < 30) {
      operands[cell].a = low(int64_t{2 * static_cast<int32_t>(cell) - 19} << half);
      operands[cell].b = 1 << otherHalf;
    }
  }
  Counters counters;
  std::vector<int32_t> result = run("mulq r4, r1, r2, " + std::to_string(shift), operands, &counters);
  uint64_t clips = 0;
  for (uint32_t cell = 0; cell < cells; ++cell) {
    __int128 exact = roundedQuotient(static_cast<__int128>(operands[cell].a) * operands[cell].b, shift);
    clips += exact != clip(exact);
    INFO(operands[cell].a << " * " << operands[cell].b << " >> " << shift);
    REQUIRE(result[cell] == clip(exact));
  }
  CHECK(counters.saturations == clips);
}

TEST_CASE("saturation counts only cells where the predicate holds", "[golgi][isa][G7.6]") {
  std::vector<Operands> operands(cells, Operands{INT32_MAX, 1, 0});
  operands[3].c = operands[99].c = 1;
  Counters counters;
  run("pset p0, r3\n@p0 adds r4, r1, r2", operands, &counters);
  CHECK(counters.saturations == 2);
}

TEST_CASE("every condition compares as its name says", "[golgi][isa][G7.5]") {
  auto [name, holds] = GENERATE(table<std::string, std::function<bool(int32_t, int32_t)>>({
      {"eq", [](int32_t a, int32_t b) { return a == b; }},
      {"ne", [](int32_t a, int32_t b) { return a != b; }},
      {"slt", [](int32_t a, int32_t b) { return int64_t{a} < int64_t{b}; }},
      {"sle", [](int32_t a, int32_t b) { return int64_t{a} <= int64_t{b}; }},
      {"sgt", [](int32_t a, int32_t b) { return int64_t{a} > int64_t{b}; }},
      {"sge", [](int32_t a, int32_t b) { return int64_t{a} >= int64_t{b}; }},
      {"ult", [](int32_t a, int32_t b) { return uint64_t{u(a)} < uint64_t{u(b)}; }},
      {"ule", [](int32_t a, int32_t b) { return uint64_t{u(a)} <= uint64_t{u(b)}; }},
      {"ugt", [](int32_t a, int32_t b) { return uint64_t{u(a)} > uint64_t{u(b)}; }},
      {"uge", [](int32_t a, int32_t b) { return uint64_t{u(a)} >= uint64_t{u(b)}; }},
  }));
  std::vector<Operands> operands = draw(4711);
  for (uint32_t cell = 0; cell < 30; ++cell) {
    operands[cell].b = operands[cell].a;
  }
  std::vector<int32_t> inRegister = run("rcmp." + name + " r4, r1, r2", operands);
  std::vector<int32_t> inPredicate = run("pcmp." + name + " p1, r1, r2\npget r4, p1", operands);
  for (uint32_t cell = 0; cell < cells; ++cell) {
    REQUIRE(inRegister[cell] == holds(operands[cell].a, operands[cell].b));
    REQUIRE(inPredicate[cell] == inRegister[cell]);
  }
}

TEST_CASE("random words are Philox of seed, step, entity, stream and draw", "[golgi][isa][G7.9]") {
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  CoreImage& core = image.cores.emplace_back();
  core.constants = {0, 0x123456, 0x789, 0x111111, 0x1};
  Group& group = addGroup(core, cells, R"(
    cid r1
    rnd r2, r1, [1], 2
    sts [0], r2
    rndn r3, 0
    sts [1], r3
    rnd r4, r1, [3], 3
    sts [2], r4
    rndn r3, 1
    sts [3], r3
    step r3
    sts [4], r3
    rndc r4, r1, [1], 2
    sts [5], r4
    rndn r3, 1
    sts [6], r3
  )",
                          7, 0, 0, 0);
  group.idBase = 0xfffffff0; // wraps inside the group: entities are unsigned
  Chip chip(model, image);
  uint64_t seed = 0x0123456789abcdef;
  uint64_t step = (uint64_t{1} << 40) + 12345;
  chip.setSeed(seed);
  chip.setCurrentStep(step);
  chip.step();
  auto state = [&](uint32_t word, uint32_t cell) {
    return u(chip.read({SymbolKind::State, "word", 0, 0, word, 0, cells, 0}, cell));
  };
  for (uint32_t cell = 0; cell < cells; ++cell) {
    uint32_t entity = 0xfffffff0 + cell;
    nissl::support::PhiloxWords first = nissl::support::philox(seed, step, entity, 0x123456, 0x789);
    nissl::support::PhiloxWords second = nissl::support::philox(seed, step, entity, 0x111111, 1);
    REQUIRE(state(0, cell) == first[2]);
    REQUIRE(state(1, cell) == first[0]);
    REQUIRE(state(2, cell) == second[3]);
    REQUIRE(state(3, cell) == second[1]);
    REQUIRE(state(4, cell) == 12345);
    // Word 2 of a cell: G7.9 by hand. The words of the last `rnd` stay.
    uint64_t block = 0x80000000u + 16 * uint64_t{entity / 64} + entity % 16;
    REQUIRE(state(5, cell) == nissl::support::philox(seed, step, block, 0x123456, 0x789)[entity / 16 % 4]);
    REQUIRE(state(6, cell) == second[1]);
  }
}

TEST_CASE("parameters are halfwords, shifted or in pairs", "[golgi][isa][G7.4]") {
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  CoreImage& core = image.cores.emplace_back();
  Group& group = addGroup(core, 5, "ldp r1, [0], 4\nsts [0], r1\nldpw r2, [0]\nsts [1], r2", 2, 0, 0, 0);
  group.parameterBase = 4;
  group.parameterHalfwords = 2;
  core.parameters.assign(4 + 16, 0);
  core.parameters[4 + 3] = -2;      // halfword 0 of cell 3
  core.parameters[4 + 8 + 3] = 100; // halfword 1 of cell 3
  Chip chip(model, image);
  chip.step();
  CHECK(chip.read({SymbolKind::State, "a", 0, 0, 0, 0, 5, 0}, 3) == -32);
  CHECK(chip.read({SymbolKind::State, "b", 0, 0, 1, 0, 5, 0}, 3) == (100 << 16 | 0xfffe));
  CHECK(chip.read({SymbolKind::State, "b", 0, 0, 1, 0, 5, 0}, 2) == 0);
}

TEST_CASE("registers and predicates are zero when a batch begins", "[golgi][isa][G7.1]") {
  // What the first 64 cells leave behind must not reach the others, nor a second pass.
  std::vector<Operands> operands = draw(5);
  std::vector<int32_t> result = run(R"(
    mov r4, r9
    pget r5, p2
    add r4, r4, r5
    rndn r6, 1
    add r4, r4, r6
    selr r6, r1, r8, r10
    add r4, r4, r6
    @p3 add r4, r4, r1
    mov r9, r1
    pset p2, r1
    rnd r7, r1, [2], 0
    ldi r10, 1
    pset p3, r10
  )",
                                    operands);
  CHECK(result == std::vector<int32_t>(cells, 0));
}

TEST_CASE("spikes follow predicates and registers, event by event", "[golgi][isa][G6.4]") {
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  CoreImage& core = image.cores.emplace_back();
  addGroup(core, 70,
           "cid r1\nandi r2, r1, 1\npset p1, r2\n@p1 spk 0\nldi r3, 68\nrcmp.sgt r4, r1, r3\nspkr r4, 1\n"
           "@!p1 spkr r4, 2",
           0, 0, 0, 3);
  Chip chip(model, image);
  chip.step();
  std::vector<Spike> expected;
  for (uint32_t cell = 1; cell < 70; cell += 2) {
    expected.push_back({0, 0, 0, cell});
  }
  expected.push_back({0, 0, 1, 69});
  CHECK(std::vector<Spike>(chip.spikes().begin(), chip.spikes().end()) == expected);
}
