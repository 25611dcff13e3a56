// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/Wiring.h"

#include "targets/golgi/model/ChipModel.h"
#include "targets/golgi/model/CycleModel.h"

#include <fmt/format.h>

#include <algorithm>

namespace nissl::golgi {
namespace {

// A key, from its low end: where a synapse adds (at most 65536 sums, G5.4), ticks, target core, source,
// source core. Cores are at most 31 x 32 (G2.1).
constexpr unsigned offsetBits = 18, tickBits = 6, coreBits = 10, sourceBits = 20;
constexpr unsigned tickAt = offsetBits, targetCoreAt = tickAt + tickBits, sourceAt = targetCoreAt + coreBits,
                   sourceCoreAt = sourceAt + sourceBits;
static_assert(sourceCoreAt + coreBits == 64);

uint32_t field(uint64_t key, unsigned at, unsigned bits) {
  return static_cast<uint32_t>(key >> at & ((uint64_t{1} << bits) - 1));
}

int64_t ticksOf(const ChipProgram& program, const Edge& edge, size_t synapse) {
  return edge.deliveries->delay[synapse] * program.ticksPerStep + edge.lag;
}

} // namespace

std::string delayShortage(const ChipProgram& program) {
  for (const Edge& edge : program.edges) {
    for (size_t s = 0; s < edge.deliveries->source.size(); ++s) {
      int64_t ticks = ticksOf(program, edge, s);
      if (ticks < 0 || ticks > ChipModel::maxDelay) {
        return fmt::format("projection '{}': a delay of {} steps is {} ticks, the chip has 0 to {}",
                           edge.name, edge.deliveries->delay[s], ticks, ChipModel::maxDelay);
      }
    }
  }
  return {};
}

Wirer::Wirer(const ChipProgram& program, const Placement& placement, const std::vector<CoreLayout>& layouts)
    : layouts(layouts), ranges(layouts.size(), {ChipModel::maxDelay, 0}) {
  std::vector<std::vector<ElementPlace>> places = locate(program, placement);
  size_t count = 0;
  for (const Edge& edge : program.edges) {
    count += edge.deliveries->source.size();
  }
  entries.reserve(count);
  for (const Edge& edge : program.edges) {
    add(program, edge, places);
  }
}

void Wirer::add(const ChipProgram& program, const Edge& edge,
                const std::vector<std::vector<ElementPlace>>& places) {
  const Deliveries& synapses = *edge.deliveries;
  const std::vector<ElementPlace>& sources = places[program.maps[edge.sourceMap].cell];
  const std::vector<ElementPlace>& targets = places[edge.targetCell];
  for (size_t s = 0; s < synapses.source.size(); ++s) {
    if (synapses.weight[s] == 0) {
      continue;
    }
    ElementPlace from = sources[synapses.source[s]], to = targets[synapses.target[s]];
    const CoreLayout& sourceCore = layouts[from.core];
    const CoreLayout& targetCore = layouts[to.core];
    const Slice& sender = sourceCore.slices[from.slice];
    const Slice& receiver = targetCore.slices[to.slice];
    auto group = static_cast<size_t>(sourceCore.bases[from.slice].groupOfMap[edge.sourceMap]);
    uint64_t source = sourceCore.groups[group].spikeBase +
                      edge.sourceEvent * pad64(static_cast<uint32_t>(sender.count)) +
                      static_cast<uint32_t>(synapses.source[s] - sender.first);
    uint64_t offset = targetCore.bases[to.slice].acc +
                      edge.targetPort * pad4(static_cast<uint32_t>(receiver.count)) +
                      static_cast<uint32_t>(synapses.target[s] - receiver.first);
    auto ticks = static_cast<uint32_t>(ticksOf(program, edge, s));
    ranges[to.core].least = std::min(ranges[to.core].least, ticks);
    ranges[to.core].most = std::max(ranges[to.core].most, ticks);
    entries.push_back({uint64_t{from.core} << sourceCoreAt | source << sourceAt |
                           uint64_t{to.core} << targetCoreAt | uint64_t{ticks} << tickAt | offset,
                       synapses.weight[s]});
  }
}

std::vector<uint32_t> Wirer::chooseSlots(uint64_t accumulators, uint64_t accSlots) const {
  std::vector<uint32_t> result;
  for (size_t core = 0; core < layouts.size(); ++core) {
    uint64_t most = std::min(accSlots, accumulators / std::max(layouts[core].accPlane, 1u));
    uint32_t slots = 1;
    while (slots + ranges[core].least <= ranges[core].most && slots * 2 <= most) {
      slots *= 2;
    }
    result.push_back(slots);
  }
  return result;
}

Wiring Wirer::wire(const std::vector<uint32_t>& slots) && {
  for (Entry& entry : entries) {
    uint32_t core = field(entry.key, targetCoreAt, coreBits), ticks = field(entry.key, tickAt, tickBits);
    uint32_t fine = (ticks - ranges[core].least) % slots[core];
    entry.key -= uint64_t{fine} << tickAt;
    entry.key += uint64_t{fine} * layouts[core].accPlane;
  }
  // Sums on the chip do not depend on order; sorting wholly makes the image a function of the network.
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.key != b.key ? a.key < b.key : a.contribution < b.contribution;
  });
  Wiring result;
  result.synapses.reserve(entries.size());
  for (const Entry& entry : entries) {
    if (result.synapses.empty() ||
        entry.key >> offsetBits != entries[result.synapses.size() - 1].key >> offsetBits) {
      result.axons.push_back({field(entry.key, sourceCoreAt, coreBits),
                              field(entry.key, sourceAt, sourceBits),
                              field(entry.key, targetCoreAt, coreBits), field(entry.key, tickAt, tickBits),
                              result.synapses.size(), 0});
    }
    result.synapses.push_back({field(entry.key, 0, offsetBits), entry.contribution});
    result.axons.back().end = result.synapses.size();
  }
  return result;
}

} // namespace nissl::golgi
