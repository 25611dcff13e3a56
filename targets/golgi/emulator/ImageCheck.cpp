// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whether an image is one that a chip can run: everything SPEC.md demands, before anything is trusted.
#include "targets/golgi/emulator/Image.h"
#include "targets/golgi/emulator/SynapseRow.h"
#include "targets/golgi/model/CycleModel.h"

#include <algorithm>
#include <bit>
#include <map>

using nissl::support::Error;

namespace nissl::golgi {

static uint64_t sourcesOf(const CoreImage& core) {
  uint64_t sources = 0;
  for (const Group& group : core.groups) {
    sources = std::max(sources, group.spikeBase + uint64_t{group.events} * pad64(group.cells));
  }
  return sources;
}

Usage usageOf(const CoreImage& core) {
  Usage usage;
  usage[Resource::Instructions] = core.program.size();
  usage[Resource::Groups] = core.groups.size();
  for (const Group& group : core.groups) {
    usage[Resource::Cells] = std::max<uint64_t>(usage[Resource::Cells], group.cells);
    usage[Resource::StateWordsPerCell] =
        std::max<uint64_t>(usage[Resource::StateWordsPerCell], group.stateWords);
  }
  usage[Resource::StateWords] = core.state.size();
  usage[Resource::ParameterHalfwords] = core.parameters.size();
  usage[Resource::Constants] = core.constants.size();
  usage[Resource::LutEntries] = core.lut.size();
  usage[Resource::LutTables] = core.tables.size();
  usage[Resource::InputWords] = core.inputWords;
  usage[Resource::Accumulators] = uint64_t{core.accPlane} * core.accSlots;
  usage[Resource::AccSlots] = core.accSlots;
  usage[Resource::AxonsIn] = core.axonsIn.size();
  usage[Resource::SynapseWords] = core.synapses.size();
  usage[Resource::SpikeSources] = sourcesOf(core);
  usage[Resource::AxonsOut] = core.axonsOut.size();
  return usage;
}

/// The image's core at (y, x), or nothing.
using CoreGrid = std::map<std::pair<uint32_t, uint32_t>, const CoreImage*>;

/// Checks one core; every message begins with its coordinates.
class CoreCheck {
public:
  CoreCheck(const CoreImage& core, const Image& image, const ChipModel& model, const CoreGrid& grid)
      : core(core), image(image), model(model), grid(grid),
        place(fmt::format("golgi image, core ({}, {})", core.x, core.y)) {}

