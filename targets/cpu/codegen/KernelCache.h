// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Flat images of kernels that were compiled before, in a folder, by the hash of all they depend on. It only
// saves time: what is missing, damaged or cannot be written is compiled.
#pragma once

#include "targets/cpu/codegen/FlatImage.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace llvm {
class Module;
} // namespace llvm

namespace nissl::cpu {

class KernelCache {
public:
  /// A folder that exists or can be made; none where `folder` is empty. Files that were used longest ago are
  /// removed when all are more than `limit` bytes.
  explicit KernelCache(std::filesystem::path folder, uint64_t limit = uint64_t{256} << 20);
  /// Hash of the code before optimisation, of `how` it is compiled, and of the compiler, which is this very
  /// build of this program with its LLVM; empty where it cannot be told which build it is, or nothing is
  /// kept.
  std::string keyOf(const llvm::Module& module, const std::string& how) const;
  /// Nothing for an empty key.
  std::optional<FlatImage> find(const std::string& key) const;
  void keep(const std::string& key, const FlatImage& image) const;

private:
  std::filesystem::path fileOf(const std::string& key) const { return folder / (key + ".kernels"); }
  void removeOldest() const;

  std::filesystem::path folder;
  uint64_t limit;
};

} // namespace nissl::cpu
