// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/FileLayout.h"

#include <zlib.h>

namespace nissl::program {

uint32_t checksum(std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

uint32_t checksumOf(const FileHeader& header) {
  return checksum(std::as_bytes(std::span(&header, 1)).first(offsetof(FileHeader, headerChecksum)));
}

} // namespace nissl::program
