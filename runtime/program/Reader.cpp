// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Header, checksums, manifest, sections, program: each is checked before the next is looked at.
#include "runtime/program/Reader.h"

#include "runtime/program/FileLayout.h"
#include "runtime/program/program_generated.h"
#include "runtime/support/Error.h"

#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <string>
#include <system_error>

namespace nissl::program {
namespace {

using support::Error;

/// A manifest's enum as Program.h's; the two lists must be the same, and Validate checks the range.
template <typename To, typename From>
To as(From value) {
  return static_cast<To>(value);
}

static_assert(static_cast<int>(manifest::ScalarType::F64) == static_cast<int>(ScalarType::F64));
static_assert(static_cast<int>(manifest::Precision::Fixed) == static_cast<int>(Precision::Fixed));
static_assert(static_cast<int>(manifest::ConnectKind::Pairs) == static_cast<int>(ConnectKind::Pairs));
static_assert(static_cast<int>(manifest::ProbeKind::State) == static_cast<int>(ProbeKind::State));
static_assert(static_cast<int>(manifest::OperandKind::Synapse) == static_cast<int>(OperandKind::Synapse));
static_assert(static_cast<int>(manifest::KernelKind::List) == static_cast<int>(KernelKind::List));
static_assert(static_cast<int>(manifest::TraverseKind::Due) == static_cast<int>(TraverseKind::Due));
static_assert(static_cast<int>(manifest::ReduceKind::Max) == static_cast<int>(ReduceKind::Max));
static_assert(static_cast<int>(manifest::ReduceBy::Post) == static_cast<int>(ReduceBy::Post));
static_assert(static_cast<int>(manifest::ActionKind::Sample) == static_cast<int>(ActionKind::Sample));
static_assert(static_cast<int>(manifest::Compression::Zstd) == static_cast<int>(Compression::Zstd));

/// FlatBuffers 2.0 verifies the place of a vector's length, not that its elements are aligned.
template <typename Vector>
const Vector& alignedVector(const Vector* vector, std::string_view what) {
  if (vector->size() != 0 && reinterpret_cast<uintptr_t>(vector->Data()) % alignof(uint64_t) != 0) {
    throw Error::input("NS0406", "{} are not aligned in the manifest", what);
  }
  return *vector;
}

/// zstd repeats at most one block of 128 KiB per 4 bytes.
constexpr uint64_t mostPerStoredByte = 32768;

class Parser {
public:
  Parser(std::span<const std::byte> file, const ReadLimits& limits) : file(file), limits(limits) {}

  FileSummary open();
  Program program();

private:
  void readHeader();
  void readManifest();
  void readSections();

  std::vector<std::byte> take(int32_t index, const std::string& user);
  ConnectRule unpackRule(const manifest::ConnectRule& rule, const std::string& table);
  static Kernel unpackKernel(const manifest::Kernel& kernel);
  static Action unpackAction(const manifest::Action& action);
  static std::vector<Action>
  unpackActions(const flatbuffers::Vector<flatbuffers::Offset<manifest::Action>>& actions);
  void unpackDeclarations(const manifest::Program& from, Program& to);

