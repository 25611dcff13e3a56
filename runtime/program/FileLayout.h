// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How an .npb file is laid out: header, manifest, sections. Shared by Writer and Reader.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

namespace nissl::program {

/// What an older reader would misunderstand gets a new version; what it may ignore does not.
inline constexpr uint32_t formatVersion = 5;
/// Version 1 had other operands and another call of kernels, version 3 other random words of cells.
inline constexpr uint32_t oldestVersion = 4;

/// As in PNG: a byte that is no text, and line ends that show a transfer as text.
inline constexpr std::array<unsigned char, 8> fileMagic = {0x89, 'N', 'P', 'B', '\r', '\n', 0x1a, '\n'};

/// Sections begin at multiples of this, counted from the start of the file.
inline constexpr uint64_t sectionAlignment = 64;

/// The first 64 bytes, little endian. Later versions keep these fields and the place of the checksum.
struct FileHeader {
  std::array<unsigned char, 8> magic = fileMagic;
  uint32_t version = formatVersion;
  uint32_t headerBytes = 64;
  uint64_t fileBytes = 0;
  uint64_t manifestBytes = 0;    ///< the manifest follows the header
  uint32_t manifestChecksum = 0; ///< CRC-32
  std::array<uint32_t, 6> reserved{};
  uint32_t headerChecksum = 0; ///< CRC-32 of the 60 bytes before it
};
static_assert(sizeof(FileHeader) == 64 && std::is_trivially_copyable_v<FileHeader>);
static_assert(std::endian::native == std::endian::little, "an .npb file is read as it lies in memory");

enum class Compression : uint8_t { Raw, Zstd };

/// One entry of the manifest's table of sections.
struct SectionEntry {
  std::string name;
  uint64_t offset = 0; ///< from the start of the data
  uint64_t stored = 0; ///< bytes in the file
  uint64_t size = 0;   ///< bytes when decompressed
  uint32_t checksum = 0;
  Compression compression = Compression::Raw;
};

/// The next multiple of sectionAlignment. `offset` must not be within 63 of 2^64.
constexpr uint64_t alignUp(uint64_t offset) {
  return (offset + sectionAlignment - 1) / sectionAlignment * sectionAlignment;
}

/// CRC-32 (the polynomial of zip and PNG).
uint32_t checksum(std::span<const std::byte> bytes);

/// The checksum that belongs into `header`.
uint32_t checksumOf(const FileHeader& header);

} // namespace nissl::program
