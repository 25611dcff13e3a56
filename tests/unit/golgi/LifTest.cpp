// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A recurrent network of leaky integrate-and-fire cells, as microcode and as a plain loop.
#include "runtime/support/Random.h"
#include "targets/golgi/emulator/Chip.h"
#include "tests/unit/golgi/TestImages.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using namespace nissl::golgi;
using namespace nissl::golgi::test;

namespace {

constexpr uint32_t cells = 150;
constexpr uint32_t stream = 0xabcdef;
constexpr uint64_t seed = 99;

struct Connection {
  uint32_t source;
  uint32_t target;
  int32_t weight;
  uint32_t delay;
};

/// Step in which a cell fired, and the cell.
using Raster = std::vector<std::pair<uint64_t, uint32_t>>;

std::vector<Connection> drawNetwork() {
  std::mt19937 random(3);
  std::vector<Connection> connections;
  for (uint32_t source = 0; source < cells; ++source) {
    for (int i = 0; i < 12; ++i) {
      bool inhibitory = source % 5 == 0;
      int32_t weight = inhibitory ? -static_cast<int32_t>(4000 + random() % 5000)
                                  : 1000 + static_cast<int32_t>(random() % 5000);
      connections.push_back(
          {source, static_cast<uint32_t>(random() % cells), weight, static_cast<uint32_t>(random() % 10)});
    }
  }
  return connections;
}

int32_t inputOf(uint64_t step, uint32_t cell) { return cell % 7 == step % 7 ? 2500 : 0; }

/// v decays by 60000/65536, gets its synapses, an input and noise; fires above 20000 and then rests for 3
/// steps.
Raster plainLoop(const std::vector<Connection>& connections, uint64_t firstStep, int steps) {
  std::vector<int32_t> v(cells, 0), rest(cells, 0);
  std::vector<std::vector<int32_t>> arriving(11, std::vector<int32_t>(cells, 0));
  Raster raster;
  for (uint64_t step = firstStep; step < firstStep + static_cast<uint64_t>(steps); ++step) {
    std::vector<uint32_t> fired;
    for (uint32_t cell = 0; cell < cells; ++cell) {
      auto product = int64_t{v[cell]} * 60000;
      int64_t quotient = product >> 16, remainder = product & 65535;
      if (remainder > 32768 || (remainder == 32768 && quotient % 2 != 0)) {
        ++quotient;
      }
      uint32_t noise = nissl::support::philox(seed, step, cell, stream, 0)[0] >> 19;
      int32_t next = static_cast<int32_t>(quotient) + arriving[0][cell] + inputOf(step, cell) +
                     static_cast<int32_t>(noise) - 2000;
      if (rest[cell] > 0) {
        --rest[cell];
        next = 0;
      } else if (next > 20000) {
        next = 0;
        rest[cell] = 3;
        fired.push_back(cell);
        raster.emplace_back(step, cell);
      }
      v[cell] = next;
    }
    // What was fired now is stamped with the next step and arrives `delay` later.
    arriving.erase(arriving.begin());
    arriving.emplace_back(cells, 0);
    for (const Connection& c : connections) {
      if (std::binary_search(fired.begin(), fired.end(), c.source)) {
        arriving[c.delay][c.target] += c.weight;
      }
    }
  }
  return raster;
}

constexpr std::string_view microcode = R"(
  cid   r1
  rnd   r2, r1, [0], 0
  shri  r2, r2, 19
  lds   r3, [0]            ; v
  ldc   r4, [2]            ; 60000
  mulq  r3, r3, r4, 16
  ldx   r5, [0]
  add   r3, r3, r5
  ldh   r6, [0]
  add   r3, r3, r6
  add   r3, r3, r2
  ldc   r7, [3]            ; -2000
  add   r3, r3, r7
  lds   r8, [1]            ; steps of rest
  ldi   r9, 20000
  pset  p0, r8             ; resting
  pcmp.sgt p1, r3, r9
  pnot  p2, p0
  pand  p1, p1, p2         ; fires
  @p0 addi r8, r8, -1
  @p0 ldi r3, 0
  @p1 ldi r3, 0
  @p1 ldi r8, 3
  @p1 spk 0
  sts   [0], r3
  sts   [1], r8
)";