  std::span<const std::byte> file;
  const ReadLimits& limits;
  FileHeader header;
  std::vector<std::byte> manifestCopy; ///< aligned, and no longer the file's
  std::vector<SectionEntry> sections;
  std::vector<bool> taken;
  std::span<const std::byte> data;
};

std::string_view guessKind(std::span<const std::byte> file) {
  auto startsWith = [&](std::string_view start) {
    return file.size() >= start.size() && std::memcmp(file.data(), start.data(), start.size()) == 0;
  };
  if (startsWith("\x89HDF")) {
    return "it is an HDF5 file; a network in .nir must be compiled first (nissl compile)";
  }
  if (startsWith("{")) {
    return "it looks like JSON; a description must be compiled first (nissl compile)";
  }
  if (startsWith("\x7f"
                 "ELF")) {
    return "it is an ELF binary";
  }
  return "give a file written by nissl compile";
}

void Parser::readHeader() {
  std::span<const std::byte> magic = std::as_bytes(std::span(fileMagic));
  size_t common = std::min(file.size(), magic.size());
  if (!std::equal(magic.begin(), magic.begin() + common, file.begin())) {
    throw Error::input("NS0402", "not an .npb file: {}", guessKind(file));
  }
  if (file.size() < sizeof(FileHeader)) {
    throw Error::input("NS0404", "truncated: {} bytes, but the header alone has {}; copy or compile it again",
                       file.size(), sizeof(FileHeader));
  }
  std::memcpy(&header, file.data(), sizeof(header));
  if (uint32_t found = checksumOf(header); found != header.headerChecksum) {
    throw Error::input(
        "NS0405", "corrupted: the header's checksum is {:08x}, expected {:08x}; copy or compile it again",
        found, header.headerChecksum);
  }
  if (header.version > formatVersion) {
    throw Error::input("NS0403",
                       "format version {}, but this Nissl reads up to {}; update Nissl or compile again",
                       header.version, formatVersion);
  }
  if (header.version > 0 && header.version < oldestVersion) {
    throw Error::input("NS0403", "format version {}, but this Nissl reads from {} on; compile again",
                       header.version, oldestVersion);
  }
  if (header.version == 0 || header.headerBytes != sizeof(FileHeader)) {
    throw Error::input("NS0406", "format version {} with a header of {} bytes does not exist", header.version,
                       header.headerBytes);
  }
  if (file.size() < header.fileBytes) {
    throw Error::input("NS0404", "truncated: {} of {} bytes; copy or compile it again", file.size(),
                       header.fileBytes);
  }
  if (file.size() > header.fileBytes) {
    throw Error::input("NS0405", "corrupted: {} bytes after the {} that the header counts",
                       file.size() - header.fileBytes, header.fileBytes);
  }
  if (header.manifestBytes > file.size() - sizeof(FileHeader)) {
    throw Error::input("NS0406", "a manifest of {} bytes does not fit into a file of {}",
                       header.manifestBytes, file.size());
  }
}

void requireZero(std::span<const std::byte> bytes, std::string_view place) {
  if (std::any_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte != std::byte{0}; })) {
    throw Error::input("NS0405", "corrupted: the padding {} is not zero", place);
  }
}

void Parser::readManifest() {
  auto bytes = file.subspan(sizeof(FileHeader), header.manifestBytes);
  manifestCopy.assign(bytes.begin(), bytes.end());
  if (uint32_t found = checksum(manifestCopy); found != header.manifestChecksum) {
    throw Error::input(
        "NS0405", "corrupted: the manifest's checksum is {:08x}, expected {:08x}; copy or compile it again",
        found, header.manifestChecksum);
  }
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(manifestCopy.data()), manifestCopy.size());
  if (manifestCopy.size() < 8 || !manifest::VerifyProgramBuffer(verifier)) {
    throw Error::input("NS0406",
                       "the manifest is not a well-formed FlatBuffer of this format; compile again");
  }
}

void Parser::readSections() {
  uint64_t begin = std::min<uint64_t>(alignUp(sizeof(FileHeader) + header.manifestBytes), file.size());
  requireZero(file.subspan(sizeof(FileHeader) + header.manifestBytes,
                           begin - sizeof(FileHeader) - header.manifestBytes),
              "after the manifest");
  data = file.subspan(begin);
  const manifest::Program& root = *manifest::GetProgram(manifestCopy.data());
  for (const manifest::Section* section : *root.sections()) {
    sections.push_back({section->name()->str(), section->offset(), section->stored(), section->size(),
                        section->checksum(), as<Compression>(section->compression())});
  }
  taken.assign(sections.size(), false);
  validateSections(sections, data.size(), limits);
  uint64_t end = 0;
  for (const SectionEntry& section : sections) {
    requireZero(data.subspan(end, section.offset - end), "before section '" + section.name + "'");
    end = section.offset + section.stored;
    if (uint32_t found = checksum(data.subspan(section.offset, section.stored)); found != section.checksum) {
      throw Error::input(
          "NS0405", "corrupted: section '{}' has checksum {:08x}, expected {:08x}; copy or compile it again",
          section.name, found, section.checksum);
    }
  }
}

FileSummary Parser::open() {
  readHeader();
  readManifest();
  readSections();
  return {header.version, header.fileBytes, header.manifestBytes, sections};
}

