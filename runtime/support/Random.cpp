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
