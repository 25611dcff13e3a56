// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of synapses: what is packed is what is delivered, in as few words as the formats allow.
#include "targets/golgi/emulator/SynapseRow.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using namespace nissl::golgi;

namespace {

/// Sorted, without the zeros that dense rows fill gaps with.
std::vector<Synapse> canonical(std::vector<Synapse> synapses) {
  std::erase_if(synapses, [](const Synapse& s) { return s.contribution == 0; });
  std::sort(synapses.begin(), synapses.end(), [](const Synapse& a, const Synapse& b) {
    return std::pair(a.offset, a.contribution) < std::pair(b.offset, b.contribution);
  });
  return synapses;
}

} // namespace

TEST_CASE("any row delivers what was packed", "[golgi][synapses][G5.3]") {
  std::mt19937 random(GENERATE(range(0u, 60u)));
  uint32_t plane = 8 * (1 + random() % 40);
  uint32_t slots = 1u << random() % 5;
  std::vector<uint64_t> words(random() % 7, 0);
  for (int row = 0; row < 5; ++row) {
    unsigned bits = 1 + random() % 32;
    unsigned exponent = random() % (33 - bits);
    std::vector<Synapse> synapses(random() % 100);
    for (Synapse& synapse : synapses) {
      auto value = static_cast<int32_t>(static_cast<uint32_t>(random()) << (32 - bits)) >> (32 - bits);
      synapse = {static_cast<uint32_t>(random() % (plane * slots)),
                 static_cast<int32_t>(static_cast<uint32_t>(value) << exponent)};
    }
    uint32_t address = appendRow(words, synapses, plane);
    CHECK(canonical(readRow(words, address)) == canonical(synapses));
    bool more = true;
    for (size_t at = address; more;) {
      RowHeader header = RowHeader::decode(words[at]).value();
      bool dense = header.format == RowFormat::Dense8 || header.format == RowFormat::Dense16;
      CHECK((dense ? header.base % plane + header.count <= plane : header.base == 0)); // G5.3, G5.4
      at += 1 + header.payloadWords();
      more = header.more;
    }
  }
}

TEST_CASE("the format is the smallest that is exact", "[golgi][synapses][G5.3]") {
  auto wordsOf = [](const std::vector<Synapse>& synapses) {
    std::vector<uint64_t> words;
    appendRow(words, synapses, 64);
    return std::pair(words.size(), RowHeader::decode(words[0])->format);
  };
  std::vector<Synapse> block;
  for (uint32_t i = 0; i < 16; ++i) {
    block.push_back({i + 3, static_cast<int32_t>(i) - 8});
  }
  CHECK(wordsOf(block) == std::pair(size_t{3}, RowFormat::Dense8)); // 1 + 16/8
  block[4].contribution = 1000;
  CHECK(wordsOf(block) == std::pair(size_t{5}, RowFormat::Dense16)); // 1 + 16/4
  CHECK(wordsOf({{0, 5}, {40, 6}}) == std::pair(size_t{2}, RowFormat::Sparse16));
  CHECK(wordsOf({{0, 5 << 20}, {40, 6 << 20}}) == std::pair(size_t{2}, RowFormat::Sparse16)); // exponent
  CHECK(wordsOf({{0, 1000001}, {40, 6}}).first == 4); // 6 in 16 bits, 1000001 in 32
  CHECK(wordsOf({{0, 1000001}, {40, -1000001}}) == std::pair(size_t{3}, RowFormat::Sparse32));
  CHECK(wordsOf({}) == std::pair(size_t{1}, RowFormat::Sparse16));
}

TEST_CASE("a dense row per plane", "[golgi][synapses][G5.4]") {
  // Eight targets at the end of plane 0 and eight at the beginning of plane 1: adjacent offsets, two rows.
  std::vector<Synapse> synapses;
  for (uint32_t i = 0; i < 16; ++i) {
    synapses.push_back({56 + i, static_cast<int32_t>(i) + 1});
  }
  std::vector<uint64_t> words;
  appendRow(words, synapses, 64);
  REQUIRE(words.size() == 4);
  CHECK(RowHeader::decode(words[0])->base == 56);
  CHECK(RowHeader::decode(words[0])->more);
  CHECK(RowHeader::decode(words[2])->base == 64);
  CHECK(readRow(words, 0) == synapses);
}

TEST_CASE("beats are those of the format", "[golgi][synapses][G5.3]") {
  CHECK(RowHeader{RowFormat::Sparse16, 9, 0, 0, false}.beats() == 9);
  CHECK(RowHeader{RowFormat::Sparse16, 9, 0, 0, false}.payloadWords() == 5);
  CHECK(RowHeader{RowFormat::Sparse32, 9, 0, 0, false}.beats() == 9);
  CHECK(RowHeader{RowFormat::Dense8, 9, 0, 0, false}.beats() == 2);
  CHECK(RowHeader{RowFormat::Dense16, 9, 0, 0, false}.beats() == 3);
}

TEST_CASE("a row longer than a header can count is a chain", "[golgi][synapses][G5.3]") {
  std::vector<Synapse> synapses;
  for (uint32_t i = 0; i < 5000; ++i) {
    synapses.push_back({(i * 7919) % 40000, static_cast<int32_t>(i * 100003)});
  }
  std::vector<uint64_t> words;
  uint32_t address = appendRow(words, synapses, 40000);
  CHECK(RowHeader::decode(words[address])->more);
  CHECK(canonical(readRow(words, address)) == canonical(synapses));
}
