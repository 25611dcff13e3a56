// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Execution's reductions of a state, over the cells or synapses of all threads and ranks.
#include "targets/cpu/device/Execution.h"
#include "targets/cpu/device/Number.h"
#include "targets/cpu/device/Reduction.h"

#include <cmath>

namespace nissl::cpu {

using program::Action;

/// Of all ranks, in table order.
std::vector<std::byte> Execution::valuesOf(program::Index state) const {
  program::Index table = program.states[state].owner;
  std::vector<std::byte> values = memory.tables[table].values(state);
  if (exchange) {
    exchange->complete(table, program::sizeOf(program.states[state].type), values);
  }
  return values;
}

std::vector<uint32_t> Execution::endsOf(program::Index index, bool sources) const {
  const SynapseTable& table = memory.tables[index];
  if (sources) {
    return table.sources();
  }
  std::vector<uint32_t> targets = table.targets();
  if (exchange) {
    exchange->complete(index, sizeof(uint32_t), std::as_writable_bytes(std::span(targets)));
  }
  return targets;
}

void Execution::reduce(const Action& action) {
  const program::State& source = program.states[action.subject];
  size_t width = program::sizeOf(source.type);
  std::byte* into = memory.states[action.into].whole.data();
  if (!source.ofTable) {
    size_t count = static_cast<size_t>(program.extents[source.owner].size);
    reduceArray(action.reduce, source.type, memory.states[action.subject].whole.data(), count, into);
    return;
  }
  std::vector<std::byte> values = valuesOf(action.subject);
  if (action.by == program::ReduceBy::All) {
    reduceArray(action.reduce, source.type, values.data(), values.size() / width, into);
    return;
  }
  std::vector<std::vector<std::byte>> groups(
      static_cast<size_t>(program.extents[program.states[action.into].owner].size));
  std::vector<uint32_t> key = endsOf(source.owner, /*sources=*/action.by == program::ReduceBy::Pre);
  for (size_t s = 0; s < key.size(); ++s) {
    std::vector<std::byte>& group = groups[key[s]];
    group.insert(group.end(), values.begin() + static_cast<ptrdiff_t>(s * width),
                 values.begin() + static_cast<ptrdiff_t>((s + 1) * width));
  }
  for (size_t g = 0; g < groups.size(); ++g) {
    reduceArray(action.reduce, source.type, groups[g].data(), groups[g].size() / width, into + g * width);
  }
}

/// An empty minimum or maximum is infinite, which no kernel sees.
void Execution::noteInfinite(program::Index index) {
  const program::State& state = program.states[index];
  const std::byte* values = memory.states[index].whole.data();
  for (int64_t i = 0; i < program.extents[state.owner].size; ++i) {
    if (!std::isfinite(numberAt(values, state.type, state.frac, i))) {
      workers[0].faults |= faultNotFinite;
    }
  }
}

} // namespace nissl::cpu
