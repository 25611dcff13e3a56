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

} // namespace nissl::golgi::test
