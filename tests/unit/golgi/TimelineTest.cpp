// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// When a spike arrives and what a tick costs, worked out by hand from SPEC.md.
#include "runtime/support/Random.h"
#include "targets/golgi/emulator/Chip.h"
#include "tests/unit/golgi/TestImages.h"

#include <catch2/catch.hpp>

#include <map>

using namespace nissl::golgi;
using namespace nissl::golgi::test;

namespace {

/// Fires in step 0 only.
constexpr std::string_view firesAtZero = R"(
  step r1
  ldi r2, 0
  rcmp.eq r3, r1, r2
  spkr r3, 0
)";

/// Cell 0 of a source at `from` fires in step 0; its axon, of delay d, has one synapse of fine delay f on a
/// sink at `to`. Gives the steps in which the sink's port is not zero, and the sums.
std::map<uint64_t, int32_t> arrivals(unsigned delay, unsigned fine, unsigned slots, unsigned to,
                                     unsigned steps) {
  ChipModel model = meshOf(2, 1);
  Image image;
  image.modelHash = model.hash();
  image.cores.resize(to + 1);
  for (uint32_t i = 0; i <= to; ++i) {
    image.cores[i].x = i;
  }
  CoreImage& source = image.cores[0];
  CoreImage& sink = image.cores[to];
  addGroup(source, 1, firesAtZero, 0, 0, 0, 1);
  uint32_t group = static_cast<uint32_t>(sink.groups.size());
  addGroup(sink, 1, "ldx r1, [0]", 0, 1, 0, 0);
  sink.accSlots = slots;
  uint32_t axon = addAxon(sink, {{fine * sink.accPlane + sink.groups[group].accBase, 42}});
  setAxonsOut(source, {{{to, 0, axon, delay}}});
  Symbol port{SymbolKind::Port, "sink.in", to, group, 0, 0, 1, 0};
  Chip chip(model, image);
  std::map<uint64_t, int32_t> seen;
  for (unsigned step = 0; step < steps; ++step) {
    chip.step([&](const Tick& now) {
      if (int32_t sum = chip.read(port, 0)) {
        seen[now.step] = sum;
      }
    });
  }
  return seen;
}

} // namespace

TEST_CASE("a spike fired in step 0 with delay d arrives in step 1 + d, once", "[golgi][chip][G4.2][G5.1]") {
  unsigned delay = GENERATE(0u, 1u, 2u, 62u, 63u);
  unsigned to = GENERATE(0u, 1u);
  CHECK(arrivals(delay, 0, 1, to, 140) == std::map<uint64_t, int32_t>{{1 + delay, 42}});
}

TEST_CASE("the fine delay of a synapse adds to that of its axon", "[golgi][chip][G5.4]") {
  auto [delay, fine, slots] = GENERATE(
      table<unsigned, unsigned, unsigned>({{0, 1, 2}, {0, 3, 4}, {5, 7, 8}, {32, 31, 32}, {63, 0, 32}}));
  CHECK(arrivals(delay, fine, slots, 1, 140) == std::map<uint64_t, int32_t>{{1 + delay + fine, 42}});
}

TEST_CASE("an injected event arrives in the step that its delay says", "[golgi][chip][G9.2]") {
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  CoreImage& core = image.cores.emplace_back();
  addGroup(core, 1, "ldx r1, [0]\nlds r2, [0]\nadd r2, r2, r1\nsts [0], r2", 1, 1, 0, 0);
  addAxon(core, {{0, 5}});
  image.symbols = {{SymbolKind::Axon, "in", 0, 0, 0, 0, 1, 3}, {SymbolKind::State, "sum", 0, 0, 0, 0, 1, 0}};
  Chip chip(model, image);
  std::vector<int32_t> sums;
  chip.inject(0, 0, 0);
  chip.inject(0, 0, 63);
  chip.inject(image.symbols[0], 0);
  for (int i = 0; i < 66; ++i) {
    chip.step();
    sums.push_back(chip.read(image.symbols[1], 0));
  }
  CHECK(sums[0] == 5);
  CHECK(sums[2] == 5);
  CHECK(sums[3] == 10);
  CHECK(sums[62] == 10);
  CHECK(sums[63] == 15);
  CHECK(sums[65] == 15);
}

