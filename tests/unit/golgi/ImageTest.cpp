// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Images: the GLG1 file, and what is refused.
#include "tests/unit/golgi/TestImages.h"

#include <catch2/catch.hpp>

#include <functional>

using namespace nissl::golgi;
using namespace nissl::golgi::test;
using nissl::support::Error;

namespace {

std::string failureOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& failure) {
    return failure.code() + ": " + failure.what();
  }
  return "no failure";
}

} // namespace

TEST_CASE("an image file reads back as it was written", "[golgi][image][G10]") {
  ChipModel model = meshOf(2, 1);
  Image image = fullImage(model);
  check(image, model);
  std::vector<uint8_t> bytes = writeImage(image);
  CHECK(std::string(bytes.begin(), bytes.begin() + 4) == "GLG1");
  CHECK(readImage(bytes, model) == image);
}

TEST_CASE("the checksum is zlib's CRC-32", "[golgi][image][G10.1]") {
  std::string check = "123456789";
  REQUIRE(crcOf({check.begin(), check.end()}, 9) == 0xcbf43926); // the published check value
  std::vector<uint8_t> bytes = writeImage(fullImage(meshOf(2, 1)));
  uint32_t crc = crcOf(bytes, bytes.size() - 4);
  std::vector<uint8_t> expected = bytes;
  putWord(expected, bytes.size() / 4 - 1, crc);
  CHECK(bytes == expected);
}

TEST_CASE("every truncation and every flipped bit is refused", "[golgi][image][G10.3]") {
  ChipModel model = meshOf(2, 1);
  std::vector<uint8_t> bytes = writeImage(fullImage(model));
  for (size_t length = 0; length < bytes.size(); length += 3) {
    std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length));
    CHECK_THROWS_AS(readImage(cut, model), Error);
  }
  for (size_t bit = 0; bit < 8 * bytes.size(); bit += 7) {
    std::vector<uint8_t> flipped = bytes;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    CHECK_THROWS_AS(readImage(flipped, model), Error);
  }
}

TEST_CASE("a count beyond the end of the file is refused with what is left", "[golgi][image][G10.3]") {
  ChipModel model = meshOf(2, 1);
  std::vector<uint8_t> bytes = writeImage(fullImage(model));
  size_t words = bytes.size() / 4;
  // The file ends with the length 8, the two words of "in.spike" and the checksum.
  putWord(bytes, words - 4, 100);
  putWord(bytes, words - 1, crcOf(bytes, bytes.size() - 4));
  CHECK_THAT(failureOf([&] { readImage(bytes, model); }),
             Catch::Contains("a symbol's name takes 25 words") && Catch::Contains("but 2 are left"));
}

