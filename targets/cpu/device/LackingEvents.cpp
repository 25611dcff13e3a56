// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/LackingEvents.h"

#include <algorithm>
#include <bit>
#include <immintrin.h>

namespace nissl::cpu {
namespace {

constexpr size_t lanes = 16;

/// Two lists that grow.
struct Lists {
  uint32_t *synapse, *place;
  size_t length = 0;
};

/// Some synapses, and two events of each one's target, as in `TargetEvents`.
struct Synapses {
  const uint32_t* listed; ///< none: those from `first` on
  uint64_t first;
  size_t length;
  const uint32_t* two;
};

/// Without a branch, as half of the synapses lack events: what follows the last one is written, not used.
void append(Lists& lists, uint32_t synapse, uint32_t after, uint16_t since, Places places) {
  lists.synapse[lists.length] = synapse;
  lists.place[lists.length] = places.of(after - 1);
  lists.length += after > since;
}

void compare(Synapses synapses, uint16_t since, Places places, Lists& last, Lists& before) {
  for (size_t i = 0; i < synapses.length; ++i) {
    uint32_t synapse = synapses.listed ? synapses.listed[i] : static_cast<uint32_t>(synapses.first + i);
    append(last, synapse, static_cast<uint16_t>(synapses.two[i]), since, places);
    append(before, synapse, synapses.two[i] >> 16, since, places);
  }
}

/// Likewise of 16 synapses.
[[gnu::target("avx512f")]] void appendVector(Lists& lists, __m512i synapse, __m512i after, __m512i since,
                                             Places places) {
  __mmask16 lacks = _mm512_cmpgt_epu32_mask(after, since);
  __m512i step = _mm512_sub_epi32(after, _mm512_set1_epi32(1));
  __m512i rest = _mm512_and_si512(step, _mm512_set1_epi32(static_cast<int>(places.stretch - 1)));
  __m512i place =
      _mm512_add_epi32(_mm512_mullo_epi32(rest, _mm512_set1_epi32(static_cast<int>(places.pitch))),
                       _mm512_srl_epi32(step, _mm_cvtsi32_si128(std::countr_zero(places.stretch))));
  _mm512_storeu_si512(lists.synapse + lists.length, _mm512_maskz_compress_epi32(lacks, synapse));
  _mm512_storeu_si512(lists.place + lists.length, _mm512_maskz_compress_epi32(lacks, place));
  lists.length += static_cast<size_t>(std::popcount(static_cast<unsigned>(lacks)));
}

[[gnu::target("avx512f")]] void compareVectors(Synapses synapses, uint16_t since, Places places, Lists& last,
                                               Lists& before) {
  const __m512i limit = _mm512_set1_epi32(since);
  __m512i synapse = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(synapses.first)),
                                     _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  for (size_t i = 0; i < synapses.length; i += lanes) {
    size_t left = synapses.length - i;
    auto own = static_cast<__mmask16>(left < lanes ? (1U << left) - 1 : 0xffff);
    if (synapses.listed) {
      synapse = _mm512_maskz_loadu_epi32(own, synapses.listed + i);
    }
    __m512i two = _mm512_maskz_loadu_epi32(own, synapses.two + i);
    appendVector(last, synapse, _mm512_and_si512(two, _mm512_set1_epi32(0xffff)), limit, places);
    appendVector(before, synapse, _mm512_srli_epi32(two, 16), limit, places);
    synapse = _mm512_add_epi32(synapse, _mm512_set1_epi32(lanes));
  }
}

} // namespace

TargetEvents::TargetEvents(int64_t firstTarget, size_t cells)
    : firstTarget(firstTarget), lastTwo(cells), twoBefore(cells), count(cells),
      all(cells * (mostPerCell + 1)) {}

bool TargetEvents::add(size_t cell, size_t step) {
  auto after = static_cast<uint16_t>(step + 1);
  size_t number = ++count[cell];
  all[number * count.size() + cell] = after;
  twoBefore[cell] = twoBefore[cell] << 16 | lastTwo[cell] >> 16;
  lastTwo[cell] = lastTwo[cell] << 16 | after;
  return number == mostPerCell;
}

void TargetEvents::forget() {
  for (std::vector<uint32_t>* some : {&lastTwo, &twoBefore}) {
    std::fill(some->begin(), some->end(), 0);
  }
  std::fill(count.begin(), count.end(), 0);
}

bool LackingEvents::hasVectors() {
  static const bool present = __builtin_cpu_supports("x86-64-v4");
  return present;
}

size_t LackingEvents::room() const { return two.size() + lanes; }

LackingEvents::LackingEvents(size_t longest) : two(longest), synapse(4 * room()), place(4 * room()) {}

template <typename Target>
void LackingEvents::find(const TargetEvents& events, const Target* targets, uint64_t begin, uint64_t end,
                         uint16_t since, Places places, std::span<const Column> columns, bool vectors) {
  auto listsAt = [&](size_t at) { return Lists{synapse.data() + at, place.data() + at}; };
  // The two rounds of some synapses, which are in `two` with their events.
  auto addRounds = [&](const uint32_t* listed, size_t length) {
    const size_t at = found.size() * room();
    Lists last = listsAt(at), before = listsAt(at + room());
    (vectors ? compareVectors : compare)({listed, begin, length, two.data()}, since, places, last, before);
    found.push_back({at, last.length});
    found.push_back({at + room(), before.length});
  };
  found.clear();
  // One by one, which takes half of the time of gathers (Zen 5). Memory brings the columns meanwhile.
  constexpr uint64_t some = 64;
  const uint32_t* lastTwo = events.lastTwo.data() - events.firstTarget;
  for (uint64_t first = begin; first < end; first += some) {
    const uint64_t stop = std::min(first + some, end);
    for (const Column& column : columns) {
      fetchLines(column.values + first * column.width, (stop - first) * column.width);
    }
    for (uint64_t s = first; s < stop; ++s) {
      two[s - begin] = lastTwo[targets[s]];
    }
  }
  addRounds(nullptr, end - begin);
  if (found.back().length > 0) {
    const uint32_t* listed = synapses(found.back());
    const uint32_t* twoBefore = events.twoBefore.data() - events.firstTarget;
    for (size_t i = 0; i < found.back().length; ++i) {
      two[i] = twoBefore[targets[listed[i]]];
    }
    addRounds(listed, found.back().length);
  }
  const uint8_t* count = events.count.data() - events.firstTarget;
  const uint16_t* all = events.all.data() - events.firstTarget;
  const size_t stride = events.count.size();
  while (found.back().length > 0) {
    const LackingRound round = found.back();
    const size_t at = round.begin + round.length;
    if (synapse.size() < at + round.length + 1) {
      synapse.resize(2 * synapse.size());
      place.resize(synapse.size());
    }
    Lists more = listsAt(at);
    for (size_t i = 0; i < round.length; ++i) {
      uint32_t s = synapse[round.begin + i];
      size_t target = targets[s];
      append(more, s, all[(count[target] - found.size()) * stride + target], since, places);
    }
    found.push_back({at, more.length});
  }
  while (!found.empty() && found.back().length == 0) {
    found.pop_back();
  }
}

template void LackingEvents::find(const TargetEvents&, const uint16_t*, uint64_t, uint64_t, uint16_t, Places,
                                  std::span<const Column>, bool);
template void LackingEvents::find(const TargetEvents&, const uint32_t*, uint64_t, uint64_t, uint16_t, Places,
                                  std::span<const Column>, bool);

} // namespace nissl::cpu
