// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/nissl/ReadOnce.h"

#include "runtime/program/Reader.h"

#include <cstring>
#include <vector>

namespace nissl::driver {
namespace {

/// What the first rank gives; what others give is ignored.
std::span<const std::byte> fromFirst(runtime::Ranks& ranks, std::span<const std::byte> own) {
  return ranks.allGather(ranks.isFirst() ? own : std::span<const std::byte>()).front();
}

} // namespace

program::Program readProgramOnce(const std::filesystem::path& file, runtime::Ranks* ranks) {
  if (ranks == nullptr) {
    return program::readProgram(file);
  }
  std::vector<std::byte> own = ranks->isFirst() ? program::readBytes(file) : std::vector<std::byte>();
  return program::parseProgram(fromFirst(*ranks, own), file.string());
}

runtime::InputSeries readInputOnce(const runtime::InputBinding& binding, runtime::Ranks* ranks) {
  if (ranks == nullptr) {
    return runtime::readInput(binding);
  }
  runtime::InputSeries series = ranks->isFirst() ? runtime::readInput(binding) : runtime::InputSeries();
  int64_t shape[] = {series.rows, series.columns};
  std::memcpy(shape, fromFirst(*ranks, std::as_bytes(std::span(shape))).data(), sizeof(shape));
  std::span<const std::byte> values = fromFirst(*ranks, std::as_bytes(std::span(series.values)));
  if (!ranks->isFirst()) {
    series = {shape[0], shape[1], std::vector<double>(values.size() / sizeof(double))};
    std::memcpy(series.values.data(), values.data(), values.size());
  }
  return series;
}

unsigned agreeOn(unsigned number, runtime::Ranks* ranks) {
  if (ranks != nullptr) {
    std::memcpy(&number, fromFirst(*ranks, std::as_bytes(std::span(&number, 1))).data(), sizeof(number));
  }
  return number;
}

} // namespace nissl::driver
