// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/LackingEvents.h"

#include <bit>
#include <immintrin.h>
#include <limits>

namespace nissl::cpu {
namespace {

constexpr uint64_t lanes = 16;

[[gnu::target("avx512f")]] __m512i load(const uint16_t* targets) {
  return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(targets)));
}

[[gnu::target("avx512f")]] __m512i load(const uint32_t* targets) { return _mm512_loadu_si512(targets); }

/// All that fills vectors: what is left begins at `begin`.
template <typename Target>
[[gnu::target("avx512f,avx512bw,avx512vl")]] Taken
takeVectors(const TargetEvents& events, const Target* targets, uint8_t* seen, uint64_t& begin, uint64_t end,
            TakenLists lists) {
  const __m512i first = _mm512_set1_epi32(static_cast<int>(events.firstTarget));
  const __m512i stride = _mm512_set1_epi32(static_cast<int>(events.stride));
  const __m512i counting = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  Taken taken;
  for (; begin + lanes <= end; begin += lanes) {
    auto* own = reinterpret_cast<__m128i*>(seen + begin);
    __m512i cell = _mm512_sub_epi32(load(targets + begin), first);
    __m512i count = _mm512_and_si512(_mm512_i32gather_epi32(cell, events.count, 1), _mm512_set1_epi32(0xff));
    __m128i before = _mm_loadu_si128(own);
    __m512i number = _mm512_cvtepu8_epi32(before);
    __mmask16 lacks = _mm512_cmpneq_epi32_mask(count, number);
    if (lacks == 0) {
      continue;
    }
    __m512i at = _mm512_add_epi32(_mm512_mullo_epi32(number, stride), cell);
    __m512i place = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), lacks, at, events.place, 2);
    place = _mm512_and_si512(place, _mm512_set1_epi32(0xffff));
    __mmask16 more =
        _mm512_mask_cmpneq_epi32_mask(lacks, count, _mm512_add_epi32(number, _mm512_set1_epi32(1)));
    __m512i synapse = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(begin)), counting);
    _mm512_storeu_si512(lists.synapse + taken.length, _mm512_maskz_compress_epi32(lacks, synapse));
    _mm512_storeu_si512(lists.place + taken.length, _mm512_maskz_compress_epi32(lacks, place));
    _mm512_storeu_si512(lists.lacking + taken.lacking, _mm512_maskz_compress_epi32(more, synapse));
    _mm_storeu_si128(own, _mm_mask_add_epi8(before, lacks, before, _mm_set1_epi8(1)));
    taken.length += static_cast<size_t>(std::popcount(static_cast<unsigned>(lacks)));
    taken.lacking += static_cast<size_t>(std::popcount(static_cast<unsigned>(more)));
  }
  return taken;
}

/// Whether places are found with four bytes.
bool fitsVectors(const TargetEvents& events) {
  constexpr size_t numbers = std::numeric_limits<uint8_t>::max();
  return events.stride <= std::numeric_limits<int32_t>::max() / numbers;
}

} // namespace

bool hasVectors() {
  static const bool present = __builtin_cpu_supports("x86-64-v4");
  return present;
}

template <typename Target>
Taken takeFirst(const TargetEvents& events, const Target* targets, uint8_t* seen, uint64_t begin,
                uint64_t end, TakenLists lists, bool vectors) {
  Taken taken;
  if (vectors && fitsVectors(events)) {
    taken = takeVectors(events, targets, seen, begin, end, lists);
  }
  const uint8_t* count = events.count - events.firstTarget;
  TakenLists rest = {lists.synapse + taken.length, lists.place + taken.length, lists.lacking + taken.lacking};
  // Without a branch, as half of the synapses lack events: what follows the last one is written, not used.
  size_t length = 0;
  for (uint64_t s = begin; s < end; ++s) {
    rest.synapse[length] = static_cast<uint32_t>(s);
    length += count[targets[s]] != seen[s];
  }
  Taken others = takeNext(events, targets, seen, length, rest);
  return {taken.length + others.length, taken.lacking + others.lacking};
}

template <typename Target>
Taken takeNext(const TargetEvents& events, const Target* targets, uint8_t* seen, size_t length,
               TakenLists lists) {
  const uint8_t* count = events.count - events.firstTarget;
  const uint16_t* place = events.place - events.firstTarget;
  size_t lacking = 0;
  for (size_t i = 0; i < length; ++i) {
    uint32_t s = lists.synapse[i];
    size_t target = targets[s], number = seen[s];
    lists.place[i] = place[number * events.stride + target];
    seen[s] = static_cast<uint8_t>(++number);
    lists.lacking[lacking] = s;
    lacking += count[target] != number;
  }
  return {length, lacking};
}

template Taken takeFirst(const TargetEvents&, const uint16_t*, uint8_t*, uint64_t, uint64_t, TakenLists,
                         bool);
template Taken takeFirst(const TargetEvents&, const uint32_t*, uint8_t*, uint64_t, uint64_t, TakenLists,
                         bool);
template Taken takeNext(const TargetEvents&, const uint16_t*, uint8_t*, size_t, TakenLists);
template Taken takeNext(const TargetEvents&, const uint32_t*, uint8_t*, size_t, TakenLists);

} // namespace nissl::cpu
