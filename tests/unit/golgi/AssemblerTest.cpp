// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Instruction words and their text.
#include "targets/golgi/emulator/Assembler.h"
#include "targets/golgi/model/Isa.h"

#include "runtime/support/Error.h"

#include <catch2/catch.hpp>

#include <random>

using namespace nissl::golgi;
using nissl::support::Error;

TEST_CASE("words are those of the encoding", "[golgi][isa][G7.2]") {
  // op 31..26, pred 25..22, rd 21..18, ra 17..14, rb 13..10, imm 9..0
  auto [text, word] = GENERATE(table<std::string, uint32_t>({
      {"nop", 0},
      {"add r1, r2, r3", 0x10u << 26 | 1u << 18 | 2u << 14 | 3u << 10},
      {"@p2 add r1, r2, r3", 0x10u << 26 | 10u << 22 | 1u << 18 | 2u << 14 | 3u << 10},
      {"@!p3 sts [5], r15", 0x02u << 26 | 15u << 22 | 15u << 14 | 5},
      {"mulq r4, r5, r6, 62", 0x1du << 26 | 4u << 18 | 5u << 14 | 6u << 10 | 62},
      {"ldi r7, -1", 0x08u << 26 | 7u << 18 | 0x3ffff},
      {"ldi r7, 131071", 0x08u << 26 | 7u << 18 | 0x1ffff},
      {"addi r1, r2, -512", 0x22u << 26 | 1u << 18 | 2u << 14 | 0x200},
      {"ldp r1, [9], 15", 0x03u << 26 | 1u << 18 | 15u << 10 | 9},
      {"pcmp.uge p3, r1, r2", 0x28u << 26 | 3u << 18 | 1u << 14 | 2u << 10 | 9},
      {"rcmp.slt r3, r1, r2", 0x29u << 26 | 3u << 18 | 1u << 14 | 2u << 10 | 2},
      {"sel r3, r1, r2, !p1", 0x2au << 26 | 13u << 22 | 3u << 18 | 1u << 14 | 2u << 10},
      {"selr r3, r1, r2, r9", 0x2bu << 26 | 3u << 18 | 1u << 14 | 2u << 10 | 9},
      {"pand p0, p1, p2", 0x2eu << 26 | 1u << 14 | 2u << 10},
      {"rnd r3, r1, [255], 3", 0x34u << 26 | 3u << 18 | 1u << 14 | 1023},
      {"rndc r3, r1, [255], 3", 0x36u << 26 | 3u << 18 | 1u << 14 | 1023},
      {"spkr r3, 7", 0x39u << 26 | 3u << 14 | 7},
  }));
  CHECK(assemble(text, "test") == std::vector<uint32_t>{word});
  CHECK(disassemble(decode(word)) == text);
}

TEST_CASE("every word that is an instruction survives text and back", "[golgi][isa][G7.2]") {
  std::mt19937 random(7);
  unsigned legal = 0;
  for (int i = 0; i < 400'000; ++i) {
    uint32_t word = static_cast<uint32_t>(random());
    // Half of them with the fields that most instructions leave empty.
    word &= i % 2 ? 0xffffffff : 0xffc3c00f;
    Instruction instruction;
    try {
      instruction = decode(word);
    } catch (const Error&) {
      continue;
    }
    ++legal;
    REQUIRE(encode(instruction) == word);
    REQUIRE(assemble(disassemble(instruction), "test") == std::vector<uint32_t>{word});
  }
  CHECK(legal > 10'000);
}

TEST_CASE("errors in a text name the line, what was found and what was expected", "[golgi][isa]") {
  auto [text, message] = GENERATE(table<std::string, std::string>({
      {"nop\nfoo r1", "file.gasm:2: found 'foo r1', expected an instruction"},
      {"add r1, r2", "found the end of the line, expected ','"},
      {"add r1, r2, r16", "found 'r16', expected r0 to r15"},
      {"add r1, r2, p1", "found 'p1', expected r0 to r15"},
      {"@p4 nop", "expected p0 to p3"},
      {"lds r1, 3", "found '3', expected '['"},
      {"mulq r1, r2, r3, 63", "the immediate is 63, expected 0 to 62"},
      {"ldi r1, 131072", "the immediate is 131072, expected -131072 to 131071"},
      {"ldp r1, [0], 16", "the shift is 16, expected 0 to 15"},
      {"add.slt r1, r2, r3", "'add' takes no a condition"},
      {"pcmp p1, r2, r3", "'pcmp' needs a condition"},
      {"pcmp.lt p1, r2, r3", "condition 'lt' is not known"},
      {"@p0 sel r1, r2, r3, p1", "'sel' cannot be predicated"},
      {"nop nop", "found 'nop' after the instruction"},
      {"spk 8", "the immediate is 8, expected 0 to 7"},
      {"ldi r1, x", "expected a number"},
  }));
  CHECK_THROWS_WITH(assemble(text, "file.gasm"), Catch::StartsWith("file.gasm:") && Catch::Contains(message));
}

TEST_CASE("a core's listing assembles to its programs", "[golgi][isa]") {
  CoreImage core;
  core.program = assemble("lds r1, [0] ; a comment\n\n  addi r1, r1, 3\nsts [0], r1", "test");
  Group group;
  group.cells = 4;
  group.length = 3;
  core.groups = {group};
  CHECK(assemble(disassemble(core), "listing") == core.program);
  CHECK_THAT(disassemble(core), Catch::Contains("; group 0: 4 cells") && Catch::Contains("18 cycles"));
}
