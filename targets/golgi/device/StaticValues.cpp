// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/device/StaticValues.h"

#include "runtime/support/Error.h"

#include <cstring>

using nissl::support::Error;

namespace nissl::golgi {
namespace {

// Numbers of eight bytes: sample tick, tables, synapses…, states, then (state, count) and four bytes per
// value.

void append(std::vector<std::byte>& bytes, const void* data, size_t size) {
  const auto* begin = static_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), begin, begin + size);
}

void append(std::vector<std::byte>& bytes, int64_t number) { append(bytes, &number, sizeof(number)); }

class Reader {
public:
  explicit Reader(std::span<const std::byte> bytes) : rest(bytes) {}

  int64_t number() {
    int64_t value = 0;
    take(&value, sizeof(value));
    return value;
  }
  /// A count of things that take at least `width` bytes each.
  size_t count(size_t width) {
    int64_t value = number();
    if (value < 0 || static_cast<uint64_t>(value) > rest.size() / width) {
      fail();
    }
    return static_cast<size_t>(value);
  }
  void take(void* into, size_t size) {
    if (size > rest.size()) {
      fail();
    }
    if (size > 0) {
      std::memcpy(into, rest.data(), size);
    }
    rest = rest.subspan(size);
  }
  void end() {
    if (!rest.empty()) {
      fail();
    }
  }

private:
  [[noreturn]] static void fail() {
    throw Error::input("NS0807", "section 'golgi.static' is not whole; compile the network again");
  }
  std::span<const std::byte> rest;
};

} // namespace

std::vector<std::byte> StaticValues::encode() const {
  std::vector<std::byte> bytes;
  append(bytes, sampleTick);
  append(bytes, static_cast<int64_t>(synapses.size()));
  for (int64_t count : synapses) {
    append(bytes, count);
  }
  append(bytes, static_cast<int64_t>(values.size()));
  for (const auto& [state, numbers] : values) {
    append(bytes, state);
    append(bytes, static_cast<int64_t>(numbers.size()));
    append(bytes, numbers.data(), numbers.size() * sizeof(int32_t));
  }
  return bytes;
}

StaticValues StaticValues::decode(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  StaticValues result;
  result.sampleTick = reader.number();
  result.synapses.resize(reader.count(sizeof(int64_t)));
  for (int64_t& count : result.synapses) {
    count = reader.number();
  }
  size_t states = reader.count(2 * sizeof(int64_t));
  for (size_t i = 0; i < states; ++i) {
    auto state = static_cast<program::Index>(reader.number());
    std::vector<int32_t>& numbers = result.values[state];
    numbers.resize(reader.count(sizeof(int32_t)));
    reader.take(numbers.data(), numbers.size() * sizeof(int32_t));
  }
  reader.end();
  return result;
}

} // namespace nissl::golgi
