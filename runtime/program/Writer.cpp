// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Program.h to manifest and sections: bytes become sections first, so that the manifest can name them.
#include "runtime/program/Writer.h"

#include "runtime/program/FileLayout.h"
#include "runtime/program/Validate.h"
#include "runtime/program/program_generated.h"
#include "runtime/support/Error.h"

#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <system_error>
#include <type_traits>

#include <unistd.h>

namespace nissl::program {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using support::Error;

/// Smaller sections are not worth a decompression, nor is less than an eighth saved.
constexpr size_t compressFrom = 1024;
constexpr int compressionLevel = 3;

/// The manifest's enum of the same value; Reader checks that both lists are the same.
template <typename To, typename From>
To as(From value) {
  static_assert(std::is_same_v<std::underlying_type_t<To>, std::underlying_type_t<From>>);
  return static_cast<To>(value);
}

class Serializer {
public:
  std::vector<std::byte> run(const Program& program) {
    packManifest(program);
    return assemble();
  }

private:
  int32_t addSection(std::string name, std::span<const std::byte> bytes, bool compressible);
  void packManifest(const Program& program);
  std::vector<std::byte> assemble();

  Offset<flatbuffers::String> text(const std::string& value) { return builder.CreateString(value); }
  template <typename From, typename Pack>
  auto pack(const std::vector<From>& from, Pack packOne) {
    std::vector<decltype(packOne(from.front()))> packed;
    packed.reserve(from.size());
    for (const From& one : from) {
      packed.push_back(packOne(one));
    }
    return builder.CreateVector(packed);
  }
  Offset<manifest::ConnectRule> packRule(const Table& table);
  Offset<manifest::Kernel> packKernel(const Kernel& kernel);
  Offset<manifest::Action> packAction(const Action& action);

  FlatBufferBuilder builder;
  std::vector<SectionEntry> sections;
  std::vector<std::vector<std::byte>> contents;
  uint64_t dataBytes = 0;
};

int32_t Serializer::addSection(std::string name, std::span<const std::byte> bytes, bool compressible) {
  SectionEntry entry;
  entry.name = std::move(name);
  entry.size = bytes.size();
  std::vector<std::byte> stored(bytes.begin(), bytes.end());
  if (compressible && bytes.size() >= compressFrom) {
    std::vector<std::byte> packed(ZSTD_compressBound(bytes.size()));
    size_t length = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), compressionLevel);
    if (ZSTD_isError(length) == 0 && length <= bytes.size() - bytes.size() / 8) {
      packed.resize(length);
      stored = std::move(packed);
      entry.compression = Compression::Zstd;
    }
  }
  entry.offset = alignUp(dataBytes);
  entry.stored = stored.size();
  entry.checksum = checksum(stored);
  dataBytes = entry.offset + entry.stored;
  sections.push_back(std::move(entry));
  contents.push_back(std::move(stored));
  return static_cast<int32_t>(sections.size() - 1);
}

Offset<manifest::ConnectRule> Serializer::packRule(const Table& table) {
  const ConnectRule& rule = table.connect;
  int32_t pairs = none;
  if (!rule.pre.empty() || !rule.post.empty()) {
    std::vector<int32_t> lists(rule.pre);
    lists.insert(lists.end(), rule.post.begin(), rule.post.end());
    pairs = addSection("pairs " + table.name, std::as_bytes(std::span(lists)), true);
  }
  return manifest::CreateConnectRule(builder, as<manifest::ConnectKind>(rule.kind), rule.count,
                                     rule.probability, rule.autapses, rule.multapses, pairs);
}

Offset<manifest::Kernel> Serializer::packKernel(const Kernel& kernel) {
  std::vector<manifest::Operand> operands;
  operands.reserve(kernel.operands.size());
  for (const Operand& operand : kernel.operands) {
    operands.emplace_back(operand.lag, operand.subject, as<manifest::OperandKind>(operand.kind),
                          operand.shared, operand.clears);
  }
  auto name = text(kernel.name);
  return manifest::CreateKernel(builder, name, as<manifest::KernelKind>(kernel.kind),
                                builder.CreateVectorOfStructs(operands),
                                builder.CreateVector(kernel.constants), kernel.waits, kernel.counted);
}

Offset<manifest::Action> Serializer::packAction(const Action& action) {
  auto events = builder.CreateVector(action.writesEvents);
  auto ports = builder.CreateVector(action.writesPorts);
  auto body = pack(action.body, [this](const Action& inner) { return packAction(inner); });
  return manifest::CreateAction(builder, as<manifest::ActionKind>(action.kind), action.subject, action.kernel,
                                as<manifest::TraverseKind>(action.traverse), action.events,
                                as<manifest::ReduceKind>(action.reduce), as<manifest::ReduceBy>(action.by),
                                action.into, action.period, action.offset, events, ports, body);
}

