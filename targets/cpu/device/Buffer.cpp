// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Buffer.h"

#include "runtime/support/Error.h"

#include <cstdlib>
#include <cstring>

namespace nissl::cpu {

Buffer::Buffer(size_t size) : bytes(size) {
  size_t padded = (size + 2 * cacheLine - 1) / cacheLine * cacheLine;
  void* fresh = std::aligned_alloc(cacheLine, padded);
  if (!fresh) {
    throw support::Error::machine("NS0703", "no memory for an array of {} bytes", size);
  }
  std::memset(fresh, 0, padded);
  memory.reset(static_cast<std::byte*>(fresh));
}

void Buffer::Free::operator()(std::byte* memory) const { std::free(memory); }

} // namespace nissl::cpu
