// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/support/Random.h"

#include "runtime/support/Error.h"

#include <Random123/philox.h>

namespace nissl::support {

PhiloxWords philox(const PhiloxWords& counter, const PhiloxKey& key) {
  r123::Philox4x32 generator;
  r123::Philox4x32::ctr_type words =
      generator({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {words[0], words[1], words[2], words[3]};
}

PhiloxWords philox(uint64_t seed, uint64_t step, uint64_t entity, uint32_t stream, uint32_t draw) {
  return philox(packCounter(step, entity, stream, draw),
                {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
}

uint32_t cellBits(uint64_t seed, uint64_t step, uint64_t cell, uint32_t stream, uint32_t draw,
                  unsigned word) {
  CellWord place = cellWord(cell, word);
  return philox(seed, step, place.entity, stream, draw)[place.word];
}

void philoxDraws(uint64_t seed, uint64_t step, uint64_t entity, uint32_t stream, uint32_t firstDraw,
                 std::span<uint32_t, 4 * philoxBatch> words) {
  // Words are the low halves of 64 bits, as products need them and leave them: none moves between lanes.
  using Lanes = uint64_t __attribute__((vector_size(8 * philoxBatch)));
  Lanes state[4];
  for (unsigned i = 0; i < philoxBatch; ++i) {
    PhiloxWords counter = packCounter(step, entity, stream, firstDraw + i);
    for (unsigned word = 0; word < 4; ++word) {
      state[word][i] = counter[word];
    }
  }
  auto key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  for (unsigned round = 0; round < 10; ++round) { // those of Salmon et al.
    Lanes first = (state[0] & 0xffffffff) * 0xD2511F53;
    Lanes second = (state[2] & 0xffffffff) * 0xCD9E8D57;
    state[0] = second >> 32 ^ state[1] ^ key0;
    state[2] = first >> 32 ^ state[3] ^ key1;
    state[1] = second;
    state[3] = first;
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  for (unsigned i = 0; i < philoxBatch; ++i) {
    for (unsigned word = 0; word < 4; ++word) {
      words[4 * i + word] = static_cast<uint32_t>(state[word][i]);
    }
  }
}

uint64_t synapseEntity(uint64_t source, uint64_t ordinal) {
  constexpr uint64_t limit = uint64_t{1} << synapseFieldBits;
  if (source >= limit || ordinal >= limit) {
    throw Error::input(
        "NS0310",
        "the random numbers of synapse {} of source {} cannot be addressed: both must be below {}; "
        "split the population or the projection",
        ordinal, source, limit);
  }
  return source << synapseFieldBits | ordinal;
}

} // namespace nissl::support
