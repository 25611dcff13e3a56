// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values that a host gives to an input, one row per step, and the files they are read from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nissl::runtime {

/// A matrix [steps, channels] in row-major order.
struct InputSeries {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<double> values;

  std::span<const double> row(int64_t index) const {
    return std::span(values).subspan(static_cast<size_t>(index * columns), static_cast<size_t>(columns));
  }
};

/// What `--input NAME=FILE[:PART]` asks for.
struct InputBinding {
  std::string name;
  std::filesystem::path file;
  std::string part; ///< .csv, .npy: a column "0" or columns "2-5"; .h5: the path of the dataset
};

/// Takes "NAME=FILE[:PART]" apart. Throws support::Error (usage).
InputBinding parseInputBinding(std::string_view text);

/// Reads the binding's file by its extension (.csv, .npy, .h5, .hdf5). Every value is finite. Throws
/// support::Error that names the file, the place, what was found and what was expected.
InputSeries readInput(const InputBinding& binding);

/// A row per line, cells separated by commas; lines that begin with '#' and empty lines at the end are
/// skipped; a first line with a cell that is no number is a header.
InputSeries readCsv(const std::filesystem::path& file);

/// NumPy's format, versions 1 to 3: f4, f8, i1 to i8, u1 to u8 and b1, little-endian, C or Fortran order;
/// shape [steps] is one channel.
InputSeries readNpy(const std::filesystem::path& file);

/// A dataset of numbers, [steps, channels] or [steps]; `dataset` "" is "data".
InputSeries readHdf5(const std::filesystem::path& file, const std::string& dataset);

} // namespace nissl::runtime