/// The network on width × height cores, cells dealt to cores by `coreOf` in ascending order. Delays up to 7
/// ticks are fine delays where `fine`; the rest is the axon's.
Raster onChip(const std::vector<Connection>& connections, unsigned width, unsigned height,
              const std::vector<uint32_t>& firstCell, bool fine, uint64_t firstStep, int steps,
              bool reload = false) {
  ChipModel model = meshOf(width, height);
  Image image;
  image.modelHash = model.hash();
  image.cores.resize(firstCell.size());
  auto endOf = [&](size_t core) { return core + 1 < firstCell.size() ? firstCell[core + 1] : cells; };
  auto coreOf = [&](uint32_t cell) {
    return static_cast<size_t>(std::upper_bound(firstCell.begin(), firstCell.end(), cell) -
                               firstCell.begin() - 1);
  };
  for (size_t i = 0; i < image.cores.size(); ++i) {
    CoreImage& core = image.cores[i];
    core.x = static_cast<uint32_t>(i) % width;
    core.y = static_cast<uint32_t>(i) / width;
    core.constants = {stream, 0, 60000, -2000};
    addGroup(core, endOf(i) - firstCell[i], microcode, 2, 1, 1, 1).idBase = firstCell[i];
    core.accSlots = fine ? 8 : 1;
  }
  std::vector<std::vector<std::vector<AxonOut>>> lists(image.cores.size());
  for (size_t i = 0; i < lists.size(); ++i) {
    lists[i].resize(endOf(i) - firstCell[i]);
  }
  for (uint32_t source = 0; source < cells; ++source) {
    for (size_t i = 0; i < image.cores.size(); ++i) {
      for (uint32_t coarse = 0; coarse < 10; ++coarse) {
        std::vector<Synapse> row;
        for (const Connection& c : connections) {
          uint32_t fineDelay = fine ? std::min(c.delay, 7u) : 0;
          if (c.source == source && coreOf(c.target) == i && c.delay - fineDelay == coarse) {
            row.push_back({fineDelay * image.cores[i].accPlane + c.target - firstCell[i], c.weight});
          }
        }
        if (!row.empty()) {
          uint32_t axon = addAxon(image.cores[i], row);
          lists[coreOf(source)][source - firstCell[coreOf(source)]].push_back(
              {image.cores[i].x, image.cores[i].y, axon, coarse});
        }
      }
    }
  }
  for (size_t i = 0; i < lists.size(); ++i) {
    setAxonsOut(image.cores[i], lists[i]);
  }
  Chip chip(model, image);
  chip.setSeed(seed);
  chip.setCurrentStep(firstStep);
  Raster raster;
  for (int i = 0; i < steps; ++i) {
    if (reload && i == steps / 2) {
      ChipState saved = chip.save();
      chip.step();
      Chip other(model, readImage(writeImage(image), model));
      other.restore(saved);
      chip = std::move(other);
    }
    uint64_t step = chip.currentStep();
    for (uint32_t cell = 0; cell < cells; ++cell) {
      if (int32_t value = inputOf(step, cell)) {
        chip.setInput(static_cast<uint32_t>(coreOf(cell)), cell - firstCell[coreOf(cell)], value);
      }
    }
    chip.step();
    std::vector<uint32_t> fired;
    for (const Spike& spike : chip.spikes()) {
      fired.push_back(firstCell[spike.core] + spike.cell);
    }
    std::sort(fired.begin(), fired.end());
    for (uint32_t cell : fired) {
      raster.emplace_back(step, cell);
    }
  }
  return raster;
}

} // namespace

TEST_CASE("a network of LIF cells fires as in a plain loop", "[golgi][chip]") {
  std::vector<Connection> connections = drawNetwork();
  Raster expected = plainLoop(connections, 0, 300);
  REQUIRE(expected.size() > 500);
  REQUIRE(expected.size() < 300 * cells / 4);
  SECTION("on one core") { CHECK(onChip(connections, 1, 1, {0}, false, 0, 300) == expected); }
  SECTION("with fine delays") { CHECK(onChip(connections, 1, 1, {0}, true, 0, 300) == expected); }
  SECTION("on four cores") { CHECK(onChip(connections, 2, 2, {0, 1, 66, 130}, false, 0, 300) == expected); }
  SECTION("on six cores, fine") {
    CHECK(onChip(connections, 3, 2, {0, 25, 50, 75, 99, 149}, true, 0, 300) == expected);
  }
  SECTION("saved, written, read and restored halfway") {
    CHECK(onChip(connections, 2, 2, {0, 40, 80, 120}, true, 0, 300, true) == expected);
  }
}

TEST_CASE("a run may start at a step beyond 2^31", "[golgi][chip][G9.5]") {
  std::vector<Connection> connections = drawNetwork();
  uint64_t firstStep = (uint64_t{1} << 31) - 100;
  CHECK(onChip(connections, 2, 1, {0, 77}, false, firstStep, 200) == plainLoop(connections, firstStep, 200));
}
