// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/FlatImage.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELFObjectFile.h"

#include <cstring>

using namespace llvm;
using object::ELFSectionRef;
using object::ELFSymbolRef;

namespace nissl::cpu {
namespace {

constexpr size_t sectionAlignment = 64;

Error refuse(const Twine& what) {
  return createStringError("the kernels' object cannot be made a flat image: " + what);
}

/// Bytes that the image holds: code and constants. Writable data is an error; the rest is left out.
Expected<bool> belongs(ELFSectionRef section) {
  uint64_t flags = section.getFlags();
  if (!(flags & ELF::SHF_ALLOC) || section.getSize() == 0) {
    return false;
  }
  Expected<StringRef> name = section.getName();
  if (!name) {
    return name.takeError();
  }
  if (name->starts_with(".eh_frame")) { // kernels never unwind
    return false;
  }
  if (flags & ELF::SHF_WRITE) {
    return refuse("section " + *name + " is writable");
  }
  return true;
}

class Linker {
public:
  explicit Linker(const object::ObjectFile& object) : object(object) {}

  Expected<FlatImage> link() {
    if (Error error = layOut()) {
      return error;
    }
    for (const object::SectionRef& section : object.sections()) {
      if (Error error = relocate(section)) {
        return error;
      }
    }
    if (Error error = exportFunctions()) {
      return error;
    }
    return std::move(image);
  }

private:
  Error layOut() {
    for (ELFSectionRef section : object.sections()) {
      Expected<bool> kept = belongs(section);
      if (!kept) {
        return kept.takeError();
      }
      if (!*kept) {
        continue;
      }
      Expected<StringRef> contents = section.getContents();
      if (!contents) {
        return contents.takeError();
      }
      size_t offset = (image.bytes.size() + sectionAlignment - 1) / sectionAlignment * sectionAlignment;
      image.bytes.resize(offset + contents->size());
      std::memcpy(image.bytes.data() + offset, contents->data(), contents->size());
      placed[section.getIndex()] = offset;
    }
    return Error::success();
  }

  /// The offset of a symbol in the image.
  Expected<uint64_t> addressOf(const object::SymbolRef& symbol) {
    Expected<object::section_iterator> section = symbol.getSection();
    if (!section) {
      return section.takeError();
    }
    Expected<StringRef> name = symbol.getName();
    if (!name) {
      return name.takeError();
    }
    if (*section == object.section_end() || !placed.count((*section)->getIndex())) {
      return refuse("symbol '" + *name + "' is not defined in it");
    }
    return placed[(*section)->getIndex()] + cantFail(symbol.getValue());
  }

  Error relocate(const object::SectionRef& relocations) {
    Expected<object::section_iterator> target = relocations.getRelocatedSection();
    if (!target) {
      return target.takeError();
    }
    if (*target == object.section_end() || !placed.count((*target)->getIndex())) {
      return Error::success();
    }
    uint64_t base = placed[(*target)->getIndex()];
    for (object::ELFRelocationRef relocation : relocations.relocations()) {
      Expected<uint64_t> address = addressOf(*relocation.getSymbol());
      if (!address) {
        return address.takeError();
      }
      Expected<int64_t> addend = relocation.getAddend();
      if (!addend) {
        return addend.takeError();
      }
      uint64_t place = base + relocation.getOffset();
      uint64_t type = relocation.getType();
      if (type != ELF::R_X86_64_PC32 && type != ELF::R_X86_64_PLT32) {
        return refuse("relocation type " + Twine(type) + " is not relative to the code");
      }
      auto value =
          static_cast<int32_t>(static_cast<int64_t>(*address) + *addend - static_cast<int64_t>(place));
      std::memcpy(image.bytes.data() + place, &value, sizeof(value));
    }
    return Error::success();
  }

  Error exportFunctions() {
    for (ELFSymbolRef symbol : object.symbols()) {
      Expected<uint32_t> flags = symbol.getFlags();
      if (!flags) {
        return flags.takeError();
      }
      if (!(*flags & object::SymbolRef::SF_Global)) {
        continue;
      }
      Expected<uint64_t> address = addressOf(symbol);
      if (!address) {
        return address.takeError();
      }
      image.exports[cantFail(symbol.getName())] = *address;
    }
    return Error::success();
  }

  const object::ObjectFile& object;
  FlatImage image;
  DenseMap<uint64_t, uint64_t> placed; ///< section index → offset in the image
};

} // namespace

Expected<FlatImage> flatten(MemoryBufferRef buffer) {
  Expected<std::unique_ptr<object::ObjectFile>> object = object::ObjectFile::createELFObjectFile(buffer);
  if (!object) {
    return object.takeError();
  }
  return Linker(**object).link();
}

} // namespace nissl::cpu
