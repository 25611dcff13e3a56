// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/KernelCache.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <vector>

#include <elf.h>
#include <link.h>
#include <unistd.h>

namespace nissl::cpu {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

using Hash = std::array<uint8_t, 32>;

/// The linker's hash of the program that contains this function, which it leaves in a note; empty without
/// one.
std::string findBuild() {
  std::string found;
  dl_iterate_phdr(
      [](dl_phdr_info* object, size_t, void* into) {
        constexpr uint32_t aligned = 4;
        for (int i = 0; i < object->dlpi_phnum; ++i) {
          const ElfW(Phdr) & header = object->dlpi_phdr[i];
          if (header.p_type != PT_NOTE) {
            continue;
          }
          // NOLINTNEXTLINE(performance-no-int-to-ptr)
          const auto* at = reinterpret_cast<const char*>(object->dlpi_addr + header.p_vaddr);
          const char* end = at + header.p_memsz;
          while (at + sizeof(ElfW(Nhdr)) <= end) {
            const auto* note = reinterpret_cast<const ElfW(Nhdr)*>(at);
            const char* name = at + sizeof(*note);
            const char* bytes = name + (note->n_namesz + aligned - 1) / aligned * aligned;
            if (note->n_type == NT_GNU_BUILD_ID &&
                llvm::StringRef(name, note->n_namesz) == llvm::StringRef("GNU\0", 4)) {
              static_cast<std::string*>(into)->assign(bytes, note->n_descsz);
            }
            at = bytes + (note->n_descsz + aligned - 1) / aligned * aligned;
          }
        }
        return 1; // the first object is the program
      },
      &found);
  return found;
}

} // namespace

KernelCache::KernelCache(fs::path where, uint64_t limit) : folder(std::move(where)), limit(limit) {}

std::string KernelCache::keyOf(const llvm::Module& module, const std::string& how) const {
  static const std::string build = findBuild();
  if (folder.empty() || build.empty()) {
    return {};
  }
  llvm::SmallVector<char, 0> code;
  llvm::raw_svector_ostream stream(code);
  llvm::WriteBitcodeToFile(module, stream);
  llvm::SHA256 hash;
  // Their lengths keep the parts apart.
  for (llvm::StringRef part : {llvm::StringRef(build), llvm::StringRef(LLVM_VERSION_STRING),
                               llvm::StringRef(how), llvm::StringRef(code.data(), code.size())}) {
    hash.update(std::to_string(part.size()) + ":");
    hash.update(part);
  }
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

std::optional<FlatImage> KernelCache::find(const std::string& key) const {
  if (key.empty()) {
    return std::nullopt;
  }
  std::ifstream stream(fileOf(key), std::ios::binary);
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  Hash expected;
  if (bytes.size() < expected.size()) {
    return std::nullopt;
  }
  std::copy_n(bytes.begin(), expected.size(), expected.begin());
  if (llvm::SHA256::hash(llvm::ArrayRef(bytes).drop_front(expected.size())) != expected) {
    return std::nullopt;
  }
  Json content = Json::from_cbor(bytes.begin() + expected.size(), bytes.end());
  FlatImage image;
  const std::vector<uint8_t>& code = content["code"].get_binary();
  const auto* first = reinterpret_cast<const std::byte*>(code.data());
  image.bytes.assign(first, first + code.size());
  for (const auto& [name, offset] : content["exports"].items()) {
    image.exports[name] = offset.get<uint64_t>();
  }
  std::error_code ignored;
  fs::last_write_time(fileOf(key), fs::file_time_type::clock::now(), ignored); // when it was used last
  return image;
}

void KernelCache::keep(const std::string& key, const FlatImage& image) const {
  std::error_code failed;
  if (key.empty() || (fs::create_directories(folder, failed), failed)) {
    return;
  }
  const auto* first = reinterpret_cast<const uint8_t*>(image.bytes.data());
  Json content = {{"code", Json::binary(std::vector<uint8_t>(first, first + image.bytes.size()))},
                  {"exports", Json::object()}};
  for (const auto& entry : image.exports) {
    content["exports"][entry.getKey().str()] = entry.getValue();
  }
  std::vector<uint8_t> bytes = Json::to_cbor(content);
  Hash hash = llvm::SHA256::hash(bytes);
  // Whoever reads or writes the same file at this time sees all of it or nothing.
  fs::path part = folder / (key + "." + std::to_string(getpid()) + ".part");
  std::ofstream stream(part, std::ios::binary);
  stream.write(reinterpret_cast<const char*>(hash.data()), hash.size());
  stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (stream) {
    fs::rename(part, fileOf(key), failed);
  }
  if (!stream || failed) {
    fs::remove(part, failed);
    return;
  }
  removeOldest();
}

void KernelCache::removeOldest() const {
  struct File {
    fs::file_time_type used;
    uint64_t bytes;
    fs::path path;
  };
  std::vector<File> files;
  uint64_t sum = 0;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    std::error_code gone; // another process may remove it
    File file{entry.last_write_time(gone), entry.file_size(gone), entry.path()};
    if (!gone && file.path.extension() == ".kernels") {
      sum += file.bytes;
      files.push_back(std::move(file));
    }
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.used < b.used; });
  for (auto file = files.begin(); file != files.end() && sum > limit; ++file) {
    sum -= file->bytes;
    fs::remove(file->path, failed);
  }
}

} // namespace nissl::cpu
