// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The synapses of a row that lack events of their targets, however they are looked for.
#include "targets/cpu/device/LackingEvents.h"
#include "targets/cpu/device/Buffer.h"

#include <catch2/catch.hpp>

#include <random>
#include <vector>

using namespace nissl::cpu;

namespace {

constexpr size_t mostEvents = 128;

template <typename Target>
void checkRow(uint64_t length, unsigned most, bool vectors) {
  INFO(length << " synapses of " << sizeof(Target) << " bytes, at most " << most << " events each, "
              << (vectors ? "with" : "without") << " vectors");
  std::mt19937 random(static_cast<unsigned>(length) + most);
  auto below = [&](size_t end) { return random() % end; };
  constexpr size_t cells = 300;
  constexpr int64_t firstTarget = sizeof(Target) == 2 ? 65000 : 1'000'000;
  Buffer counts(cells);
  auto* count = counts.as<uint8_t>();
  std::vector<uint16_t> place(cells * (mostEvents + 1));
  for (size_t cell = 0; cell < cells; ++cell) {
    count[cell] = static_cast<uint8_t>(below(most + 1));
  }
  for (uint16_t& one : place) {
    one = static_cast<uint16_t>(random());
  }
  const uint64_t begin = 5, end = begin + length;
  std::vector<Target> targets(end);
  std::vector<uint8_t> seen(end), expected(end);
  for (uint64_t s = begin; s < end; ++s) {
    size_t cell = below(cells);
    targets[s] = static_cast<Target>(cell + firstTarget);
    expected[s] = seen[s] = static_cast<uint8_t>(below(2) ? count[cell] : below(count[cell] + 1u));
  }
  std::vector<uint32_t> synapse(length + TakenLists::slack), places(synapse.size()), lacking(synapse.size());
  const TargetEvents events = {firstTarget, count, place.data(), cells};
  TakenLists lists = {synapse.data(), places.data(), lacking.data()};
  Taken taken = takeFirst(events, targets.data(), seen.data(), begin, end, lists, vectors);
  for (size_t rounds = 0; rounds <= mostEvents; ++rounds) {
    std::vector<uint32_t> who, where, more;
    for (uint64_t s = begin; s < end; ++s) {
      auto cell = static_cast<size_t>(targets[s] - firstTarget);
      if (expected[s] < count[cell]) {
        who.push_back(static_cast<uint32_t>(s));
        where.push_back(place[expected[s] * cells + cell]);
        ++expected[s];
        if (expected[s] < count[cell]) {
          more.push_back(static_cast<uint32_t>(s));
        }
      }
    }
    CHECK(std::vector(lists.synapse, lists.synapse + taken.length) == who);
    CHECK(std::vector(lists.place, lists.place + taken.length) == where);
    CHECK(std::vector(lists.lacking, lists.lacking + taken.lacking) == more);
    CHECK(seen == expected);
    if (more.empty()) {
      break;
    }
    std::swap(lists.synapse, lists.lacking);
    taken = takeNext(events, targets.data(), seen.data(), taken.lacking, lists);
  }
}

} // namespace

TEST_CASE("synapses take the next events of their targets", "[backlog]") {
  for (uint64_t length : {0, 1, 15, 16, 17, 64, 300}) {
    for (unsigned most : {0u, 1u, 3u, 128u}) {
      for (bool vectors : {false, hasVectors()}) {
        checkRow<uint16_t>(length, most, vectors);
        checkRow<uint32_t>(length, most, vectors);
      }
    }
  }
}