  void run() {
    std::vector<Shortage> shortages = model.shortages(usageOf(core));
    if (!shortages.empty()) {
      throw Error::input("NS0803",
                         "{}: it does not fit chip '{}': {}; use a larger chip or spread it over more cores",
                         place, model.name(), describe(shortages));
    }
    checkAccumulators();
    for (size_t i = 0; i < core.groups.size(); ++i) {
      checkGroup(i);
    }
    checkTables();
    checkSpikeAreas();
    checkAxonsIn();
    checkAxonsOut();
  }

private:
  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) const {
    throw Error::input("NS0802", "{}: {}", place, fmt::format(text, std::forward<Args>(args)...));
  }
  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> text, Args&&... args) const {
    throw Error::input("NS0806", "{}: {} (reserved in SPEC.md, not built)", place,
                       fmt::format(text, std::forward<Args>(args)...));
  }

  void checkAccumulators() const {
    if (core.accPlane % ChipModel::accBanks != 0) {
      fail("the accumulator plane has {} words, expected a multiple of {} (G5.4)", core.accPlane,
           unsigned{ChipModel::accBanks});
    }
    if (!std::has_single_bit(core.accSlots)) {
      fail("the accumulators have {} slots, expected 1, 2, 4, 8, 16 or 32 (G5.4)", core.accSlots);
    }
  }

  void requireRange(const Group& group, size_t index, std::string_view memory, uint64_t base, uint64_t planes,
                    uint64_t size) const {
    uint64_t end = base + planes * pad4(group.cells);
    if (planes != 0 && (base % 4 != 0 || end > size)) {
      fail("group {}: {} words [{}, {}) of {}, expected a base that is a multiple of 4 and an end within {} "
           "(G6.1)",
           index, memory, base, end, memory, size);
    }
  }

  void checkGroup(size_t index) const {
    const Group& group = core.groups[index];
    requireRange(group, index, "NSTATE", group.stateBase, group.stateWords, core.state.size());
    requireRange(group, index, "NPAR", group.parameterBase, group.parameterHalfwords, core.parameters.size());
    requireRange(group, index, "ACC", group.accBase, group.ports, core.accPlane);
    requireRange(group, index, "INP", group.inputBase, group.inputs, core.inputWords);
    if (group.events > eventsPerGroup || group.spikeBase % ChipModel::scanBits != 0) {
      fail("group {}: {} events from source {}, expected at most {} from a multiple of {} (G6.1)", index,
           group.events, group.spikeBase, unsigned{eventsPerGroup}, unsigned{ChipModel::scanBits});
    }
    if (group.period == 0 || group.offset >= group.period || group.stratum >= image.ticksPerStep) {
      fail("group {}: period {}, offset {}, stratum {}; expected offset < period and stratum < {} (G6.1)",
           index, group.period, group.offset, group.stratum, image.ticksPerStep);
    }
    if (uint64_t{group.entry} + group.length > core.program.size()) {
      fail("group {}: program [{}, {}), expected an end within the {} instructions (G6.1)", index,
           group.entry, uint64_t{group.entry} + group.length, core.program.size());
    }
    for (uint32_t pc = group.entry; pc < group.entry + group.length; ++pc) {
      checkInstruction(group, index, pc);
    }
  }

  void checkInstruction(const Group& group, size_t index, uint32_t pc) const {
    Instruction instruction;
    try {
      instruction = decode(core.program[pc]);
    } catch (const Error& failure) {
      throw Error::input("NS0802", "{}: group {}, instruction {}: {}", place, index, pc, failure.what());
    }
    auto require = [&](std::string_view what, uint64_t found, uint64_t available) {
      if (found >= available) {
        fail("group {}, instruction {} ({}): {} {}, but there are {}", index, pc,
             infoOf(instruction.op).mnemonic, what, found, available);
      }
    };
    auto imm = static_cast<uint32_t>(instruction.imm);
    switch (instruction.op) {
    case Opcode::Lds:
    case Opcode::Sts:
      return require("state word", imm, group.stateWords);
    case Opcode::Ldp:
      return require("parameter halfword", imm, group.parameterHalfwords);
    case Opcode::Ldpw:
      return require("parameter halfword", imm + 1, group.parameterHalfwords);
    case Opcode::Ldc:
      return require("constant", imm, core.constants.size());
    case Opcode::Ldx:
      return require("port", imm, group.ports);
    case Opcode::Ldh:
      return require("input", imm, group.inputs);
    case Opcode::Lut:
    case Opcode::Luti:
      return require("table", imm, core.tables.size());
    case Opcode::Rnd:
    case Opcode::Rndc:
      return require("constant", imm / 4 + 1, core.constants.size());
    case Opcode::Spk:
    case Opcode::Spkr:
      return require("event", imm, group.events);
    default:
      return;
    }
  }

  void checkTables() const {
    for (size_t i = 0; i < core.tables.size(); ++i) {
      const LutTable& table = core.tables[i];
      if (table.size == 0 || table.size > 1 << 16 || uint64_t{table.first} + table.size > core.lut.size() ||
          table.fractionBits > 30) {
        fail("table {}: entries [{}, {}), {} fraction bits; expected 1 to 65536 entries within {}, at most "
             "30 bits (G7.7)",
             i, table.first, uint64_t{table.first} + table.size, table.fractionBits, core.lut.size());
      }
    }
  }

  void checkSpikeAreas() const {
    std::map<uint64_t, std::pair<uint64_t, size_t>> areas;
    for (size_t i = 0; i < core.groups.size(); ++i) {
      const Group& group = core.groups[i];
      if (group.events == 0 || group.cells == 0) {
        continue;
      }
      uint64_t end = group.spikeBase + uint64_t{group.events} * pad64(group.cells);
      auto [entry, isNew] = areas.try_emplace(group.spikeBase, end, i);
      auto next = std::next(entry);
      bool overlapsNext = next != areas.end() && next->first < end;
      bool overlapsPrevious = entry != areas.begin() && std::prev(entry)->second.first > group.spikeBase;
      if (!isNew || overlapsNext || overlapsPrevious) {
        fail("group {}: sources [{}, {}) overlap another group's, expected areas of their own (G6.4)", i,
             group.spikeBase, end);
      }
    }
  }

  void checkAxonsIn() const {
    std::vector<bool> visited(core.synapses.size(), false);
    for (size_t axon = 0; axon < core.axonsIn.size(); ++axon) {
      uint32_t kind = core.axonsIn[axon] >> 28;
      if (kind > 1) {
        refuse("axon {}: kind {}", axon, kind);
      }
      if (kind == static_cast<uint32_t>(AxonKind::Row)) {
        checkRows(axon, core.axonsIn[axon] & 0x0fffffff, visited);
      } else if (core.axonsIn[axon] != 0) {
        fail("axon {}: word {:#010x} of kind 0, expected 0 (G4.3)", axon, core.axonsIn[axon]);
      }
    }
  }

  void checkRows(size_t axon, uint64_t address, std::vector<bool>& visited) const {
    bool more = true;
    while (more) {
      if (address >= core.synapses.size()) {
        fail("axon {}: row at synapse word {}, but there are {} (G4.3)", axon, address, core.synapses.size());
      }
      if (visited[address]) {
        return;
      }
      visited[address] = true;
      std::optional<RowHeader> header = RowHeader::decode(core.synapses[address]);
      if (!header) {
        refuse("axon {}: row at synapse word {}: header {:#018x} has an unknown format or bits", axon,
               address, core.synapses[address]);
      }
      if (address + 1 + header->payloadWords() > core.synapses.size()) {
        fail("axon {}: row at synapse word {} has {} words after it, but there are {} in all (G5.3)", axon,
             address, header->payloadWords(), core.synapses.size());
      }
      checkPadding(axon, address, *header);
      checkOffsets(axon, address, *header);
      address += 1 + header->payloadWords();
      more = header->more;
    }
  }

  /// What lies behind the last weight of the last word is zero (G5.3).
  void checkPadding(size_t axon, uint64_t address, const RowHeader& header) const {
    static constexpr uint32_t bitsOf[] = {0, 32, 64, 8, 16};
    uint64_t used = uint64_t{header.count} * bitsOf[static_cast<unsigned>(header.format)] % 64;
    if (used != 0 && core.synapses[address + header.payloadWords()] >> used != 0) {
      fail("axon {}: row at synapse word {}: {} behind its last synapse, expected zeros (G5.3)", axon,
           address, core.synapses[address + header.payloadWords()] >> used);
    }
  }

  void checkOffsets(size_t axon, uint64_t address, const RowHeader& header) const {
    uint64_t ring = uint64_t{core.accPlane} * core.accSlots;
    auto require = [&](uint64_t offset) {
      if (offset >= ring) {
        fail("axon {}: row at synapse word {}: offset {}, expected one below {} accumulators (G5.4)", axon,
             address, offset, ring);
      }
    };
    if (header.format == RowFormat::Dense8 || header.format == RowFormat::Dense16) {
      if (header.count != 0) {
        require(header.base + uint64_t{header.count} - 1);
        if (header.base % core.accPlane + header.count > core.accPlane) {
          fail("axon {}: dense row at synapse word {}: {} targets from offset {} leave their plane of {} "
               "(G5.4)",
               axon, address, header.count, header.base, core.accPlane);
        }
      }
      return;
    }
    if (header.base != 0) {
      fail("axon {}: sparse row at synapse word {}: base {}, expected 0 (G5.3)", axon, address, header.base);
    }
    for (uint32_t i = 0; i < header.count; ++i) {
      bool wide = header.format == RowFormat::Sparse32;
      uint64_t word = core.synapses[address + 1 + (wide ? i : i / 2)];
      require(wide ? word >> 32 : word >> (32 * (i % 2) + 16) & 0xffff);
    }
  }

  void checkAxonsOut() const {
    uint64_t sources = sourcesOf(core);
    if (core.axonPointers.empty()) {
      if (!core.axonsOut.empty()) {
        fail("{} axons out but no pointers to them, expected {} pointers (G8.2)", core.axonsOut.size(),
             sources + 1);
      }
      return;
    }
    if (core.axonPointers.size() != sources + 1 || core.axonPointers.front() != 0 ||
        core.axonPointers.back() != core.axonsOut.size() ||
        !std::is_sorted(core.axonPointers.begin(), core.axonPointers.end())) {
      fail("{} axon pointers from {} to {}, expected {} ascending ones from 0 to {} (G8.2)",
           core.axonPointers.size(), core.axonPointers.front(), core.axonPointers.back(), sources + 1,
           core.axonsOut.size());
    }
    for (size_t i = 0; i < core.axonsOut.size(); ++i) {
      AxonOut out = AxonOut::decode(core.axonsOut[i]);
      if (out.x == 31) {
        refuse("axon out {}: it goes to the host (x = 31)", i);
      }
      auto target = grid.find({out.y, out.x});
      if (target == grid.end() || out.axon >= target->second->axonsIn.size()) {
        fail("axon out {}: it goes to axon {} of core ({}, {}), which {}", i, out.axon, out.x, out.y,
             target == grid.end() ? std::string("is not in the image")
                                  : fmt::format("has {} axons", target->second->axonsIn.size()));
      }
    }
  }

  const CoreImage& core;
  const Image& image;
  const ChipModel& model;
  const CoreGrid& grid;
  std::string place;
};

