// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A relocatable object as one flat position-independent image with an export table.
#pragma once

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nissl::cpu {

struct FlatImage {
  std::vector<std::byte> bytes;
  llvm::StringMap<uint64_t> exports; ///< offsets of the global functions
};

/// Lays out code and read-only data and resolves the references between them. Fails where the object needs
/// anything from outside: an undefined symbol, writable data, a constructor, an absolute relocation.
llvm::Expected<FlatImage> flatten(llvm::MemoryBufferRef object);

} // namespace nissl::cpu
