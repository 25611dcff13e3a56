// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/KernelCache.h"

#include "tests/unit/driver/Process.h"
#include "tests/unit/session/CountingDevice.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/SourceMgr.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>

using namespace nissl;
namespace fs = std::filesystem;
using cpu::FlatImage;
using cpu::KernelCache;
using tests::Folder;

namespace {

std::string keyOf(const KernelCache& cache, const char* result, const std::string& how = "x86-64-v3 O3") {
  llvm::LLVMContext context;
  llvm::SMDiagnostic problem;
  std::string text = std::string("define i32 @kernel0() {\n  ret i32 ") + result + "\n}\n";
  std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(text, problem, context);
  REQUIRE(module);
  return cache.keyOf(*module, how);
}

FlatImage imageOf(size_t bytes, int value) {
  FlatImage image;
  image.bytes.assign(bytes, static_cast<std::byte>(value));
  image.exports["kernel0"] = 16;
  image.exports["kernel12"] = uint64_t{1} << 40;
  return image;
}

std::set<fs::path> filesIn(const fs::path& folder) {
  std::set<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    files.insert(entry.path());
  }
  return files;
}

} // namespace

TEST_CASE("a key tells code and the way it is compiled apart", "[kernel-cache]") {
  KernelCache cache("somewhere");
  CHECK(keyOf(cache, "1").size() == 64);
  CHECK(keyOf(cache, "1") == keyOf(cache, "1"));
  CHECK(keyOf(cache, "1") != keyOf(cache, "2"));
  CHECK(keyOf(cache, "1") != keyOf(cache, "1", "x86-64-v4 O3"));
  CHECK(keyOf(KernelCache(""), "1").empty());
}

TEST_CASE("a compiled image comes back as it was kept, and not when its file is damaged", "[kernel-cache]") {
  Folder folder;
  KernelCache cache(folder.path / "new" / "folder");
  FlatImage image = imageOf(1000, 7);
  CHECK_FALSE(cache.find("a"));
  cache.keep("a", image);
  std::optional<FlatImage> found = cache.find("a");
  REQUIRE(found);
  CHECK(found->bytes == image.bytes);
  CHECK(found->exports.size() == 2);
  CHECK(found->exports.lookup("kernel0") == 16);
  CHECK(found->exports.lookup("kernel12") == uint64_t{1} << 40);
  CHECK_FALSE(cache.find("b"));

  fs::path file = *filesIn(folder.path / "new" / "folder").begin();
  std::string content = tests::contentOf(file);
  for (size_t place : {size_t{0}, content.size() / 2, content.size() - 1}) {
    std::string damaged = content;
    damaged[place] ^= 1;
    std::ofstream(file, std::ios::binary) << damaged;
    CHECK_FALSE(cache.find("a"));
  }
  for (size_t length : {size_t{0}, size_t{31}, size_t{32}, content.size() - 1}) {
    std::ofstream(file, std::ios::binary) << content.substr(0, length);
    CHECK_FALSE(cache.find("a"));
  }
  cache.keep("a", image);
  CHECK(cache.find("a"));
}

TEST_CASE("a folder that cannot be made keeps nothing and does no harm", "[kernel-cache]") {
  Folder folder;
  std::ofstream(folder.path / "file") << "not a folder";
  KernelCache cache(folder.path / "file");
  cache.keep("a", imageOf(10, 1));
  CHECK_FALSE(cache.find("a"));
  CHECK(tests::contentOf(folder.path / "file") == "not a folder");
}

TEST_CASE("images that were used longest ago make room", "[kernel-cache]") {
  Folder folder;
  KernelCache cache(folder.path, 2500);
  auto usedAgo = [&](const char* key, int hours) {
    fs::last_write_time(folder.path / (std::string(key) + ".kernels"),
                        fs::file_time_type::clock::now() - std::chrono::hours(hours));
  };
  cache.keep("a", imageOf(1000, 1));
  usedAgo("a", 3);
  cache.keep("b", imageOf(1000, 2));
  usedAgo("b", 2);
  REQUIRE(cache.find("a")); // used now
  cache.keep("c", imageOf(1000, 3));
  CHECK(cache.find("a"));
  CHECK_FALSE(cache.find("b"));
  CHECK(cache.find("c"));
}

TEST_CASE("a network that was compiled before is not compiled again", "[kernel-cache]") {
  Folder folder;
  fs::path kept = folder.path / "kept";
  auto compile = [&](const std::string& rate, const std::string& cache) {
    std::ofstream(folder.path / "net.mlir") << R"(step.program @net dt 1.0e-3 {
      step.extent @E size 100
      step.state @E.v of @E : f64
      step.map @E (%v = @E.v : f64) {
        %rate = arith.constant )" + rate + R"( : f64
        %next = arith.mulf %v, %rate : f64
        step.yield @E.v = %next : f64
      }
    })";
    tests::Outcome outcome = tests::runNissl("compile net.mlir --target cpu --cpu avx2 -o net.npb",
                                             folder.path, "NISSL_CACHE='" + cache + "'");
    INFO(outcome.err);
    REQUIRE(outcome.exitCode == 0);
    return tests::contentOf(folder.path / "net.npb");
  };
  std::string fresh = compile("0.5", "off");
  CHECK_FALSE(fs::exists(kept));
  CHECK(compile("0.5", kept.string()) == fresh);
  std::set<fs::path> first = filesIn(kept);
  REQUIRE(first.size() == 1);
  CHECK(compile("0.5", kept.string()) == fresh);
  CHECK(filesIn(kept) == first);
  std::string other = compile("0.25", kept.string());
  CHECK(other == compile("0.25", "off"));
  std::set<fs::path> both = filesIn(kept);
  REQUIRE(both.size() == 2);

  // That the code does come from there: another network's in its place gives that one's.
  fs::path second =
      *std::find_if(both.begin(), both.end(), [&](const fs::path& file) { return !first.contains(file); });
  fs::copy_file(second, *first.begin(), fs::copy_options::overwrite_existing);
  CHECK(compile("0.5", kept.string()) != fresh);
  CHECK(compile("0.5", "off") == fresh);
}