TEST_CASE("the cycles of a tick are those of the laws", "[golgi][chip][G1.3]") {
  // One core, one cell that fires in every step, one axon to itself with one synapse.
  //   T_A = 4 + 1 (64 axons); with an event + 1 (header) + 1 (beat).
  //   T_B = 6 + 1·4 (spk) + 1 (8 accumulators).  T_C = 5.  T_D = 2·(1 + 1) + 4 = 8.
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  CoreImage& core = image.cores.emplace_back();
  addGroup(core, 1, "spk 0", 0, 1, 0, 1);
  setAxonsOut(core, {{{0, 0, addAxon(core, {{0, 1}}), 0}}});
  Chip chip(model, image);
  chip.step();
  CHECK(chip.counters().cycles == 5 + 11 + 8 + 5 + 8);
  chip.step();
  CHECK(chip.counters().cycles == 37 + 39);
  Counters expected;
  expected.ticks = 2;
  expected.cycles = 76;
  expected.coreCycles = 16 + 18;
  expected.meshCycles = 10;
  expected.barrierCycles = 32;
  expected.synapticOps = 1;
  expected.flits = 2;
  expected.events = 2;
  expected.instructions = 2;
  CHECK(chip.counters() == expected);
}

TEST_CASE("every format delivers its sums and costs its beats", "[golgi][chip][G5.3][G5.6]") {
  // Nine targets 0 … 8 each; axon 4 is a chain of the four rows.
  //   dense8: 1 + 2 beats. dense16: 1 + 3. sparse16: 1 + 9. sparse32: 1 + 9. An empty row: 1 + 1.
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  CoreImage& core = image.cores.emplace_back();
  addGroup(core, 12, "ldx r1, [0]\nsts [0], r1", 1, 1, 0, 0);
  auto appendRow = [&](RowFormat format, unsigned exponent, bool more) {
    static constexpr unsigned bitsOf[] = {0, 32, 64, 8, 16};
    unsigned bits = bitsOf[static_cast<unsigned>(format)];
    auto address = static_cast<uint32_t>(core.synapses.size());
    core.synapses.push_back(RowHeader{format, 9, 0, exponent, more}.encode());
    core.synapses.resize(core.synapses.size() + (9 * bits + 63) / 64, 0);
    for (unsigned i = 0; i < 9; ++i) {
      // Weight i − 4, in two's complement of the format's width.
      auto weight = static_cast<uint64_t>(int64_t{i} - 4);
      uint64_t entry = format == RowFormat::Sparse16   ? uint64_t{i} << 16 | (weight & 0xffff)
                       : format == RowFormat::Sparse32 ? uint64_t{i} << 32 | (weight & 0xffffffff)
                       : format == RowFormat::Dense8   ? weight & 0xff
                                                       : weight & 0xffff;
      core.synapses[address + 1 + i * bits / 64] |= entry << (i * bits % 64);
    }
    return address;
  };
  core.axonsIn = {
      axonIn(appendRow(RowFormat::Dense8, 0, false)), axonIn(appendRow(RowFormat::Dense16, 4, false)),
      axonIn(appendRow(RowFormat::Sparse16, 8, false)), axonIn(appendRow(RowFormat::Sparse32, 20, false))};
  core.axonsIn.push_back(axonIn(appendRow(RowFormat::Dense8, 0, true)));
  appendRow(RowFormat::Dense16, 4, true);
  appendRow(RowFormat::Sparse16, 8, true);
  appendRow(RowFormat::Sparse32, 20, false);
  core.axonsIn.push_back(axonIn(static_cast<uint32_t>(core.synapses.size())));
  core.synapses.push_back(RowHeader{}.encode());
  auto [axon, unit, ops, rowCycles] =
      GENERATE(table<uint32_t, int32_t, uint64_t, uint64_t>({{0, 1, 9, 3},
                                                             {1, 16, 9, 4},
                                                             {2, 256, 9, 10},
                                                             {3, 1 << 20, 9, 10},
                                                             {4, 1 + 16 + 256 + (1 << 20), 36, 27},
                                                             {5, 0, 0, 2}}));
  Chip chip(model, image);
  chip.inject(0, axon, 0);
  chip.step();
  Symbol state{SymbolKind::State, "sum", 0, 0, 0, 0, 12, 0};
  for (uint32_t cell = 0; cell < 12; ++cell) {
    CHECK(chip.read(state, cell) == (cell < 9 ? (static_cast<int32_t>(cell) - 4) * unit : 0));
  }
  CHECK(chip.counters().synapticOps == ops);
  // T_A = 4 + 1 + rows; T_B = 6 + 8 + 2 (16 accumulators); 2·T_D = 16.
  CHECK(chip.counters().cycles == 5 + rowCycles + 16 + 16);
}

