// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The variable-length texts of an HDF5 file, read without libhdf5: its 1.10 hangs on a damaged global heap
// and takes 4 GiB for a damaged length. Format: HDF5 File Format Specification 3.0, III.E and IV.B.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace nissl::nir {

/// The heap, a length or an address contradicts the file.
struct DamagedHeap : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class GlobalHeap {
public:
  /// Addresses in the file count from `base` (the size of the user block) and have 8 bytes.
  GlobalHeap(const std::string& path, uint64_t base);

  /// `count` texts whose references lie one after the other at byte `offset` of the file, each at most
  /// `longest` bytes. Throws DamagedHeap.
  std::vector<std::string> texts(uint64_t offset, uint64_t count, uint64_t longest);

private:
  struct Object {
    uint64_t offset, size;
  };
  using Collection = std::map<uint16_t, Object>;

  std::string bytes(uint64_t offset, uint64_t size);
  const Collection& collectionAt(uint64_t address);

  std::ifstream file;
  uint64_t base, fileSize = 0;
  uint64_t walked = 0; ///< objects seen: bounds the work that overlapping collections could ask for
  std::map<uint64_t, Collection> collections;
};

} // namespace nissl::nir
