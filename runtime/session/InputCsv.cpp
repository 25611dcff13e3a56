// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/InputSeries.h"

#include "runtime/support/Error.h"

#include <charconv>
#include <fstream>
#include <optional>

namespace nissl::runtime {

using support::Error;

namespace {

std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<double> parseCell(std::string_view cell) {
  if (cell.starts_with('+')) {
    cell.remove_prefix(1);
  }
  double value = 0;
  auto [rest, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (status != std::errc() || rest != cell.data() + cell.size()) {
    return std::nullopt;
  }
  return value;
}

std::vector<std::string_view> cellsOf(std::string_view line) {
  std::vector<std::string_view> cells;
  for (size_t comma = line.find(','); comma != std::string_view::npos; comma = line.find(',')) {
    cells.push_back(trim(line.substr(0, comma)));
    line.remove_prefix(comma + 1);
  }
  cells.push_back(trim(line));
  return cells;
}

/// Appends a row of numbers; returns the first cell that is none.
std::optional<size_t> appendRow(InputSeries& series, const std::vector<std::string_view>& cells) {
  for (size_t index = 0; index < cells.size(); ++index) {
    std::optional<double> value = parseCell(cells[index]);
    if (!value) {
      return index;
    }
    series.values.push_back(*value);
  }
  ++series.rows;
  return std::nullopt;
}

} // namespace

InputSeries readCsv(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw Error::input("NS0514", "{}: cannot be opened for reading", file.string());
  }
  InputSeries series;
  std::string text;
  bool headerAllowed = true;
  int64_t emptyLine = 0;
  for (int64_t line = 1; std::getline(stream, text); ++line) {
    std::string_view view = text;
    if (line == 1 && view.starts_with("\xef\xbb\xbf")) {
      view.remove_prefix(3);
    }
    view = trim(view);
    if (view.starts_with('#')) {
      continue;
    }
    if (view.empty()) {
      emptyLine = line;
      continue;
    }
    if (emptyLine != 0 && !headerAllowed) {
      throw Error::input("NS0515", "{}:{}: an empty line between rows; expected a row per step",
                         file.string(), emptyLine);
    }
    std::vector<std::string_view> cells = cellsOf(view);
    int64_t columns = static_cast<int64_t>(cells.size());
    if (!headerAllowed && columns != series.columns) {
      throw Error::input("NS0515", "{}:{}: {} cells, expected {} as in the rows before", file.string(), line,
                         columns, series.columns);
    }
    std::optional<size_t> wrong = appendRow(series, cells);
    if (wrong && !headerAllowed) {
      throw Error::input("NS0515", "{}:{}: cell {} is '{}', expected a number", file.string(), line,
                         *wrong + 1, cells[*wrong]);
    }
    if (wrong) {
      series.values.clear();
    }
    series.columns = columns;
    headerAllowed = false;
  }
  if (series.rows == 0) {
    throw Error::input("NS0515", "{}: no rows; expected a row per step and a column per channel",
                       file.string());
  }
  return series;
}

} // namespace nissl::runtime
