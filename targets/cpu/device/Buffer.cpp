// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Buffer.h"

#include "runtime/support/Error.h"

#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

namespace nissl::cpu {

Buffer::Buffer(size_t size) : bytes(size) {
  // Large arrays are visited at random, where every small page costs a walk through the page tables.
  constexpr size_t hugePage = 2 << 20;
  size_t alignment = size >= hugePage ? hugePage : cacheLine;
  size_t padded = (size + cacheLine + alignment - 1) / alignment * alignment;
  void* fresh = std::aligned_alloc(alignment, padded);
  if (!fresh) {
    throw support::Error::machine("NS0703", "no memory for an array of {} bytes", size);
  }
  if (alignment == hugePage) {
    madvise(fresh, padded, MADV_HUGEPAGE); // a wish: small pages do as well
  }
  std::memset(fresh, 0, padded);
  memory.reset(static_cast<std::byte*>(fresh));
}

void Buffer::Free::operator()(std::byte* memory) const { std::free(memory); }

} // namespace nissl::cpu
