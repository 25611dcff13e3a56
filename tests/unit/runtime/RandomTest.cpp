// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/support/Random.h"
#include "runtime/support/Error.h"

#include <catch2/catch.hpp>

#include <set>

#include <algorithm>

using namespace nissl::support;

// The philox4x32-10 lines of tests/kat_vectors in the Random123 distribution (D. E. Shaw Research).
TEST_CASE("Philox4x32-10 gives the known answers of Random123", "[runtime][random]") {
  CHECK(philox(PhiloxWords{0, 0, 0, 0}, PhiloxKey{0, 0}) ==
        PhiloxWords{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox(PhiloxWords{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
               PhiloxKey{0xffffffff, 0xffffffff}) ==
        PhiloxWords{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox(PhiloxWords{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
               PhiloxKey{0xa4093822, 0x299f31d0}) ==
        PhiloxWords{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("every field of the counter stands where the architecture says", "[runtime][random]") {
  // Digits chosen so that each nibble names its field: step 0x1112_13141516, entity 0x21_22232425,
  // stream 0x313233, draw 0x4142.
  CHECK(packCounter(0x111213141516, 0x2122232425, 0x313233, 0x4142) ==
        PhiloxWords{0x13141516, 0x24251112, 0x33212223, 0x41423132});
  CHECK(packCounter(0xffffffffffff, 0, 0, 0) == PhiloxWords{0xffffffff, 0x0000ffff, 0, 0});
  CHECK(packCounter(0, 0xffffffffff, 0, 0) == PhiloxWords{0, 0xffff0000, 0x00ffffff, 0});
  CHECK(packCounter(0, 0, 0xffffff, 0) == PhiloxWords{0, 0, 0xff000000, 0x0000ffff});
  CHECK(packCounter(0, 0, 0, 0xffff) == PhiloxWords{0, 0, 0, 0xffff0000});
}

TEST_CASE("the seed is the key, low word first", "[runtime][random]") {
  // The third known answer again, its counter and key taken apart by hand into fields.
  // counter words 243f6a88 85a308d3 13198a2e 03707344:
  //   step = 08d3_243f6a88, entity = 198a2e_85a3, stream = 7344_13, draw = 0370
  CHECK(philox(0x299f31d0a4093822, 0x08d3243f6a88, 0x198a2e85a3, 0x734413, 0x0370) ==
        PhiloxWords{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("draws computed side by side are those of single calls", "[runtime][random]") {
  // Every field with its highest bits set, the last draw the last that there is.
  uint64_t seed = 0xfedcba9876543210, step = 0xf12233445566, entity = 0x987654321f;
  uint32_t stream = 0xf1f2f3, first = 0x10000 - philoxBatch;
  std::array<uint32_t, 4 * philoxBatch> words;
  philoxDraws(seed, step, entity, stream, first, words);
  for (uint32_t i = 0; i < philoxBatch; ++i) {
    PhiloxWords expected = philox(seed, step, entity, stream, first + i);
    CHECK(std::equal(expected.begin(), expected.end(), words.begin() + 4 * i));
  }
}

TEST_CASE("cells that are 16 apart share blocks", "[runtime][random]") {
  struct Case {
    uint64_t cell;
    unsigned word;
    CellWord place;
  };
  // By hand: 200 = 3 * 64 + 0 * 16 + 8, 4294967295 = 67108863 * 64 + 3 * 16 + 15.
  for (const Case& c : {Case{0, 0, {0, 0}}, Case{15, 0, {15, 0}}, Case{16, 0, {0, 1}}, Case{63, 0, {15, 3}},
                        Case{64, 0, {16, 0}}, Case{200, 0, {56, 0}}, Case{16, 2, {0x80000000, 1}},
                        Case{4294967295, 3, {0xffffffff, 3}}}) {
    CHECK(cellWord(c.cell, c.word).entity == c.place.entity);
    CHECK(cellWord(c.cell, c.word).word == c.place.word);
  }
  // No two words of cells are the same, and none of their blocks' words is left out.
  std::set<std::pair<uint64_t, unsigned>> seen;
  for (uint64_t cell = 0; cell < 256; ++cell) {
    for (unsigned word = 0; word < 4; ++word) {
      CellWord place = cellWord(cell, word);
      CHECK((place.entity & 0x3fffffff) < 64);
      CHECK(seen.emplace(place.entity, place.word).second);
      CHECK(cellBits(5, 6, cell, 7, 8, word) == philox(5, 6, place.entity, 7, 8)[place.word]);
    }
  }
}

TEST_CASE("a stream is the folded FNV-1a of its name", "[runtime][random]") {
  // Published FNV-1a 64 values: "" cbf29ce484222325, "a" af63dc4c8601ec8c, "foobar" 85944171f73967e8.
  // Taken apart by hand into bits 0 to 23, 24 to 47 and 48 to 63.
  struct Case {
    const char* name;
    uint32_t low, middle, high;
  };
  for (const Case& one : {Case{"", 0x222325, 0x9ce484, 0xcbf2}, Case{"a", 0x01ec8c, 0xdc4c86, 0xaf63},
                          Case{"foobar", 0x3967e8, 0x4171f7, 0x8594}}) {
    CHECK(streamOf(one.name) == (one.low ^ one.middle ^ one.high));
  }
}

TEST_CASE("a synapse's entity is its source and ordinal, and too large ones are refused",
          "[runtime][random]") {
  CHECK(synapseEntity(0, 0) == 0);
  CHECK(synapseEntity(3, 5) == 3145733); // 3 * 2^20 + 5
  CHECK(synapseEntity(0xfffff, 0xfffff) == 0xffffffffff);
  CHECK_THROWS_AS(synapseEntity(0x100000, 0), Error);
  CHECK_THROWS_AS(synapseEntity(0, 0x100000), Error);
}

TEST_CASE("a uniform number has 53 bits and is below one", "[runtime][random]") {
  CHECK(uniformOf(0, 0) == 0.0);
  CHECK(uniformOf(0x80000000, 0) == 0.5);
  CHECK(uniformOf(0, 64) == 0x1p-53);
  CHECK(uniformOf(0, 63) == 0.0);
  CHECK(uniformOf(0xffffffff, 0xffffffff) == 1.0 - 0x1p-53);
}

TEST_CASE("an error carries its code and the process's exit code", "[runtime][error]") {
  Error error = Error::input("NS0301", "projection '{}' has {} targets", "EE", 3);
  CHECK(error.exitCode() == ExitCode::input);
  CHECK(error.code() == "NS0301");
  CHECK(std::string(error.what()) == "projection 'EE' has 3 targets");
  CHECK(error.format() == "error[NS0301]: projection 'EE' has 3 targets");
  CHECK(static_cast<int>(Error::usage("NS0001", "x").exitCode()) == 2);
  CHECK(static_cast<int>(Error::machine("NS0001", "x").exitCode()) == 3);
  CHECK(static_cast<int>(Error::bug("NS0001", "x").exitCode()) == 4);
}
