// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The .npy format, from its description in NumPy (numpy.lib.format, versions 1.0, 2.0 and 3.0).
#include "runtime/session/InputSeries.h"

#include "runtime/support/Error.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <limits>

namespace nissl::runtime {

using support::Error;

namespace {

static_assert(std::endian::native == std::endian::little);

struct NpyHeader {
  std::string descr;
  bool fortranOrder = false;
  std::vector<int64_t> shape;
};

/// Reads the header's Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (256, 12), }.
class HeaderParser {
public:
  HeaderParser(std::string_view text, const std::filesystem::path& file) : text(text), file(file) {}

  NpyHeader parse() {
    NpyHeader header;
    bool hasDescr = false;
    bool hasOrder = false;
    bool hasShape = false;
    expect('{');
    while (!accept('}')) {
      std::string key = parseString();
      expect(':');
      if (key == "descr") {
        header.descr = parseDescr();
        hasDescr = true;
      } else if (key == "fortran_order") {
        header.fortranOrder = parseBool();
        hasOrder = true;
      } else if (key == "shape") {
        header.shape = parseShape();
        hasShape = true;
      } else {
        fail(fmt::format("unknown key '{}'", key));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!hasDescr || !hasOrder || !hasShape) {
      fail("expected the keys 'descr', 'fortran_order' and 'shape'");
    }
    return header;
  }

private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Error::input("NS0516", "{}: the header of this .npy file is malformed at byte {}: {}",
                       file.string(), position, why);
  }
  void skipSpace() {
    while (position < text.size() && (text[position] == ' ' || text[position] == '\n')) {
      ++position;
    }
  }
  bool accept(char wanted) {
    skipSpace();
    if (position < text.size() && text[position] == wanted) {
      ++position;
      return true;
    }
    return false;
  }
  void expect(char wanted) {
    if (!accept(wanted)) {
      fail(fmt::format("expected '{}'", wanted));
    }
  }
  std::string parseString() {
    char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') {
      expect('\'');
    }
    size_t end = text.find(quote, position);
    if (end == std::string_view::npos) {
      fail("a string does not end");
    }
    std::string value(text.substr(position, end - position));
    position = end + 1;
    return value;
  }
  std::string parseDescr() {
    skipSpace();
    if (position < text.size() && text[position] == '[') {
      throw Error::input("NS0517", "{}: a structured array; expected numbers [steps, channels]",
                         file.string());
    }
    return parseString();
  }
  bool parseBool() {
    skipSpace();
    for (bool value : {false, true}) {
      std::string_view word = value ? "True" : "False";
      if (text.substr(position).starts_with(word)) {
        position += word.size();
        return value;
      }
    }
    fail("expected True or False");
  }
  std::vector<int64_t> parseShape() {
    std::vector<int64_t> shape;
    expect('(');
    while (!accept(')')) {
      skipSpace();
      int64_t size = 0;
      const char* end = text.data() + text.size();
      auto [rest, status] = std::from_chars(text.data() + position, end, size);
      if (status != std::errc() || size < 0) {
        fail("expected a size");
      }
      position = static_cast<size_t>(rest - text.data());
      shape.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::string_view text;
  const std::filesystem::path& file;
  size_t position = 0;
};

template <typename T>
double valueAt(const char* bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes + index * sizeof(T), sizeof(T));
  return static_cast<double>(value);
}

struct Element {
  std::string_view descr;
  size_t size;
  double (*read)(const char* bytes, size_t index);
};

constexpr Element elements[] = {
    {"f4", 4, valueAt<float>},    {"f8", 8, valueAt<double>},   {"i1", 1, valueAt<int8_t>},
    {"i2", 2, valueAt<int16_t>},  {"i4", 4, valueAt<int32_t>},  {"i8", 8, valueAt<int64_t>},
    {"u1", 1, valueAt<uint8_t>},  {"u2", 2, valueAt<uint16_t>}, {"u4", 4, valueAt<uint32_t>},
    {"u8", 8, valueAt<uint64_t>}, {"b1", 1, valueAt<uint8_t>}};

const Element& elementOf(const std::string& descr, const std::filesystem::path& file) {
  if (descr.starts_with('>')) {
    throw Error::input(
        "NS0517",
        "{}: big-endian values ('{}'); save it little-endian, e.g. a.astype(a.dtype.newbyteorder('<'))",
        file.string(), descr);
  }
  for (const Element& element : elements) {
    if (!descr.empty() && std::string_view(descr).substr(1) == element.descr) {
      return element;
    }
  }
  throw Error::input("NS0517", "{}: values of type '{}'; expected f4, f8, i1 to i8, u1 to u8 or b1",
                     file.string(), descr);
}

std::string readWhole(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream) {
    throw Error::input("NS0514", "{}: cannot be read", file.string());
  }
  return bytes;
}

/// Where the header's text begins and ends.
std::pair<size_t, size_t> headerBounds(const std::string& bytes, const std::filesystem::path& file) {
  if (bytes.size() < 12 || !bytes.starts_with("\x93NUMPY")) {
    throw Error::input("NS0516", "{}: not a .npy file: it does not begin with \\x93NUMPY", file.string());
  }
  int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3) {
    throw Error::input("NS0516", "{}: .npy version {}, expected 1, 2 or 3", file.string(), version);
  }
  size_t begin = version == 1 ? 10 : 12;
  size_t length = version == 1 ? static_cast<size_t>(valueAt<uint16_t>(bytes.data() + 8, 0))
                               : static_cast<size_t>(valueAt<uint32_t>(bytes.data() + 8, 0));
  if (length > bytes.size() - begin) {
    throw Error::input("NS0516", "{}: truncated: a header of {} bytes, {} bytes follow", file.string(),
                       length, bytes.size() - begin);
  }
  return {begin, begin + length};
}

} // namespace

InputSeries readNpy(const std::filesystem::path& file) {
  std::string bytes = readWhole(file);
  auto [begin, end] = headerBounds(bytes, file);
  NpyHeader header = HeaderParser(std::string_view(bytes).substr(begin, end - begin), file).parse();
  const Element& element = elementOf(header.descr, file);
  if (header.shape.size() != 1 && header.shape.size() != 2) {
    throw Error::input("NS0517", "{}: an array of shape ({}); expected [steps, channels] or [steps]",
                       file.string(), fmt::join(header.shape, ", "));
  }
  InputSeries series;
  series.rows = header.shape[0];
  series.columns = header.shape.size() == 2 ? header.shape[1] : 1;
  size_t present = (bytes.size() - end) / element.size;
  bool fits = series.columns == 0 ||
              static_cast<size_t>(series.rows) <= present / static_cast<size_t>(series.columns);
  size_t count = fits ? static_cast<size_t>(series.rows * series.columns) : 0;
  if (!fits || bytes.size() - end != count * element.size) {
    throw Error::input("NS0516", "{}: shape ({}) of '{}' does not match the {} bytes that follow the header",
                       file.string(), fmt::join(header.shape, ", "), header.descr, bytes.size() - end);
  }
  series.values.resize(count);
  const char* data = bytes.data() + end;
  for (size_t index = 0; index < count; ++index) {
    size_t row = index / static_cast<size_t>(series.columns);
    size_t column = index % static_cast<size_t>(series.columns);
    size_t at = header.fortranOrder ? column * static_cast<size_t>(series.rows) + row : index;
    series.values[index] = element.read(data, at);
  }
  return series;
}

} // namespace nissl::runtime