TEST_CASE("words replaced by extremes under a valid checksum never crash the reader",
          "[golgi][image][G10.3]") {
  ChipModel model = meshOf(2, 1);
  std::vector<uint8_t> bytes = writeImage(fullImage(model));
  size_t words = bytes.size() / 4;
  uint32_t value = GENERATE(0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu, 0x10000000u);
  unsigned refused = 0;
  for (size_t word = 0; word + 1 < words; ++word) {
    std::vector<uint8_t> changed = bytes;
    putWord(changed, word, value);
    putWord(changed, words - 1, crcOf(changed, bytes.size() - 4));
    try {
      readImage(changed, model);
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > words / 8);
}

TEST_CASE("what contradicts the specification is refused with its place", "[golgi][image][G10.3]") {
  ChipModel model = meshOf(2, 1);
  using Change = std::function<void(Image&)>;
  auto [change, message] = GENERATE(table<Change, std::string>({
      {[](Image& i) { i.modelHash ^= 1; }, "NS0802: golgi image: it was made for a chip"},
      {[](Image& i) { i.ticksPerStep = 17; }, "17 ticks per step, expected 1 to 16"},
      {[](Image& i) { i.cores[1].x = 2; }, "NS0803: golgi image: core (2, 0)"},
      {[](Image& i) { i.cores[1].x = 0; }, "expected ascending (y, x)"},
      {[](Image& i) { i.cores[0].groups[0].stratum = 2; },
       "stratum 2; expected offset < period and stratum < 2"},
      {[](Image& i) { i.cores[0].groups[0].offset = 7; }, "period 7, offset 7"},
      {[](Image& i) { i.cores[0].groups[0].stateBase = 2; }, "a multiple of 4"},
      {[](Image& i) { i.cores[0].groups[0].stateBase = 4; }, "NSTATE words [4, 20)"},
      {[](Image& i) { i.cores[0].groups[0].inputBase = 8; }, "INP words [8, 16)"},
      {[](Image& i) { i.cores[0].groups[0].accBase = 0xfffffffc; }, "ACC words"},
      {[](Image& i) { i.cores[0].groups[0].spikeBase = 32; }, "a multiple of 64"},
      {[](Image& i) { i.cores[0].groups[0].length = 8; }, "within the 7 instructions"},
      {[](Image& i) { i.cores[0].program[0] = assemble("lds r1, [2]", "")[0]; },
       "(lds): state word 2, but there are 2"},
      {[](Image& i) { i.cores[0].program[0] = assemble("ldpw r1, [1]", "")[0]; }, "parameter halfword 2"},
      {[](Image& i) { i.cores[0].program[0] = assemble("ldc r1, [2]", "")[0]; },
       "constant 2, but there are 2"},
      {[](Image& i) { i.cores[0].program[0] = assemble("rnd r1, r2, [1], 0", "")[0]; },
       "constant 2, but there are 2"},
      {[](Image& i) { i.cores[0].program[0] = assemble("ldx r1, [2]", "")[0]; }, "port 2, but there are 2"},
      {[](Image& i) { i.cores[0].program[0] = assemble("ldh r1, [1]", "")[0]; }, "input 1, but there are 1"},
      {[](Image& i) { i.cores[0].program[0] = assemble("lut r1, r1, 1", "")[0]; },
       "table 1, but there are 1"},
      {[](Image& i) { i.cores[0].program[0] = assemble("spk 2", "")[0]; }, "event 2, but there are 2"},
      {[](Image& i) { i.cores[0].program[0] = 0x3eu << 26; }, "op code 0x3e is reserved"},
      {[](Image& i) { i.cores[0].tables[0].size = 3; }, "table 0: entries [1, 4)"},
      {[](Image& i) { i.cores[0].accSlots = 3; }, "3 slots, expected"},
      {[](Image& i) { i.cores[0].accPlane = 20; }, "a multiple of 8"},
      {[](Image& i) { i.cores[0].axonsIn[1] = 2u << 28; },
       "NS0806: golgi image, core (0, 0): axon 1: kind 2"},
      {[](Image& i) { i.cores[0].axonsIn[1] = 7; }, "of kind 0, expected 0"},
      {[](Image& i) { i.cores[0].axonsIn[1] = axonIn(500); }, "row at synapse word 500"},
      {[](Image& i) { i.cores[0].synapses[0] |= 15; }, "has an unknown format"},
      {[](Image& i) { i.cores[0].synapses[0] |= 0xfff0; }, "words after it"},
      {[](Image& i) { i.cores[0].synapses[1] |= 0xffff0000; }, "offset 65535"},
      {[](Image& i) { i.cores[0].synapses[1] = 64u << 16; }, "offset 64, expected one below 64 accumulators"},
      {[](Image& i) {
         i.cores[0].synapses[0] = RowHeader{RowFormat::Sparse16, 1, 0, 0, false}.encode();
         i.cores[0].synapses[1] = uint64_t{7} << 32;
       },
       "7 behind its last synapse, expected zeros"},
      {[](Image& i) { i.cores[0].synapses[0] = RowHeader{RowFormat::Dense8, 8, 12, 0, false}.encode(); },
       "8 targets from offset 12 leave their plane of 16"},
      {[](Image& i) {
         i.cores[0].groups.push_back(i.cores[0].groups[0]);
         i.cores[0].groups[1].length = 0;
         i.cores[0].groups[1].spikeBase = 64;
         i.cores[0].groups[1].events = 1;
       },
       "group 1: sources [64, 128) overlap another group's"},
      {[](Image& i) { i.cores[0].synapses.back() |= uint64_t{1} << 37; }, "row at synapse word"},
      {[](Image& i) { i.cores[0].axonPointers.pop_back(); }, "axon pointers"},
      {[](Image& i) { std::swap(i.cores[0].axonPointers[1], i.cores[0].axonPointers[9]); }, "ascending"},
      {[](Image& i) { i.cores[0].axonsOut[0] |= 31; },
       "NS0806: golgi image, core (0, 0): axon out 0: it goes to the host"},
      {[](Image& i) { i.cores[0].axonsOut[0] = AxonOut{1, 0, 2, 0}.encode(); },
       "axon 2 of core (1, 0), which has 2 axons"},
      {[](Image& i) { i.cores[0].axonsOut[0] = AxonOut{0, 1, 0, 0}.encode(); }, "which is not in the image"},
      {[](Image& i) { i.cores[0].groups.push_back(i.cores[0].groups[0]); }, "overlap another group's"},
      {[](Image& i) { i.symbols[0].core = 2; }, "symbol 'E.v': core 2, but there are 2"},
      {[](Image& i) { i.symbols[0].index = 2; }, "symbol 'E.v': index 2"},
      {[](Image& i) { i.symbols[1].count = 6; }, "symbol 'E.exc': cells 6"},
      {[](Image& i) { i.symbols[4].count = 3; }, "symbol 'in.spike': axons up to 3"},
      {[](Image& i) { i.symbols[4].delay = 64; }, "symbol 'in.spike': delay 64"},
  }));
  Image image = fullImage(model);
  change(image);
  CHECK_THAT(failureOf([&] { check(image, model); }), Catch::Contains(message));
}

TEST_CASE("an image that does not fit says what is wanted and available", "[golgi][image][G3]") {
  ChipModel model = meshOf(2, 1);
  Image image = fullImage(model);
  image.cores[1].state.resize(9000);
  image.cores[1].axonsIn.resize(4097);
  std::string failure = failureOf([&] { check(image, model); });
  CHECK_THAT(failure, Catch::Contains("NS0803: golgi image, core (1, 0): it does not fit chip 'golgi-1'"));
  CHECK_THAT(failure, Catch::Contains(
                          "state_words: 9000 wanted, 8192 available; axons_in: 4097 wanted, 4096 available"));
}

TEST_CASE("a cell of more state words than the chip allows is refused", "[golgi][image][G3.2]") {
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  addGroup(image.cores.emplace_back(), 1, "nop", 17, 0, 0, 0);
  CHECK_THAT(failureOf([&] { check(image, model); }),
             Catch::Contains("state_words_per_cell: 17 wanted, 16 available"));
}