void Serializer::packManifest(const Program& program) {
  using manifest::ScalarType;
  auto packActions = [this](const std::vector<Action>& actions) {
    return pack(actions, [this](const Action& action) { return packAction(action); });
  };
  auto extents = pack(program.extents, [this](const Extent& extent) {
    return manifest::CreateExtent(builder, text(extent.name), extent.size);
  });
  auto tables = pack(program.tables, [this](const Table& table) {
    auto name = text(table.name);
    auto rule = packRule(table);
    return manifest::CreateTable(builder, name, table.source, table.target, table.sourceBegin,
                                 table.sourceEnd, table.targetBegin, table.targetEnd, rule, table.minDelay,
                                 table.maxDelay, table.delayField);
  });
  auto states = pack(program.states, [this](const State& state) {
    return manifest::CreateState(builder, text(state.name), state.ofTable, state.owner,
                                 as<ScalarType>(state.type), state.history, state.frac, state.decay);
  });
  auto ports = pack(program.ports, [this](const Port& port) {
    return manifest::CreatePort(builder, text(port.name), port.extent, as<ScalarType>(port.type), port.slots,
                                port.frac, port.unit);
  });
  auto events = pack(program.events, [this](const Events& one) {
    return manifest::CreateEvents(builder, text(one.name), one.extent);
  });
  auto inputs = pack(program.inputs, [this](const Input& input) {
    return manifest::CreateInput(builder, text(input.name), input.extent, as<ScalarType>(input.type),
                                 input.frac);
  });
  auto arrays = pack(program.arrays, [this](const Array& array) {
    int32_t section = addSection("array " + array.name, array.bytes, true);
    return manifest::CreateArray(builder, text(array.name), as<ScalarType>(array.type), section);
  });
  auto probes = pack(program.probes, [this](const Probe& probe) {
    auto name = text(probe.name);
    auto unit = text(probe.unit);
    return manifest::CreateProbe(builder, name, as<manifest::ProbeKind>(probe.kind), probe.subject,
                                 probe.period, probe.begin, probe.end, probe.before, unit, probe.scale);
  });
  auto kernels = pack(program.kernels, [this](const Kernel& kernel) { return packKernel(kernel); });
  auto setup = packActions(program.setup);
  auto schedule = packActions(program.schedule);
  auto code = pack(program.code, [this](const CodeVariant& variant) {
    int32_t section = addSection("code " + variant.isa, variant.code, false);
    auto isa = text(variant.isa);
    return manifest::CreateCodeVariant(builder, isa, section, builder.CreateVector(variant.kernelOffset));
  });
  auto blobs = pack(program.sections, [this](const Section& section) {
    int32_t index = addSection(section.name, section.bytes, true);
    return manifest::CreateBlob(builder, text(section.name), index);
  });
  auto table = pack(sections, [this](const SectionEntry& entry) {
    return manifest::CreateSection(builder, text(entry.name), entry.offset, entry.stored, entry.size,
                                   entry.checksum, as<manifest::Compression>(entry.compression));
  });
  auto name = text(program.name);
  auto target = text(program.target);
  auto version = text(program.compilerVersion);
  auto hash = text(program.descriptionHash);
  manifest::FinishProgramBuffer(
      builder, manifest::CreateProgram(
                   builder, table, name, target, as<manifest::Precision>(program.precision), program.dt,
                   program.structureSeed, program.dynamicsSeed, version, hash, extents, tables, states, ports,
                   events, inputs, arrays, probes, kernels, setup, schedule, code, blobs));
}

std::vector<std::byte> Serializer::assemble() {
  auto manifestBytes = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  uint64_t data = alignUp(sizeof(FileHeader) + manifestBytes.size());
  FileHeader header;
  header.fileBytes = data + dataBytes;
  header.manifestBytes = manifestBytes.size();
  header.manifestChecksum = checksum(manifestBytes);
  header.headerChecksum = checksumOf(header);

  std::vector<std::byte> file(header.fileBytes);
  std::memcpy(file.data(), &header, sizeof(header));
  std::memcpy(file.data() + sizeof(header), manifestBytes.data(), manifestBytes.size());
  for (size_t i = 0; i < sections.size(); ++i) {
    std::copy(contents[i].begin(), contents[i].end(),
              file.begin() + static_cast<ptrdiff_t>(data + sections[i].offset));
  }
  return file;
}

} // namespace

std::vector<std::byte> serialize(const Program& program) { return Serializer().run(program); }

void writeProgram(const Program& program, const std::filesystem::path& path) {
  try {
    validate(program);
  } catch (const Error& error) {
    throw Error::bug("NS0490", "{}: the compiled program is not valid: {}; please report this", path.string(),
                     error.what());
  }
  std::vector<std::byte> file = serialize(program);
  std::filesystem::path partial = path;
  partial += fmt::format(".partial-{}", getpid());
  std::ofstream stream(partial, std::ios::binary | std::ios::trunc);
  if (!stream) {
    throw Error::input("NS0401", "{}: cannot be created: {}; check the folder and its permissions",
                       path.string(), std::strerror(errno));
  }
  stream.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  stream.close();
  std::error_code failure;
  if (stream) {
    std::filesystem::rename(partial, path, failure);
    if (!failure) {
      return;
    }
  }
  std::string reason = failure ? failure.message() : std::strerror(errno);
  std::filesystem::remove(partial, failure);
  throw Error::machine("NS0409", "{}: cannot be written ({} bytes): {}", path.string(), file.size(), reason);
}

} // namespace nissl::program
