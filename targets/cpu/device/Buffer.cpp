// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/Buffer.h"

#include "runtime/support/Error.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

namespace nissl::cpu {

// Large arrays are visited at random, where every small page costs a walk through the page tables.
static constexpr size_t hugePage = 2 << 20;

static size_t roundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

Buffer::Buffer(size_t size) : bytes(size) {
  size_t padded = roundUp(size + cacheLine, size >= hugePage ? hugePage : cacheLine);
  if (size < hugePage) {
    memory.reset(static_cast<std::byte*>(std::aligned_alloc(cacheLine, padded)));
    if (memory) {
      std::memset(memory.get(), 0, padded);
    }
  } else if (void* mapped =
                 mmap(nullptr, padded + hugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
             mapped != MAP_FAILED) {
    // The system gives zeros, page by page to the thread that touches one first. It aligns to small pages
    // only.
    auto* first = static_cast<std::byte*>(mapped);
    size_t before =
        roundUp(reinterpret_cast<uintptr_t>(first), hugePage) - reinterpret_cast<uintptr_t>(first);
    if (before > 0) {
      munmap(first, before);
    }
    if (before < hugePage) {
      munmap(first + before + padded, hugePage - before);
    }
    memory = {first + before, Free(padded)};
    madvise(memory.get(), padded, MADV_HUGEPAGE); // a wish: small pages do as well
  }
  if (!memory) {
    throw support::Error::machine("NS0703", "no memory for an array of {} bytes", size);
  }
}

void Buffer::drop(size_t end) {
  if (size_t whole = end / hugePage * hugePage; memory.get_deleter().mapped > 0 && whole > 0) {
    madvise(memory.get(), whole, MADV_DONTNEED);
  }
}

void Buffer::Free::operator()(std::byte* memory) const {
  if (mapped > 0) {
    munmap(memory, mapped);
  } else {
    std::free(memory);
  }
}

} // namespace nissl::cpu
