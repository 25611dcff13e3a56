// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The synapses of a row that lack events of their targets, however they are looked for.
#include "targets/cpu/device/LackingEvents.h"

#include <catch2/catch.hpp>

#include <random>
#include <set>
#include <vector>

using namespace nissl::cpu;

namespace {

constexpr size_t mostEvents = 128;
constexpr unsigned steps = 5000;

/// The steps of a cell's events: some of `steps`.
std::vector<unsigned> someSteps(size_t count, std::mt19937& random) {
  std::set<unsigned> some;
  while (some.size() < count) {
    some.insert(random() % steps);
  }
  return {some.begin(), some.end()};
}

template <typename Target>
void checkRow(uint64_t length, unsigned most, unsigned since, bool vectors) {
  INFO(length << " synapses of " << sizeof(Target) << " bytes, at most " << most << " events each, since "
              << since << ", " << (vectors ? "with" : "without") << " vectors");
  std::mt19937 random(static_cast<unsigned>(length) + most);
  constexpr size_t cells = 300;
  constexpr int64_t firstTarget = sizeof(Target) == 2 ? 65000 : 1'000'000;
  std::vector<std::vector<unsigned>> stepsOf;
  TargetEvents events(firstTarget, cells);
  for (size_t cell = 0; cell < cells; ++cell) {
    const std::vector<unsigned>& own = stepsOf.emplace_back(someSteps(random() % (most + 1), random));
    for (size_t event = 0; event < own.size(); ++event) {
      CHECK(events.add(cell, own[event]) == (event + 1 == mostEvents));
    }
  }
  const uint64_t begin = 5, end = begin + length;
  std::vector<Target> targets(end);
  for (Target& target : targets) {
    target = static_cast<Target>(random() % cells + firstTarget);
  }
  const Places places = {.stretch = 64, .pitch = 100};
  LackingEvents lacking(length);
  lacking.find(events, targets.data(), begin, end, static_cast<uint16_t>(since), places, {}, vectors);
  size_t round = 0;
  for (;; ++round) {
    std::vector<uint32_t> who, where;
    for (uint64_t s = begin; s < end; ++s) {
      const std::vector<unsigned>& own = stepsOf[static_cast<size_t>(targets[s] - firstTarget)];
      if (round < own.size() && own[own.size() - 1 - round] >= since) {
        unsigned step = own[own.size() - 1 - round];
        who.push_back(static_cast<uint32_t>(s));
        where.push_back(step % 64 * 100 + step / 64);
      }
    }
    if (who.empty()) {
      break;
    }
    REQUIRE(round < lacking.rounds().size());
    LackingRound found = lacking.rounds()[round];
    CHECK(std::vector(lacking.synapses(found), lacking.synapses(found) + found.length) == who);
    CHECK(std::vector(lacking.places(found), lacking.places(found) + found.length) == where);
  }
  CHECK(lacking.rounds().size() == round);
}

} // namespace

TEST_CASE("synapses lack the last events of their targets", "[backlog]") {
  for (uint64_t length : {0, 1, 15, 16, 17, 64, 300}) {
    for (unsigned most : {0u, 1u, 2u, 3u, 4u, 5u, 128u}) {
      for (unsigned since : {0u, 2500u, 4990u}) {
        for (bool vectors : {false, LackingEvents::hasVectors()}) {
          checkRow<uint16_t>(length, most, since, vectors);
          checkRow<uint32_t>(length, most, since, vectors);
        }
      }
    }
  }
}
