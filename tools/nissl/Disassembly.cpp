// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/nissl/Disassembly.h"

#include "runtime/support/Error.h"
#include "targets/golgi/emulator/Assembler.h"
#include "targets/golgi/model/ChipModel.h"

#include "llvm-c/Disassembler.h"
#include "llvm-c/Target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

namespace nissl::driver {

namespace {

using Disassembler = std::unique_ptr<void, void (*)(LLVMDisasmContextRef)>;

Disassembler openDisassembler(const std::string& isa) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86Disassembler();
  Disassembler opened(
      LLVMCreateDisasmCPU("x86_64-unknown-linux-gnu", isa.c_str(), nullptr, 0, nullptr, nullptr),
      LLVMDisasmDispose);
  if (!opened) {
    throw support::Error::machine("NS0906", "this build's LLVM cannot disassemble code for '{}'", isa);
  }
  LLVMSetDisasmOptions(opened.get(), LLVMDisassembler_Option_PrintImmHex);
  return opened;
}

/// Instructions of [begin, end) of the image.
std::string disassemble(LLVMDisasmContextRef disassembler, const std::vector<std::byte>& code, size_t begin,
                        size_t end) {
  std::string text;
  std::array<char, 256> line{};
  while (begin < end) {
    // The C interface does not take constant bytes; it does not write to them.
    auto* bytes = reinterpret_cast<uint8_t*>(const_cast<std::byte*>(code.data() + begin));
    size_t size = LLVMDisasmInstruction(disassembler, bytes, end - begin, begin, line.data(), line.size());
    if (size == 0) {
      text += fmt::format("{:6x}:\t.byte 0x{:02x}\n", begin, *bytes);
      size = 1;
    } else {
      text += fmt::format("{:6x}:{}\n", begin, line.data());
    }
    begin += size;
  }
  return text;
}

std::string disassembleKernels(const program::Program& program) {
  std::string text;
  for (const program::CodeVariant& variant : program.code) {
    Disassembler disassembler = openDisassembler(variant.isa);
    for (size_t kernel = 0; kernel < variant.kernelOffset.size(); ++kernel) {
      size_t begin = variant.kernelOffset[kernel];
      size_t end = variant.code.size();
      for (uint64_t other : variant.kernelOffset) {
        end = other > begin ? std::min<size_t>(end, other) : end;
      }
      text += fmt::format("{} {}:\n{}", variant.isa, program.kernels[kernel].name,
                          disassemble(disassembler.get(), variant.code, begin, end));
    }
  }
  return text;
}

const program::Section* findSection(const program::Program& program, const std::string& name) {
  for (const program::Section& section : program.sections) {
    if (section.name == name) {
      return &section;
    }
  }
  return nullptr;
}

std::string disassembleChip(const program::Section& image, const program::Section& model) {
  const auto* words = reinterpret_cast<const uint8_t*>(image.bytes.data());
  std::string_view json(reinterpret_cast<const char*>(model.bytes.data()), model.bytes.size());
  golgi::Image chip = golgi::readImage(std::vector<uint8_t>(words, words + image.bytes.size()),
                                       golgi::ChipModel::fromJson(json, "section golgi.model"));
  std::string text;
  for (const golgi::CoreImage& core : chip.cores) {
    text += golgi::disassemble(core);
  }
  return text;
}

} // namespace

std::string disassembleCode(const program::Program& program) {
  const program::Section* image = findSection(program, "golgi.image");
  const program::Section* model = findSection(program, "golgi.model");
  if (image != nullptr && model != nullptr) {
    return disassembleChip(*image, *model);
  }
  if (program.code.empty()) {
    throw support::Error::input("NS0907", "'{}' holds no code: it is for the target '{}'", program.name,
                                program.target);
  }
  return disassembleKernels(program);
}

} // namespace nissl::driver