TEST_CASE("the slowest core makes the step", "[golgi][chip][G1.3]") {
  // Core 0: 17 cells (two batches) of 3 instructions of 4 cycles: 6 + 24. Core 1: one cell of `rnd`: 6 + 40.
  // No axons: T_A = 4. No ports. Nothing to scan: T_C = 0. T_D = 2·(2 + 1) + 4 = 10.
  ChipModel model = meshOf(2, 1);
  Image image;
  image.modelHash = model.hash();
  image.cores.resize(2);
  image.cores[1].x = 1;
  addGroup(image.cores[0], 17, "nop\nnop\nnop", 0, 0, 0, 0);
  image.cores[1].constants = {1, 2};
  addGroup(image.cores[1], 1, "rnd r1, r0, [0], 0", 0, 0, 0, 0);
  Chip chip(model, image);
  chip.step();
  CHECK(chip.counters().cycles == 4 + 46 + 10 + 10);
}

TEST_CASE("groups run in their period and their stratum only", "[golgi][chip][G6.2]") {
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  image.ticksPerStep = 2;
  CoreImage& core = image.cores.emplace_back();
  Group& first = addGroup(core, 1, "spk 0", 0, 0, 0, 1);
  first.period = 3;
  first.offset = 2;
  addGroup(core, 1, "ldx r1, [0]\nspkr r1, 0", 0, 1, 0, 1).stratum = 1;
  // From stratum 0 to stratum 1 within the step: delay K·0 + 1 − 0 − 1 = 0.
  setAxonsOut(core, {{{0, 0, addAxon(core, {{core.groups[1].accBase, 1}}), 0}}});
  Chip chip(model, image);
  std::vector<std::vector<Spike>> seen;
  for (int step = 0; step < 6; ++step) {
    chip.step();
    seen.emplace_back(chip.spikes().begin(), chip.spikes().end());
  }
  std::vector<Spike> both = {{0, 0, 0, 0}, {0, 1, 0, 0}};
  CHECK(seen == std::vector<std::vector<Spike>>{{}, {}, both, {}, {}, both});
  CHECK(chip.counters().ticks == 12);
  CHECK(chip.currentStep() == 6);
}

TEST_CASE("cells see the step, not the tick", "[golgi][chip][G1.1]") {
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  image.ticksPerStep = 3;
  CoreImage& core = image.cores.emplace_back();
  addGroup(core, 1, "step r1\nsts [0], r1\nrnd r2, r1, [0], 0\nsts [1], r2", 2, 0, 0, 0).stratum = 2;
  core.constants = {5, 6};
  Chip chip(model, image);
  chip.setCurrentStep(1000);
  chip.setSeed(3);
  for (uint32_t step = 1000; step < 1004; ++step) {
    CHECK(chip.currentStep() == step);
    chip.step();
    CHECK(chip.readState(0, 0) == static_cast<int32_t>(step));
    CHECK(chip.readState(0, 4) == static_cast<int32_t>(nissl::support::philox(3, step, step, 5, 6)[0]));
  }
}

TEST_CASE("an input counts for one step", "[golgi][chip][G9.3]") {
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  CoreImage& core = image.cores.emplace_back();
  addGroup(core, 2, "ldh r1, [0]\nsts [0], r1", 1, 0, 1, 0);
  Symbol input{SymbolKind::Input, "in", 0, 0, 0, 0, 2, 0};
  Symbol state{SymbolKind::State, "x", 0, 0, 0, 0, 2, 0};
  Chip chip(model, image);
  chip.setInput(input, 1, -9);
  chip.step();
  CHECK(chip.read(state, 0) == 0);
  CHECK(chip.read(state, 1) == -9);
  chip.step();
  CHECK(chip.read(state, 1) == 0);
}

TEST_CASE("an event on an axon without a row is a counted loss", "[golgi][chip][G4.3]") {
  ChipModel model = meshOf(1, 1);
  Image image;
  image.modelHash = model.hash();
  CoreImage& core = image.cores.emplace_back();
  core.axonsIn = {0, 0};
  Chip chip(model, image);
  chip.inject(0, 1, 0);
  chip.step();
  CHECK(chip.counters().droppedEvents == 1);
  // T_A = 4 + 1 + 1, T_B = 0, T_C = 0, 2·T_D = 16.
  CHECK(chip.counters().cycles == 22);
}