/// A section's bytes, decompressed. Each may be taken once, so that memory stays within the limits.
std::vector<std::byte> Parser::take(int32_t index, const std::string& user) {
  if (index < 0 || static_cast<size_t>(index) >= sections.size()) {
    throw Error::input("NS0406", "{} is in section {}, expected 0 to {}", user, index,
                       static_cast<int64_t>(sections.size()) - 1);
  }
  const SectionEntry& section = sections[index];
  if (taken[index]) {
    throw Error::input("NS0406", "{} is in section {} '{}', which belongs to something else", user, index,
                       section.name);
  }
  taken[index] = true;
  auto stored = data.subspan(section.offset, section.stored);
  if (section.compression == Compression::Raw) {
    return {stored.begin(), stored.end()};
  }
  if (section.size / mostPerStoredByte > section.stored ||
      ZSTD_getFrameContentSize(stored.data(), stored.size()) != section.size) {
    throw Error::input("NS0406", "section '{}' does not decompress to the {} bytes that it claims",
                       section.name, section.size);
  }
  std::vector<std::byte> bytes(section.size);
  size_t length = ZSTD_decompress(bytes.data(), bytes.size(), stored.data(), stored.size());
  if (ZSTD_isError(length) != 0 || length != section.size) {
    throw Error::input("NS0406", "section '{}' does not decompress: {}", section.name,
                       ZSTD_isError(length) != 0 ? ZSTD_getErrorName(length) : "too few bytes");
  }
  return bytes;
}

ConnectRule Parser::unpackRule(const manifest::ConnectRule& rule, const std::string& table) {
  ConnectRule result;
  result.kind = as<ConnectKind>(rule.kind());
  result.count = rule.count();
  result.probability = rule.probability();
  result.autapses = rule.autapses();
  result.multapses = rule.multapses();
  if (rule.pairs() != none) {
    std::vector<std::byte> bytes = take(rule.pairs(), "the list of pairs of table '" + table + "'");
    if (bytes.size() % (2 * sizeof(int32_t)) != 0) {
      throw Error::input("NS0406", "the list of pairs of table '{}' has {} bytes, expected a multiple of 8",
                         table, bytes.size());
    }
    size_t count = bytes.size() / (2 * sizeof(int32_t));
    result.pre.resize(count);
    result.post.resize(count);
    if (count > 0) {
      std::memcpy(result.pre.data(), bytes.data(), bytes.size() / 2);
      std::memcpy(result.post.data(), bytes.data() + bytes.size() / 2, bytes.size() / 2);
    }
  }
  return result;
}

Kernel Parser::unpackKernel(const manifest::Kernel& kernel) {
  Kernel result{kernel.name()->str(), as<KernelKind>(kernel.kind()), {}, {}, kernel.waits(),
                kernel.counted()};
  for (const manifest::Operand* operand : alignedVector(kernel.operands(), "operands")) {
    result.operands.push_back({as<OperandKind>(operand->kind()), operand->subject(), operand->lag(),
                               operand->shared(), operand->clears()});
  }
  for (uint64_t constant : alignedVector(kernel.constants(), "constants")) {
    result.constants.push_back(constant);
  }
  return result;
}

Action Parser::unpackAction(const manifest::Action& action) {
  Action result;
  result.kind = as<ActionKind>(action.kind());
  result.subject = action.subject();
  result.kernel = action.kernel();
  result.traverse = as<TraverseKind>(action.traverse());
  result.events = action.events();
  result.reduce = as<ReduceKind>(action.reduce());
  result.by = as<ReduceBy>(action.by());
  result.into = action.into();
  result.period = action.period();
  result.offset = action.offset();
  if (const auto* events = action.writes_events()) {
    result.writesEvents.assign(events->begin(), events->end());
  }
  if (const auto* ports = action.writes_ports()) {
    result.writesPorts.assign(ports->begin(), ports->end());
  }
  if (const auto* body = action.body()) {
    result.body = unpackActions(*body); // The FlatBuffers verifier has bounded the depth.
  }
  return result;
}

std::vector<Action>
Parser::unpackActions(const flatbuffers::Vector<flatbuffers::Offset<manifest::Action>>& actions) {
  std::vector<Action> result;
  for (const manifest::Action* action : actions) {
    result.push_back(unpackAction(*action));
  }
  return result;
}

