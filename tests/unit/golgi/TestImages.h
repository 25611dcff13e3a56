// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Small images for the tests of this folder.
#pragma once

#include "targets/golgi/emulator/Assembler.h"
#include "targets/golgi/emulator/Image.h"
#include "targets/golgi/emulator/SynapseRow.h"
#include "targets/golgi/model/ChipModel.h"
#include "targets/golgi/model/CycleModel.h"

#include <string>
#include <string_view>
#include <vector>

namespace nissl::golgi::test {

/// golgi-1 with another mesh.
inline ChipModel meshOf(unsigned width, unsigned height) {
  std::string json = ChipModel::load("golgi-1").toJson();
  auto replace = [&](std::string_view key, unsigned value) {
    std::string from = "\"" + std::string(key) + "\": 1";
    json.replace(json.find(from), from.size(), "\"" + std::string(key) + "\": " + std::to_string(value));
  };
  replace("width", width);
  replace("height", height);
  return ChipModel::fromJson(json, "test");
}

/// Appends a group that runs `text`; its memories begin where those of the groups before end.
inline Group& addGroup(CoreImage& core, uint32_t cells, std::string_view text, uint32_t stateWords,
                       uint32_t ports, uint32_t inputs, uint32_t events) {
  Group group;
  group.cells = cells;
  group.stateBase = static_cast<uint32_t>(core.state.size());
  group.stateWords = stateWords;
  core.state.resize(core.state.size() + size_t{stateWords} * pad4(cells), 0);
  group.accBase = 0;
  group.spikeBase = 0;
  for (const Group& before : core.groups) {
    group.accBase += before.ports * pad4(before.cells);
    group.spikeBase += before.events * pad64(before.cells);
  }
  group.ports = ports;
  core.accPlane = (group.accBase + ports * pad4(cells) + 7) & ~7u;
  group.inputBase = core.inputWords;
  group.inputs = inputs;
  core.inputWords += inputs * pad4(cells);
  group.events = events;
  group.entry = static_cast<uint32_t>(core.program.size());
  for (uint32_t word : assemble(text, "test")) {
    core.program.push_back(word);
  }
  group.length = static_cast<uint32_t>(core.program.size()) - group.entry;
  return core.groups.emplace_back(group);
}

/// Gives source s the list axons[s]; sources after the end have empty ones.
inline void setAxonsOut(CoreImage& core, const std::vector<std::vector<AxonOut>>& axons) {
  uint32_t sources = 0;
  for (const Group& group : core.groups) {
    sources += group.events * pad64(group.cells);
  }
  core.axonPointers = {0};
  core.axonsOut.clear();
  for (uint32_t source = 0; source < sources; ++source) {
    if (source < axons.size()) {
      for (const AxonOut& out : axons[source]) {
        core.axonsOut.push_back(out.encode());
      }
    }
    core.axonPointers.push_back(static_cast<uint16_t>(core.axonsOut.size()));
  }
}

/// Appends an axon with this row; gives its number.
inline uint32_t addAxon(CoreImage& core, const std::vector<Synapse>& synapses) {
  core.axonsIn.push_back(axonIn(appendRow(core.synapses, synapses, core.accPlane)));
  return static_cast<uint32_t>(core.axonsIn.size() - 1);
}

/// An image that uses every section and kind of symbol.
inline Image fullImage(const ChipModel& model) {
  Image image;
  image.modelHash = model.hash();
  image.ticksPerStep = 2;
  image.cores.resize(2);
  image.cores[1].x = 1;
  for (CoreImage& core : image.cores) {
    addGroup(core, 5,
             "lds r1, [0]\nldp r2, [1], 3\nldc r3, [1]\nldx r4, [1]\nldh r5, [0]\nlut r6, r1, 0\nspkr r6, 1",
             2, 2, 1, 2);
    core.groups[0].parameterHalfwords = 2;
    core.groups[0].period = 7;
    core.groups[0].offset = 3;
    core.groups[0].stratum = 1;
    core.groups[0].idBase = 1000;
    core.parameters.assign(15, 0);
    core.parameters.resize(16, -3);
    core.state[3] = -77;
    core.constants = {5, -6};
    core.lut = {{1, 2}, {-3, 4}, {5, -6}};
    core.tables = {{1, 2, 8}};
    core.accSlots = 4;
    addAxon(core, {{0, 100}, {17, -7}, {40, 123456}});
    addAxon(core, {});
    setAxonsOut(core, {{{0, 0, 1, 5}, {1, 0, 0, 63}}, {}, {{1, 0, 1, 0}}});
  }
  image.symbols = {{SymbolKind::State, "E.v", 0, 0, 1, 0, 5, 0},
                   {SymbolKind::Port, "E.exc", 1, 0, 0, 5, 5, 0},
                   {SymbolKind::Input, "E.I", 0, 0, 0, 0, 5, 0},
                   {SymbolKind::Event, "E.spike", 1, 0, 1, 5, 5, 0},
                   {SymbolKind::Axon, "in.spike", 1, 0, 0, 0, 2, 9}};
  return image;
}

/// Replaces a word of a file.
inline void putWord(std::vector<uint8_t>& bytes, size_t word, uint32_t value) {
  for (int i = 0; i < 4; ++i) {
    bytes[4 * word + static_cast<size_t>(i)] = static_cast<uint8_t>(value >> (8 * i));
  }
}

/// zlib's CRC-32, from its definition as a polynomial division of the bits.
inline uint32_t crcOf(const std::vector<uint8_t>& bytes, size_t length) {
  uint32_t crc = 0xffffffff;
  for (size_t bit = 0; bit < 8 * length; ++bit) {
    uint32_t incoming = bytes[bit / 8] >> bit % 8 & 1;
    crc = (crc >> 1) ^ (((crc ^ incoming) & 1) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

} // namespace nissl::golgi::test
