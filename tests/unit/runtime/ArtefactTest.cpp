// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/unit/runtime/SampleProgram.h"

#include "runtime/program/Reader.h"
#include "runtime/program/Writer.h"
#include "runtime/program/program_generated.h"
#include "runtime/support/Error.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <functional>
#include <optional>
#include <random>

#include <unistd.h>

using namespace nissl::program;
using namespace nissl::program::test;
using Catch::Contains;
using Catch::StartsWith;
using nissl::support::Error;
using nissl::support::ExitCode;

namespace {

std::optional<Error> errorOf(std::span<const std::byte> file, const ReadLimits& limits = {}) {
  try {
    parseProgram(file, "x.npb", limits);
  } catch (const Error& error) {
    CHECK(error.exitCode() == ExitCode::input);
    CHECK_THAT(error.what(), StartsWith("x.npb: "));
    return error;
  }
  return std::nullopt;
}

std::string codeOf(std::span<const std::byte> file, const ReadLimits& limits = {}) {
  std::optional<Error> error = errorOf(file, limits);
  return error ? error->code() : "accepted";
}

std::string messageOf(std::span<const std::byte> file) {
  std::optional<Error> error = errorOf(file);
  return error ? error->format() : "accepted";
}

void flip(std::vector<std::byte>& file, size_t position, unsigned bit = 3) {
  file[position] ^= static_cast<std::byte>(1u << bit);
}

/// Where the file's sections lie.
FileSummary summaryOf(const std::vector<std::byte>& file, uint64_t& data) {
  FileHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  data = alignUp(sizeof(header) + header.manifestBytes);
  FileSummary summary{header.version, header.fileBytes, header.manifestBytes, {}};
  const manifest::Program* root = manifest::GetProgram(file.data() + sizeof(header));
  for (const manifest::Section* section : *root->sections()) {
    summary.sections.push_back({section->name()->str(), section->offset(), section->stored(), section->size(),
                                0, static_cast<Compression>(section->compression())});
  }
  return summary;
}

/// Overwrites a scalar field of a manifest table in place and seals the file again.
template <typename Value, typename Thing>
void overwrite(std::vector<std::byte>& file, const Thing* thing, flatbuffers::voffset_t field, Value value) {
  const uint8_t* address = reinterpret_cast<const flatbuffers::Table*>(thing)->GetAddressOf(field);
  REQUIRE(address != nullptr);
  std::memcpy(file.data() + (address - reinterpret_cast<const uint8_t*>(file.data())), &value, sizeof(value));
  reseal(file);
}

const manifest::Program* rootOf(const std::vector<std::byte>& file) {
  return manifest::GetProgram(file.data() + sizeof(FileHeader));
}

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("nissl-artefact-" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

} // namespace

TEST_CASE("a program comes back from its file as it was", "[runtime][artefact]") {
  Program program = sampleProgram();
  std::vector<std::byte> file = serialize(program);
  CHECK(parseProgram(file, "x.npb") == program);
  CHECK(serialize(program) == file);
  Program empty;
  empty.dt = 1;
  CHECK(parseProgram(serialize(empty), "x.npb") == empty);
  CHECK(parseProgram(serialize(countedProgram()), "x.npb") == countedProgram());
}

TEST_CASE("the header lies where the format says", "[runtime][artefact]") {
  std::vector<std::byte> file = serialize(sampleProgram());
  CHECK(std::memcmp(file.data(), "\x89NPB\r\n\x1a\n\x05\0\0\0\x40\0\0\0", 16) == 0);
  uint64_t size = 0;
  std::memcpy(&size, file.data() + 16, sizeof(size));
  CHECK(size == file.size());
  // CRC-32 of "123456789" is cbf43926 (the check value of its catalogue entry).
  CHECK(checksum(bytesOf("123456789")) == 0xcbf43926);
}

TEST_CASE("large regular sections are compressed, code never", "[runtime][artefact]") {
  Program program = sampleProgram();
  program.code[0].code.assign(100000, std::byte{0x90});
  std::mt19937 random(1);
  for (int i = 0; i < 8000; ++i) {
    program.arrays[2].bytes.push_back(static_cast<std::byte>(random())); // noise does not shrink
  }
  std::vector<std::byte> file = serialize(program);
  CHECK(parseProgram(file, "x.npb") == program);
  uint64_t data = 0;
  for (const SectionEntry& section : summaryOf(file, data).sections) {
    bool zstd = section.name == "array table";
    CHECK((section.compression == Compression::Zstd) == zstd);
    CHECK((section.stored < section.size) == zstd);
    CHECK((data + section.offset) % 64 == 0);
  }
}

TEST_CASE("a file cut at any length is truncated, and says so", "[runtime][artefact]") {
  std::vector<std::byte> file = serialize(sampleProgram());
  for (size_t length = 0; length < file.size(); ++length) {
    REQUIRE(codeOf(std::span(file).first(length)) == "NS0404");
  }
  CHECK_THAT(messageOf(std::span(file).first(file.size() - 1)),
             Contains(std::to_string(file.size() - 1) + " of " + std::to_string(file.size()) + " bytes"));
}

TEST_CASE("a file cut at any length and sealed again is refused", "[runtime][artefact]") {
  std::vector<std::byte> file = serialize(sampleProgram());
  for (size_t length = sizeof(FileHeader); length < file.size(); ++length) {
    std::vector<std::byte> cut(file.begin(), file.begin() + static_cast<ptrdiff_t>(length));
    reseal(cut);
    REQUIRE(codeOf(cut) != "accepted");
  }
}

TEST_CASE("a flipped bit anywhere is noticed", "[runtime][artefact]") {
  std::vector<std::byte> file = serialize(sampleProgram());
  for (size_t position = 0; position < file.size(); ++position) {
    unsigned bit = position % 8;
    flip(file, position, bit);
    REQUIRE(codeOf(file) == (position < 8 ? "NS0402" : "NS0405"));
    flip(file, position, bit);
  }
  CHECK(codeOf(file) == "accepted");
}

TEST_CASE("a corrupted file names the part that is damaged", "[runtime][artefact]") {
  std::vector<std::byte> file = serialize(sampleProgram());
  uint64_t data = 0;
  FileSummary summary = summaryOf(file, data);
  REQUIRE(summary.sections.size() == 8);
  for (const SectionEntry& section : summary.sections) {
    for (uint64_t at : {uint64_t{0}, section.stored / 2, section.stored - 1}) {
      if (section.stored > 0) {
        std::vector<std::byte> damaged = file;
        flip(damaged, data + section.offset + at);
        CHECK_THAT(messageOf(damaged), Contains("NS0405") && Contains("section '" + section.name + "'"));
      }
    }
  }
  std::vector<std::byte> damaged = file;
  flip(damaged, sizeof(FileHeader) + 100);
  CHECK_THAT(messageOf(damaged), Contains("NS0405") && Contains("manifest"));
  damaged = file;
  flip(damaged, 20);
  CHECK_THAT(messageOf(damaged), Contains("NS0405") && Contains("header"));
  damaged = file;
  damaged.push_back(std::byte{0});
  CHECK_THAT(messageOf(damaged), Contains("NS0405") && Contains("1 bytes after"));
}

TEST_CASE("a newer file asks for a newer Nissl", "[runtime][artefact]") {
  std::vector<std::byte> file = serialize(sampleProgram());
  uint32_t version = formatVersion + 1;
  std::memcpy(file.data() + 8, &version, sizeof(version));
  reseal(file);
  CHECK_THAT(messageOf(file),
             Contains("NS0403") && Contains("version 6") && Contains("up to 5") && Contains("update"));
  version = 1;
  std::memcpy(file.data() + 8, &version, sizeof(version));
  reseal(file);
  CHECK_THAT(messageOf(file), Contains("NS0403") && Contains("version 1") && Contains("from 4 on") &&
                                  Contains("compile again"));
  version = 0;
  std::memcpy(file.data() + 8, &version, sizeof(version));
  reseal(file);
  CHECK(codeOf(file) == "NS0406");
}

TEST_CASE("a foreign file is recognised", "[runtime][artefact]") {
  CHECK_THAT(messageOf(bytesOf("\x89HDF\r\n\x1a\n and more")),
             Contains("NS0402") && Contains("nissl compile"));
  CHECK_THAT(messageOf(bytesOf("{ \"nissl\": 1 }")), Contains("NS0402") && Contains("JSON"));
  CHECK_THAT(messageOf(bytesOf("\x7f"
                               "ELF and so on")),
             Contains("NS0402") && Contains("ELF"));
  CHECK_THAT(messageOf(bytesOf("x")), Contains("NS0402"));
  // A transfer as text has changed the line ends of the magic number.
  std::vector<std::byte> file = serialize(sampleProgram());
  file.erase(file.begin() + 4);
  CHECK(codeOf(file) == "NS0402");
}

TEST_CASE("random damage that is sealed again is refused or gives a valid program", "[runtime][artefact]") {
  const std::vector<std::byte> file = serialize(sampleProgram());
  FileHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  std::mt19937 random(12345);
  ReadLimits limits{1 << 20, 1 << 22};
  int refused = 0;
  constexpr int rounds = 20000;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::byte> damaged = file;
    for (unsigned k = 0; k < 1 + random() % 3; ++k) {
      size_t position = sizeof(header) + random() % header.manifestBytes;
      switch (random() % 3) {
      case 0:
        flip(damaged, position, random() % 8);
        break;
      case 1:
        damaged[position] = std::byte{0xff};
        break;
      default:
        damaged[position] = static_cast<std::byte>(random());
      }
    }
    reseal(damaged);
    refused += codeOf(damaged, limits) == "accepted" ? 0 : 1;
  }
  // Names, seeds and weights may change unnoticed once the seal is forged; most other bytes may not.
  CHECK(refused > rounds / 4);
}

