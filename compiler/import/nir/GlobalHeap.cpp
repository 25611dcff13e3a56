// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/GlobalHeap.h"

#include <fmt/format.h>

namespace nissl::nir {
namespace {

constexpr uint64_t headerSize = 16, referenceSize = 16, maxWalked = uint64_t{1} << 24;

/// A little-endian number of `size` bytes.
uint64_t number(const std::string& bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  }
  return value;
}

} // namespace

GlobalHeap::GlobalHeap(const std::string& path, uint64_t base) : file(path, std::ios::binary), base(base) {
  file.seekg(0, std::ios::end);
  std::streamoff end = file.tellg();
  fileSize = end < 0 ? 0 : static_cast<uint64_t>(end);
}

std::string GlobalHeap::bytes(uint64_t offset, uint64_t size) {
  if (offset > fileSize || size > fileSize - offset) {
    throw DamagedHeap(
        fmt::format("bytes {} to {} lie outside the file's {}", offset, offset + size, fileSize));
  }
  std::string result(size, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  if (!file.read(result.data(), static_cast<std::streamsize>(size))) {
    throw DamagedHeap(fmt::format("bytes at {} cannot be read", offset));
  }
  return result;
}

const GlobalHeap::Collection& GlobalHeap::collectionAt(uint64_t address) {
  auto [found, isNew] = collections.try_emplace(address);
  if (!isNew) {
    return found->second;
  }
  if (address > fileSize || base > fileSize - address) {
    throw DamagedHeap(fmt::format("heap address {} lies outside the file", address));
  }
  uint64_t start = base + address;
  std::string header = bytes(start, headerSize);
  uint64_t size = number(header, 8, 8);
  if (header.substr(0, 4) != "GCOL" || header[4] != 1 || size < headerSize || size > fileSize - start) {
    throw DamagedHeap(fmt::format("there is no heap at {}", start));
  }
  for (uint64_t at = start + headerSize, end = start + size; end - at >= headerSize;) {
    std::string object = bytes(at, headerSize);
    uint16_t index = static_cast<uint16_t>(number(object, 0, 2));
    uint64_t length = number(object, 8, 8), room = end - at - headerSize;
    if (index == 0) {
      break; // the free space, always last
    }
    if (++walked > maxWalked || length > room ||
        !found->second.try_emplace(index, Object{at + headerSize, length}).second) {
      throw DamagedHeap(fmt::format("the heap at {} contradicts itself", start));
    }
    uint64_t padded = (length + 7) / 8 * 8;
    if (padded >= room) {
      break;
    }
    at += headerSize + padded;
  }
  return found->second;
}

std::vector<std::string> GlobalHeap::texts(uint64_t offset, uint64_t count, uint64_t longest) {
  if (count > fileSize / referenceSize) {
    throw DamagedHeap(fmt::format("{} texts do not fit into the file", count));
  }
  std::string references = bytes(offset, count * referenceSize);
  std::vector<std::string> result;
  for (size_t i = 0; i < count; ++i) {
    uint64_t length = number(references, i * referenceSize, 4);
    uint64_t address = number(references, i * referenceSize + 4, 8);
    uint16_t index = static_cast<uint16_t>(number(references, i * referenceSize + 12, 4));
    if (length == 0) {
      result.emplace_back();
      continue;
    }
    const Collection& collection = collectionAt(address);
    auto object = collection.find(index);
    if (object == collection.end() || length > object->second.size || length > longest) {
      throw DamagedHeap(fmt::format("text {} claims {} bytes that its heap does not have", i, length));
    }
    std::string text = bytes(object->second.offset, length);
    result.push_back(text.substr(0, text.find('\0')));
  }
  return result;
}

} // namespace nissl::nir