static void checkSymbol(const Symbol& symbol, const Image& image) {
  auto fail = [&](std::string_view what, uint64_t found, uint64_t available) {
    throw Error::input("NS0802", "golgi image, symbol '{}': {} {}, but there are {}", symbol.name, what,
                       found, available);
  };
  if (symbol.core >= image.cores.size()) {
    fail("core", symbol.core, image.cores.size());
  }
  const CoreImage& core = image.cores[symbol.core];
  if (symbol.kind == SymbolKind::Axon) {
    uint64_t end = uint64_t{symbol.index} + symbol.count;
    if (end > core.axonsIn.size()) {
      fail("axons up to", end, core.axonsIn.size());
    }
    if (symbol.delay > ChipModel::maxDelay) {
      fail("delay", symbol.delay, ChipModel::eventSlots);
    }
    return;
  }
  if (symbol.group >= core.groups.size()) {
    fail("group", symbol.group, core.groups.size());
  }
  const Group& group = core.groups[symbol.group];
  uint32_t limits[] = {group.stateWords, group.ports, group.inputs, group.events};
  uint32_t limit = limits[static_cast<unsigned>(symbol.kind)];
  if (symbol.index >= limit) {
    fail("index", symbol.index, limit);
  }
  if (symbol.count > group.cells) {
    fail("cells", symbol.count, group.cells);
  }
}

