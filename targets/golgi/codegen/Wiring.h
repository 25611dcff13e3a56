// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Placed synapses sorted into axons: placement counts them, the image is written from them.
#pragma once

#include "targets/golgi/codegen/Placement.h"
#include "targets/golgi/emulator/SynapseRow.h"

#include <span>
#include <string>
#include <vector>

namespace nissl::golgi {

/// A source's synapses of one delay on one core.
struct Axon {
  uint32_t sourceCore = 0;
  uint32_t source = 0; ///< in SPKM
  uint32_t targetCore = 0;
  uint32_t ticks = 0;        ///< the flit's delay
  size_t begin = 0, end = 0; ///< into Wiring::synapses
};

struct Wiring {
  std::vector<Synapse> synapses;
  std::vector<Axon> axons; ///< ascending by source core, source, target core, ticks
  std::span<const Synapse> synapsesOf(const Axon& axon) const {
    return std::span(synapses).subspan(axon.begin, axon.end - axon.begin);
  }
};

/// Says which projection has a delay that the chip has not; empty where all have one.
std::string delayShortage(const ChipProgram& program);

/// All synapses of a placed program. First their delays decide the cores' slots, then they are wired.
class Wirer {
public:
  Wirer(const ChipProgram& program, const Placement& placement, const std::vector<CoreLayout>& layouts);

  /// By core: as many slots of sums as its delays differ by, as far as `accumulators` and `accSlots` allow.
  std::vector<uint32_t> chooseSlots(uint64_t accumulators, uint64_t accSlots) const;

  /// Moves a part of each delay from the axon to the slot, so that synapses of one source share an axon.
  Wiring wire(const std::vector<uint32_t>& slots) &&;

private:
  /// A synapse as one number that sorts as it is wired, and what it adds.
  struct Entry {
    uint64_t key;
    int32_t contribution;
  };
  struct Range {
    uint32_t least, most;
  };

  void add(const ChipProgram& program, const Edge& edge,
           const std::vector<std::vector<ElementPlace>>& places);

  const std::vector<CoreLayout>& layouts;
  std::vector<Entry> entries;
  std::vector<Range> ranges; ///< of ticks, by target core
};

} // namespace nissl::golgi