void Parser::unpackDeclarations(const manifest::Program& from, Program& to) {
  for (const manifest::Extent* extent : *from.extents()) {
    to.extents.push_back({extent->name()->str(), extent->size()});
  }
  for (const manifest::Table* table : *from.tables()) {
    Table result;
    result.name = table->name()->str();
    result.source = table->source();
    result.target = table->target();
    result.sourceBegin = table->source_begin();
    result.sourceEnd = table->source_end();
    result.targetBegin = table->target_begin();
    result.targetEnd = table->target_end();
    result.connect = unpackRule(*table->connect(), result.name);
    result.minDelay = table->min_delay();
    result.maxDelay = table->max_delay();
    result.delayField = table->delay_field();
    to.tables.push_back(std::move(result));
  }
  for (const manifest::State* state : *from.states()) {
    to.states.push_back({state->name()->str(), state->of_table(), state->owner(),
                         as<ScalarType>(state->type()), state->history(), state->frac(), state->decay()});
  }
  for (const manifest::Port* port : *from.ports()) {
    to.ports.push_back({port->name()->str(), port->extent(), as<ScalarType>(port->type()), port->slots(),
                        port->frac(), port->unit()});
  }
  for (const manifest::Events* events : *from.events()) {
    to.events.push_back({events->name()->str(), events->extent()});
  }
  for (const manifest::Input* input : *from.inputs()) {
    to.inputs.push_back(
        {input->name()->str(), input->extent(), as<ScalarType>(input->type()), input->frac()});
  }
  for (const manifest::Array* array : *from.arrays()) {
    std::string name = array->name()->str();
    std::vector<std::byte> bytes = take(array->section(), "array '" + name + "'");
    to.arrays.push_back({std::move(name), as<ScalarType>(array->type()), std::move(bytes)});
  }
  for (const manifest::Probe* probe : *from.probes()) {
    Probe result;
    result.name = probe->name()->str();
    result.kind = as<ProbeKind>(probe->kind());
    result.subject = probe->subject();
    result.period = probe->period();
    result.begin = probe->begin();
    result.end = probe->end();
    result.before = probe->before();
    result.unit = probe->unit()->str();
    result.scale = probe->scale();
    to.probes.push_back(std::move(result));
  }
}

Program Parser::program() {
  const manifest::Program& from = *manifest::GetProgram(manifestCopy.data());
  Program to;
  to.name = from.name()->str();
  to.target = from.target()->str();
  to.precision = as<Precision>(from.precision());
  to.dt = from.dt();
  to.structureSeed = from.structure_seed();
  to.dynamicsSeed = from.dynamics_seed();
  to.compilerVersion = from.compiler_version()->str();
  to.descriptionHash = from.description_hash()->str();
  unpackDeclarations(from, to);
  for (const manifest::Kernel* kernel : *from.kernels()) {
    to.kernels.push_back(unpackKernel(*kernel));
  }
  to.setup = unpackActions(*from.setup());
  to.schedule = unpackActions(*from.schedule());
  for (const manifest::CodeVariant* variant : *from.code()) {
    std::string isa = variant->isa()->str();
    std::vector<std::byte> bytes = take(variant->section(), "the code for '" + isa + "'");
    const auto& offsets = alignedVector(variant->kernel_offset(), "kernel offsets");
    to.code.push_back({std::move(isa), std::move(bytes), {offsets.begin(), offsets.end()}});
  }
  for (const manifest::Blob* blob : *from.blobs()) {
    std::string name = blob->name()->str();
    std::vector<std::byte> bytes = take(blob->section(), "section '" + name + "'");
    to.sections.push_back({std::move(name), std::move(bytes)});
  }
  validate(to);
  return to;
}

/// Runs `work` and puts the file's name before whatever goes wrong.
template <typename Work>
auto inFile(std::string_view where, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    throw Error(error.exitCode(), error.code(), fmt::format("{}: {}", where, error.what()));
  } catch (const std::bad_alloc&) {
    throw Error::machine("NS0409", "{}: not enough memory to read it", where);
  }
}

std::vector<std::byte> readFile(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error::input("NS0401", "cannot be read: it is a folder; give a file written by nissl compile");
  }
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  std::streamoff size = stream ? static_cast<std::streamoff>(stream.tellg()) : -1;
  if (size < 0) {
    throw Error::input("NS0401", "cannot be read: {}", std::strerror(errno));
  }
  std::vector<std::byte> file(static_cast<size_t>(size));
  stream.seekg(0);
  stream.read(reinterpret_cast<char*>(file.data()), size);
  if (!stream) {
    throw Error::input("NS0401", "cannot be read to its end: {}", std::strerror(errno));
  }
  return file;
}

} // namespace

Program parseProgram(std::span<const std::byte> file, std::string_view where, const ReadLimits& limits) {
  return inFile(where, [&] {
    Parser parser(file, limits);
    parser.open();
    return parser.program();
  });
}

Program readProgram(const std::filesystem::path& path, const ReadLimits& limits) {
  return parseProgram(readBytes(path), path.string(), limits);
}

std::vector<std::byte> readBytes(const std::filesystem::path& path) {
  return inFile(path.string(), [&] { return readFile(path); });
}

FileSummary summarize(const std::filesystem::path& path) {
  return inFile(path.string(), [&] {
    std::vector<std::byte> file = readFile(path);
    ReadLimits limits;
    return Parser(file, limits).open();
  });
}

} // namespace nissl::program