TEST_CASE("claims about sections are not believed", "[runtime][artefact]") {
  std::vector<std::byte> file = serialize(sampleProgram());
  const manifest::Program* root = rootOf(file);
  const manifest::Section* code = root->sections()->Get(4);
  const manifest::Section* packed = root->sections()->Get(1);
  REQUIRE(packed->compression() == manifest::Compression::Zstd);
  auto field = GENERATE(range(0, 12));
  switch (field) {
  case 0:
    overwrite<uint64_t>(file, code, manifest::Section::VT_OFFSET, ~uint64_t{0} - 10);
    CHECK_THAT(messageOf(file), Contains("NS0406") && Contains("section 4"));
    break;
  case 1:
    overwrite<uint64_t>(file, code, manifest::Section::VT_STORED, ~uint64_t{0});
    CHECK_THAT(messageOf(file), Contains("NS0406"));
    break;
  case 2:
    overwrite<uint64_t>(file, code, manifest::Section::VT_SIZE, code->size() + 1);
    CHECK_THAT(messageOf(file), Contains("NS0406"));
    break;
  case 3:
    overwrite<uint64_t>(file, packed, manifest::Section::VT_SIZE, 4097);
    CHECK_THAT(messageOf(file), Contains("NS0406") && Contains("4097"));
    break;
  case 4:
    overwrite<uint64_t>(file, packed, manifest::Section::VT_SIZE, uint64_t{1} << 60);
    CHECK_THAT(messageOf(file), Contains("NS0408"));
    break;
  case 5:
    overwrite<uint8_t>(file, packed, manifest::Section::VT_COMPRESSION, 2);
    CHECK_THAT(messageOf(file), Contains("NS0406") && Contains("compression 2"));
    break;
  case 6:
    overwrite<int32_t>(file, root->arrays()->Get(0), manifest::Array::VT_SECTION, 8);
    CHECK_THAT(messageOf(file), Contains("NS0406") && Contains("array 'table'") && Contains("0 to 7"));
    break;
  case 7:
    overwrite<int32_t>(file, root->arrays()->Get(0), manifest::Array::VT_SECTION, -1);
    CHECK_THAT(messageOf(file), Contains("NS0406"));
    break;
  case 8:
    overwrite<int32_t>(file, root->arrays()->Get(0), manifest::Array::VT_SECTION, 0);
    CHECK_THAT(messageOf(file), Contains("NS0406") && Contains("something else"));
    break;
  case 9:
    overwrite<int32_t>(file, root->code()->Get(1), manifest::CodeVariant::VT_SECTION, 1000);
    CHECK_THAT(messageOf(file), Contains("NS0406") && Contains("x86-64-v4"));
    break;
  case 10:
    overwrite<int32_t>(file, root->blobs()->Get(0), manifest::Blob::VT_SECTION,
                       std::numeric_limits<int32_t>::min());
    CHECK_THAT(messageOf(file), Contains("NS0406") && Contains("provenance.json"));
    break;
  default:
    overwrite<int32_t>(file, root->tables()->Get(1)->connect(), manifest::ConnectRule::VT_PAIRS, 99);
    CHECK_THAT(messageOf(file), Contains("NS0406") && Contains("table 'ER'"));
  }
}

