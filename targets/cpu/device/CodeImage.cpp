// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/CodeImage.h"

#include "runtime/support/Error.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <utility>

using nissl::support::Error;

namespace nissl::cpu {
namespace {

bool supported(const std::string& isa) {
  if (isa == "x86-64-v4") {
    return __builtin_cpu_supports("x86-64-v4");
  }
  if (isa == "x86-64-v3") {
    return __builtin_cpu_supports("x86-64-v3");
  }
  return false;
}

} // namespace

const program::CodeVariant& chooseVariant(const program::Program& program) {
  const program::CodeVariant* best = nullptr;
  std::string present;
  for (const program::CodeVariant& variant : program.code) {
    present += (present.empty() ? "" : ", ") + variant.isa;
    if (supported(variant.isa) && (!best || variant.isa > best->isa)) {
      best = &variant;
    }
  }
  if (!best) {
    throw Error::machine("NS0701",
                         "the artefact has CPU code for {}, but this processor runs none of it; compile with "
                         "--cpu avx2 for one with AVX2, or run with --device step",
                         present.empty() ? "nothing" : present);
  }
  return *best;
}

CodeImage::CodeImage(const program::CodeVariant& code) : size(code.code.size()), variant(&code) {
  if (size == 0) {
    return;
  }
  memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    memory = nullptr;
    throw Error::machine("NS0702", "cannot map {} bytes for code: {}", size, std::strerror(errno));
  }
  std::memcpy(memory, code.code.data(), size);
  if (mprotect(memory, size, PROT_READ | PROT_EXEC) != 0) {
    int reason = errno;
    munmap(memory, size);
    memory = nullptr;
    throw Error::machine("NS0702", "cannot make {} bytes of code executable: {}", size,
                         std::strerror(reason));
  }
}

CodeImage::CodeImage(CodeImage&& other) noexcept { *this = std::move(other); }

CodeImage& CodeImage::operator=(CodeImage&& other) noexcept {
  std::swap(memory, other.memory);
  std::swap(size, other.size);
  std::swap(variant, other.variant);
  return *this;
}

CodeImage::~CodeImage() {
  if (memory) {
    munmap(memory, size);
  }
}

KernelFunction CodeImage::kernel(program::Index index) const {
  return reinterpret_cast<KernelFunction>(static_cast<std::byte*>(memory) + variant->kernelOffset.at(index));
}

} // namespace nissl::cpu
