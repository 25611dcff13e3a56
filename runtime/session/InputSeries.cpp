// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/InputSeries.h"

#include "runtime/support/Error.h"

#include <array>
#include <charconv>
#include <cmath>

namespace nissl::runtime {

using support::Error;

namespace {

constexpr std::array<std::string_view, 4> extensions{".csv", ".npy", ".h5", ".hdf5"};

bool isHdf5(const std::filesystem::path& file) {
  return file.extension() == ".h5" || file.extension() == ".hdf5";
}

/// Keeps columns "first" or "first-last" only.
InputSeries selectColumns(const InputSeries& whole, const InputBinding& binding) {
  int64_t first = 0;
  int64_t last = 0;
  const char* end = binding.part.data() + binding.part.size();
  auto [rest, status] = std::from_chars(binding.part.data(), end, first);
  last = first;
  if (status == std::errc() && rest != end && *rest == '-') {
    std::from_chars_result second = std::from_chars(rest + 1, end, last);
    rest = second.ptr;
    status = second.ec;
  }
  if (status != std::errc() || rest != end) {
    throw Error::usage("NS0511",
                       "input '{}': '{}' after '{}:' is no column; expected one as in ':0' or ':2-5'",
                       binding.name, binding.part, binding.file.string());
  }
  if (first < 0 || last < first || last >= whole.columns) {
    throw Error::input("NS0512", "{}: columns {}-{} were asked for, the file has columns 0-{}",
                       binding.file.string(), first, last, whole.columns - 1);
  }
  InputSeries part;
  part.rows = whole.rows;
  part.columns = last - first + 1;
  part.values.reserve(static_cast<size_t>(part.rows * part.columns));
  for (int64_t row = 0; row < whole.rows; ++row) {
    std::span<const double> cells =
        whole.row(row).subspan(static_cast<size_t>(first), static_cast<size_t>(part.columns));
    part.values.insert(part.values.end(), cells.begin(), cells.end());
  }
  return part;
}

void requireFinite(const InputSeries& series, const InputBinding& binding) {
  for (size_t index = 0; index < series.values.size(); ++index) {
    if (!std::isfinite(series.values[index])) {
      throw Error::input("NS0513", "{}: row {}, column {} is {}; inputs must be finite",
                         binding.file.string(), index / static_cast<size_t>(series.columns),
                         index % static_cast<size_t>(series.columns), series.values[index]);
    }
  }
}

} // namespace

InputBinding parseInputBinding(std::string_view text) {
  size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    throw Error::usage("NS0510", "'--input {}': expected NAME=FILE, as in --input stimulus=stimulus.csv",
                       text);
  }
  InputBinding binding;
  binding.name = text.substr(0, equals);
  std::string_view file = text.substr(equals + 1);
  for (std::string_view extension : extensions) {
    if (file.ends_with(extension)) {
      binding.file = file;
      return binding;
    }
    size_t found = file.rfind(std::string(extension) + ":");
    if (found != std::string_view::npos) {
      binding.file = file.substr(0, found + extension.size());
      binding.part = file.substr(found + extension.size() + 1);
      return binding;
    }
  }
  throw Error::usage("NS0510", "'--input {}': '{}' has no known extension; expected .csv, .npy, .h5 or .hdf5",
                     text, file);
}

InputSeries readInput(const InputBinding& binding) {
  if (!std::filesystem::is_regular_file(binding.file)) {
    throw Error::input("NS0514", "input '{}': there is no file '{}'", binding.name, binding.file.string());
  }
  InputSeries series;
  if (isHdf5(binding.file)) {
    series = readHdf5(binding.file, binding.part);
  } else {
    series = binding.file.extension() == ".csv" ? readCsv(binding.file) : readNpy(binding.file);
    if (!binding.part.empty()) {
      series = selectColumns(series, binding);
    }
  }
  requireFinite(series, binding);
  return series;
}

} // namespace nissl::runtime
