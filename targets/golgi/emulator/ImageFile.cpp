// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The GLG1 file: SPEC.md G10.
#include "targets/golgi/emulator/Image.h"

#include <fmt/format.h>

#include <cstring>
#include <span>

using nissl::support::Error;

namespace nissl::golgi {

static constexpr uint32_t magic = 0x31474c47; // "GLG1"
static constexpr uint32_t version = 1;
static constexpr size_t headerWords = 8;

enum class Section : uint32_t {
  Conf = 1,
  Imem,
  Group,
  State,
  Parameters,
  Constants,
  Lut,
  Tables,
  AxonsIn,
  Synapses,
  AxonPointers,
  AxonsOut
};

static uint32_t crc32(std::span<const uint8_t> bytes) {
  uint32_t crc = ~0u;
  for (uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
  }
  return ~crc;
}

/// A group's words, in the order of G6.1. One list for both directions.
template <typename G>
static auto fieldsOf(G& g) {
  return std::array{&g.cells,   &g.stateBase, &g.stateWords, &g.parameterBase, &g.parameterHalfwords,
                    &g.accBase, &g.ports,     &g.inputBase,  &g.inputs,        &g.spikeBase,
                    &g.events,  &g.entry,     &g.length,     &g.idBase,        &g.period,
                    &g.offset,  &g.stratum};
}
static constexpr size_t groupWords = 17;

//===-- Writing ----------------------------------------------------------------------------------===//

using Words = std::vector<uint32_t>;

static void appendSection(Words& out, uint32_t& sections, Section id, const Words& payload) {
  if (payload.empty()) {
    return;
  }
  out.push_back(static_cast<uint32_t>(id));
  out.push_back(static_cast<uint32_t>(payload.size()));
  out.insert(out.end(), payload.begin(), payload.end());
  ++sections;
}

template <typename Halfword>
static Words packHalfwords(const std::vector<Halfword>& halfwords) {
  if (halfwords.empty()) {
    return {};
  }
  Words words = {static_cast<uint32_t>(halfwords.size())};
  words.resize(1 + (halfwords.size() + 1) / 2, 0);
  for (size_t i = 0; i < halfwords.size(); ++i) {
    words[1 + i / 2] |= uint32_t{static_cast<uint16_t>(halfwords[i])} << (16 * (i % 2));
  }
  return words;
}

static void appendCore(Words& out, const CoreImage& core) {
  out.push_back(core.x);
  out.push_back(core.y);
  size_t countAt = out.size();
  out.push_back(0);
  uint32_t sections = 0;
  auto append = [&](Section id, const Words& payload) { appendSection(out, sections, id, payload); };
  append(Section::Conf, {core.accPlane, core.accSlots, core.inputWords});
  append(Section::Imem, core.program);
  Words groups;
  for (const Group& group : core.groups) {
    for (const uint32_t* field : fieldsOf(group)) {
      groups.push_back(*field);
    }
  }
  append(Section::Group, groups);
  append(Section::State, Words(core.state.begin(), core.state.end()));
  append(Section::Parameters, packHalfwords(core.parameters));
  append(Section::Constants, Words(core.constants.begin(), core.constants.end()));
  Words lut;
  for (const LutEntry& entry : core.lut) {
    lut.push_back(static_cast<uint32_t>(entry.base));
    lut.push_back(static_cast<uint32_t>(entry.slope));
  }
  append(Section::Lut, lut);
  Words tables;
  for (const LutTable& table : core.tables) {
    tables.insert(tables.end(), {table.first, table.size, table.fractionBits});
  }
  append(Section::Tables, tables);
  append(Section::AxonsIn, core.axonsIn);
  Words synapses;
  for (uint64_t word : core.synapses) {
    synapses.push_back(static_cast<uint32_t>(word));
    synapses.push_back(static_cast<uint32_t>(word >> 32));
  }
  append(Section::Synapses, synapses);
  append(Section::AxonPointers, packHalfwords(core.axonPointers));
  append(Section::AxonsOut, core.axonsOut);
  out[countAt] = sections;
}

static void appendSymbol(Words& out, const Symbol& symbol) {
  out.insert(out.end(),
             {static_cast<uint32_t>(symbol.kind), symbol.core, symbol.group, symbol.index, symbol.first,
              symbol.count, symbol.delay, static_cast<uint32_t>(symbol.name.size())});
  size_t first = out.size();
  out.resize(first + (symbol.name.size() + 3) / 4, 0);
  for (size_t i = 0; i < symbol.name.size(); ++i) {
    out[first + i / 4] |= uint32_t{static_cast<uint8_t>(symbol.name[i])} << (8 * (i % 4));
  }
}

std::vector<uint8_t> writeImage(const Image& image) {
  Words words = {magic,
                 version,
                 0,
                 static_cast<uint32_t>(image.modelHash),
                 static_cast<uint32_t>(image.modelHash >> 32),
                 image.ticksPerStep,
                 static_cast<uint32_t>(image.cores.size()),
                 static_cast<uint32_t>(image.symbols.size())};
  for (const CoreImage& core : image.cores) {
    appendCore(words, core);
  }
  for (const Symbol& symbol : image.symbols) {
    appendSymbol(words, symbol);
  }
  words[2] = static_cast<uint32_t>(words.size() + 1);
  std::vector<uint8_t> bytes;
  bytes.reserve(4 * words.size() + 4);
  auto appendWord = [&](uint32_t word) {
    bytes.insert(bytes.end(), {static_cast<uint8_t>(word), static_cast<uint8_t>(word >> 8),
                               static_cast<uint8_t>(word >> 16), static_cast<uint8_t>(word >> 24)});
  };
  for (uint32_t word : words) {
    appendWord(word);
  }
  appendWord(crc32(bytes));
  return bytes;
}

//===-- Reading ----------------------------------------------------------------------------------===//

template <typename... Args>
[[noreturn]] static void damaged(fmt::format_string<Args...> text, Args&&... args) {
  throw Error::input("NS0802", "golgi image: {}", fmt::format(text, std::forward<Args>(args)...));
}

/// Words of the file in order; every count is tested against what is left.
class WordReader {
public:
  explicit WordReader(std::span<const uint32_t> words) : words(words) {}

