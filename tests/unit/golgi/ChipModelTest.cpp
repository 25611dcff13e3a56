// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Chip models and the closed cycle laws.
#include "targets/golgi/model/ChipModel.h"
#include "targets/golgi/model/CycleModel.h"
#include "tests/unit/golgi/TestImages.h"

#include <catch2/catch.hpp>

using namespace nissl::golgi;
using namespace nissl::golgi::test;
using nissl::support::Error;

TEST_CASE("the bundled chips are those of the specification", "[golgi][model][G3]") {
  ChipModel small = ChipModel::load("golgi-64");
  CHECK(small.cores() == 64);
  CHECK(small.capacity(Resource::SynapseWords) == 16384);
  CHECK(small.capacity(Resource::AxonsIn) == 4096);
  CHECK(barrierCycles(small) == 36);
  ChipModel large = ChipModel::load("golgi-256");
  CHECK(large.cores() == 256);
  CHECK(large.capacity(Resource::AxonsIn) == 8192);
  CHECK(large.capacity(Resource::AxonsOut) == 8192);
  CHECK(large.hash() != small.hash());
  CHECK(ChipModel::load("golgi-1").cores() == 1);
}

TEST_CASE("a model written as JSON reads back", "[golgi][model]") {
  ChipModel model = ChipModel::load("golgi-64");
  ChipModel again = ChipModel::fromJson(model.toJson(), "again");
  CHECK(again.toJson() == model.toJson());
  CHECK(again.hash() == model.hash());
}

TEST_CASE("an illegal model is refused with the entry's name", "[golgi][model]") {
  auto [from, to, message] = GENERATE(table<std::string, std::string, std::string>({
      {"\"groups\": 32", "\"groups\": 33", "'groups' is 33, expected a power of two"},
      {"\"groups\": 32", "\"groups\": 0", "'groups' is 0, expected a whole number from 1 to"},
      {"\"groups\": 32", "\"groups\": \"many\"", "'groups' is \"many\""},
      {"\"groups\": 32", "\"grups\": 32", "'groups' is missing"},
      {"\"groups\": 32", "\"groups\": 32, \"colour\": 1", "'colour' is not known here"},
      {"\"width\": 8", "\"width\": 32", "mesh: 'width' is 32, expected a whole number from 1 to 31"},
      {"\"golgi\": 1", "\"golgi\": 2", "'golgi' is 2"},
      {"250000000.0", "-1", "'clock_hz' is -1"},
      {"\"acc_slots\": 32", "\"acc_slots\": 64", "'acc_slots' is 64"},
      {"{", "[", "this is no JSON"},
  }));
  std::string json = ChipModel::load("golgi-64").toJson();
  size_t at = json.find(from);
  REQUIRE(at != std::string::npos);
  json.replace(at, from.size(), to);
  CHECK_THROWS_WITH(ChipModel::fromJson(json, "chip.json"),
                    Catch::StartsWith("chip.json") && Catch::Contains(message));
}

TEST_CASE("an unknown chip is refused with the names that exist", "[golgi][model]") {
  CHECK_THROWS_WITH(ChipModel::load("golgi-65"), Catch::Contains("golgi-65") && Catch::Contains("golgi-64"));
}

TEST_CASE("a program's cost follows from its instructions", "[golgi][model][G6.5]") {
  // lds 4, mulq 8, ldpw 8, rnd 40, luti 8: 68 a batch of 16.
  std::vector<uint32_t> program =
      assemble("lds r1, [0]\nmulq r1, r1, r2, 3\nldpw r3, [0]\nrnd r4, r3, [0], 1\nluti r5, r4, 2", "test");
  CHECK(groupCycles(0, program) == 6);
  CHECK(groupCycles(1, program) == 6 + 68);
  CHECK(groupCycles(16, program) == 6 + 68);
  CHECK(groupCycles(17, program) == 6 + 2 * 68);
  CHECK(deliverCycles(0) == 4);
  CHECK(deliverCycles(64) == 5);
  CHECK(deliverCycles(65) == 6);
  CHECK(deliverCycles(4096) == 68);
}
