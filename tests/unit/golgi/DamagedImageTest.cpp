// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An image that the reader accepts is one that the emulator can run, whatever its words are.
#include "targets/golgi/emulator/Chip.h"
#include "tests/unit/golgi/TestImages.h"

#include <catch2/catch.hpp>

#include <random>

using namespace nissl::golgi;
using namespace nissl::golgi::test;
using nissl::support::Error;

TEST_CASE("damaged images are refused or run", "[golgi][image][G3.3][G10.3]") {
  // Meant for the address and undefined-behaviour sanitizers, which see what a check has missed.
  ChipModel model = meshOf(2, 1);
  std::vector<uint8_t> bytes = writeImage(fullImage(model));
  size_t words = bytes.size() / 4;
  std::mt19937 random(2026);
  unsigned ran = 0;
  unsigned refused = 0;
  for (int attempt = 0; attempt < 4000; ++attempt) {
    std::vector<uint8_t> damaged = bytes;
    for (size_t change = 1 + random() % 3; change > 0; --change) {
      size_t word = random() % (words - 1);
      uint32_t old = damaged[4 * word] | uint32_t{damaged[4 * word + 1]} << 8 |
                     uint32_t{damaged[4 * word + 2]} << 16 | uint32_t{damaged[4 * word + 3]} << 24;
      switch (random() % 4) {
      case 0:
        putWord(damaged, word, old ^ 1u << random() % 32);
        break;
      case 1:
        putWord(damaged, word, old + 1);
        break;
      case 2:
        putWord(damaged, word, static_cast<uint32_t>(random() % 70));
        break;
      case 3:
        putWord(damaged, word, static_cast<uint32_t>(random()));
        break;
      }
    }
    putWord(damaged, words - 1, crcOf(damaged, bytes.size() - 4));
    try {
      Image image = readImage(damaged, model);
      Chip chip(model, image);
      for (uint32_t core = 0; core < image.cores.size(); ++core) {
        for (uint32_t axon = 0; axon < image.cores[core].axonsIn.size(); ++axon) {
          chip.inject(core, axon, axon % 3);
        }
      }
      for (int step = 0; step < 8; ++step) {
        chip.step();
      }
      for (const Symbol& symbol : image.symbols) {
        for (uint32_t cell = 0; symbol.kind == SymbolKind::State && cell < symbol.count; ++cell) {
          chip.read(symbol, cell);
        }
      }
      ++ran;
    } catch (const Error&) {
      ++refused;
    }
  }
  // Both happen often; otherwise the damage is not the kind this test is about.
  CHECK(ran > 400);
  CHECK(refused > 400);
}