  uint32_t take(std::string_view what) { return takeMany(1, what)[0]; }
  std::span<const uint32_t> takeMany(uint64_t count, std::string_view what) {
    if (count > words.size() - position) {
      damaged("{} takes {} words at word {}, but {} are left", what, count, position,
              words.size() - position);
    }
    std::span<const uint32_t> result = words.subspan(position, count);
    position += count;
    return result;
  }
  size_t left() const { return words.size() - position; }

private:
  std::span<const uint32_t> words;
  size_t position = 0;
};

template <typename Halfword>
static std::vector<Halfword> unpackHalfwords(std::span<const uint32_t> payload) {
  uint64_t count = payload[0];
  if (count == 0 || (count + 1) / 2 != payload.size() - 1 || (count % 2 == 1 && payload.back() >> 16 != 0)) {
    damaged("a section of {} halfwords has {} words, expected {}", count, payload.size() - 1,
            (count + 1) / 2);
  }
  std::vector<Halfword> result(count);
  for (size_t i = 0; i < count; ++i) {
    result[i] = static_cast<Halfword>(payload[1 + i / 2] >> (16 * (i % 2)) & 0xffff);
  }
  return result;
}

static void readSection(CoreImage& core, uint32_t id, std::span<const uint32_t> payload) {
  auto requireMultiple = [&](size_t unit) {
    if (payload.empty() || payload.size() % unit != 0) {
      damaged("core ({}, {}): section {} has {} words, expected a multiple of {} above 0", core.x, core.y, id,
              payload.size(), unit);
    }
  };
  switch (static_cast<Section>(id)) {
  case Section::Conf:
    if (payload.size() != 3) {
      damaged("core ({}, {}): the CONF section has {} words, expected 3", core.x, core.y, payload.size());
    }
    core.accPlane = payload[0];
    core.accSlots = payload[1];
    core.inputWords = payload[2];
    return;
  case Section::Imem:
    requireMultiple(1);
    core.program.assign(payload.begin(), payload.end());
    return;
  case Section::Group:
    requireMultiple(groupWords);
    for (size_t i = 0; i < payload.size(); i += groupWords) {
      Group& group = core.groups.emplace_back();
      size_t next = i;
      for (uint32_t* field : fieldsOf(group)) {
        *field = payload[next++];
      }
    }
    return;
  case Section::State:
    requireMultiple(1);
    core.state.assign(payload.begin(), payload.end());
    return;
  case Section::Parameters:
    requireMultiple(1);
    core.parameters = unpackHalfwords<int16_t>(payload);
    return;
  case Section::Constants:
    requireMultiple(1);
    core.constants.assign(payload.begin(), payload.end());
    return;
  case Section::Lut:
    requireMultiple(2);
    for (size_t i = 0; i < payload.size(); i += 2) {
      core.lut.push_back({static_cast<int32_t>(payload[i]), static_cast<int32_t>(payload[i + 1])});
    }
    return;
  case Section::Tables:
    requireMultiple(3);
    for (size_t i = 0; i < payload.size(); i += 3) {
      core.tables.push_back({payload[i], payload[i + 1], payload[i + 2]});
    }
    return;
  case Section::AxonsIn:
    requireMultiple(1);
    core.axonsIn.assign(payload.begin(), payload.end());
    return;
  case Section::Synapses:
    requireMultiple(2);
    for (size_t i = 0; i < payload.size(); i += 2) {
      core.synapses.push_back(payload[i] | uint64_t{payload[i + 1]} << 32);
    }
    return;
  case Section::AxonPointers:
    requireMultiple(1);
    core.axonPointers = unpackHalfwords<uint16_t>(payload);
    return;
  case Section::AxonsOut:
    requireMultiple(1);
    core.axonsOut.assign(payload.begin(), payload.end());
    return;
  }
  damaged("core ({}, {}): section {} is not known", core.x, core.y, id);
}

static CoreImage readCore(WordReader& reader) {
  CoreImage core;
  core.x = reader.take("a core");
  core.y = reader.take("a core");
  uint32_t sections = reader.take("a core");
  uint32_t previous = 0;
  for (uint32_t i = 0; i < sections; ++i) {
    uint32_t id = reader.take("a section");
    uint32_t count = reader.take("a section");
    if (id <= previous || (i == 0 && id != static_cast<uint32_t>(Section::Conf))) {
      damaged("core ({}, {}): section {} after {}, expected CONF (1) first and ascending ids", core.x, core.y,
              id, previous);
    }
    previous = id;
    readSection(core, id, reader.takeMany(count, "a section"));
  }
  if (sections == 0) {
    damaged("core ({}, {}): no sections, expected at least CONF", core.x, core.y);
  }
  return core;
}

static Symbol readSymbol(WordReader& reader) {
  std::span<const uint32_t> fields = reader.takeMany(8, "a symbol");
  if (fields[0] > static_cast<uint32_t>(SymbolKind::Axon)) {
    damaged("a symbol of kind {}, expected 0 to 4", fields[0]);
  }
  Symbol symbol{static_cast<SymbolKind>(fields[0]),
                {},
                fields[1],
                fields[2],
                fields[3],
                fields[4],
                fields[5],
                fields[6]};
  uint32_t length = fields[7];
  std::span<const uint32_t> text = reader.takeMany((uint64_t{length} + 3) / 4, "a symbol's name");
  for (uint32_t i = 0; i < length; ++i) {
    symbol.name.push_back(static_cast<char>(text[i / 4] >> (8 * (i % 4)) & 0xff));
  }
  return symbol;
}

Image readImage(const std::vector<uint8_t>& bytes, const ChipModel& model) {
  if (bytes.size() < 4 * (headerWords + 1) || bytes.size() % 4 != 0) {
    damaged("the file has {} bytes, expected a multiple of 4 and at least {}", bytes.size(),
            4 * (headerWords + 1));
  }
  Words words(bytes.size() / 4);
  for (size_t i = 0; i < words.size(); ++i) {
    words[i] = bytes[4 * i] | uint32_t{bytes[4 * i + 1]} << 8 | uint32_t{bytes[4 * i + 2]} << 16 |
               uint32_t{bytes[4 * i + 3]} << 24;
  }
  if (words[0] != magic) {
    damaged("it begins with {:#010x}, expected {:#010x} (\"GLG1\"): this is no Golgi image", words[0], magic);
  }
  if (words[1] != version) {
    damaged("it has version {}, and this Nissl reads version {}; compile the network again", words[1],
            version);
  }
  if (words[2] != words.size()) {
    damaged("it says {} words, but {} are there: it is truncated or damaged", words[2], words.size());
  }
  uint32_t crc = crc32(std::span(bytes).first(bytes.size() - 4));
  if (crc != words.back()) {
    damaged("its checksum is {:#010x}, expected {:#010x}: it is damaged", crc, words.back());
  }
  WordReader reader(std::span<const uint32_t>(words).subspan(0, words.size() - 1));
  std::span<const uint32_t> header = reader.takeMany(headerWords, "the header");
  Image image;
  image.modelHash = header[3] | uint64_t{header[4]} << 32;
  image.ticksPerStep = header[5];
  for (uint32_t i = 0; i < header[6]; ++i) {
    image.cores.push_back(readCore(reader));
  }
  for (uint32_t i = 0; i < header[7]; ++i) {
    image.symbols.push_back(readSymbol(reader));
  }
  if (reader.left() != 0) {
    damaged("{} words follow the last symbol, expected none", reader.left());
  }
  check(image, model);
  return image;
}

} // namespace nissl::golgi