void check(const Image& image, const ChipModel& model) {
  if (image.modelHash != model.hash()) {
    throw Error::input(
        "NS0802",
        "golgi image: it was made for a chip with hash {:#x}, and chip '{}' has {:#x}; compile it again "
        "with --chip {}",
        image.modelHash, model.name(), model.hash(), model.name());
  }
  if (image.ticksPerStep == 0 || image.ticksPerStep > ChipModel::maxTicksPerStep) {
    throw Error::input("NS0802", "golgi image: {} ticks per step, expected 1 to {} (G1.1)",
                       image.ticksPerStep, unsigned{ChipModel::maxTicksPerStep});
  }
  CoreGrid grid;
  for (size_t i = 0; i < image.cores.size(); ++i) {
    const CoreImage& core = image.cores[i];
    if (core.x >= model.width() || core.y >= model.height()) {
      throw Error::input("NS0803", "golgi image: core ({}, {}), but chip '{}' is {} x {}", core.x, core.y,
                         model.name(), model.width(), model.height());
    }
    if (i != 0 && std::pair(image.cores[i - 1].y, image.cores[i - 1].x) >= std::pair(core.y, core.x)) {
      throw Error::input("NS0802",
                         "golgi image: core ({}, {}) stands after ({}, {}), expected ascending (y, x)",
                         core.x, core.y, image.cores[i - 1].x, image.cores[i - 1].y);
    }
    grid[{core.y, core.x}] = &core;
  }
  for (const CoreImage& core : image.cores) {
    CoreCheck(core, image, model, grid).run();
  }
  for (const Symbol& symbol : image.symbols) {
    checkSymbol(symbol, image);
  }
}

} // namespace nissl::golgi