TEST_CASE("the header's claims are not believed", "[runtime][artefact]") {
  std::vector<std::byte> file = serialize(sampleProgram());
  for (uint64_t claim : {uint64_t{file.size()}, ~uint64_t{0}, ~uint64_t{0} - 127}) {
    std::memcpy(file.data() + 24, &claim, sizeof(claim));
    reseal(file);
    CHECK_THAT(messageOf(file), Contains("NS0406") && Contains("does not fit"));
  }
}

TEST_CASE("a list of pairs has two numbers for each", "[runtime][artefact]") {
  Program program = sampleProgram();
  program.tables[1].connect.pre = {0};
  program.tables[1].connect.post = {0, 0};
  CHECK_THAT(messageOf(serialize(program)),
             Contains("NS0406") && Contains("12 bytes, expected a multiple of 8"));
}

TEST_CASE("a reader takes no more memory than it is allowed", "[runtime][artefact]") {
  std::vector<std::byte> file = serialize(sampleProgram());
  CHECK(codeOf(file, {4096, 8192}) == "accepted");
  CHECK(codeOf(file, {4095, 8192}) == "NS0408");
  CHECK(codeOf(file, {4096, 4200}) == "NS0408");
}

TEST_CASE("files are written whole and read back", "[runtime][artefact]") {
  Folder folder;
  Program program = sampleProgram();
  std::filesystem::path path = folder.path / "a.npb";
  writeProgram(program, path);
  writeProgram(program, path);
  CHECK(readProgram(path) == program);
  FileSummary summary = summarize(path);
  CHECK(summary.version == formatVersion);
  CHECK(summary.fileBytes == std::filesystem::file_size(path));
  CHECK(summary.sections.at(0).name == "pairs ER");
  CHECK(summary.sections.at(0).size == 24);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);

  CHECK_THROWS_WITH(readProgram(folder.path / "none.npb"), Contains("none.npb") && Contains("No such file"));
  CHECK_THROWS_WITH(readProgram(folder.path), Contains("folder"));
  CHECK_THROWS_WITH(writeProgram(program, folder.path / "no" / "a.npb"), Contains("cannot be created"));
  program.schedule[0].subject = 9;
  try {
    writeProgram(program, folder.path / "b.npb");
    FAIL("an invalid program was written");
  } catch (const Error& error) {
    CHECK(error.exitCode() == ExitCode::bug);
    CHECK(error.code() == "NS0490");
  }
  CHECK(!std::filesystem::exists(folder.path / "b.npb"));
}
