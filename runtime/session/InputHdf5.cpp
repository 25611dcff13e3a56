// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/InputSeries.h"

#include "runtime/support/Error.h"

#include <H5Cpp.h>

namespace nissl::runtime {

using support::Error;

InputSeries readHdf5(const std::filesystem::path& file, const std::string& dataset) {
  H5::Exception::dontPrint();
  std::string path = dataset.empty() ? "data" : dataset;
  try {
    H5::H5File hdf5(file.string(), H5F_ACC_RDONLY);
    if (!hdf5.nameExists(path)) {
      throw Error::input("NS0518", "{}: no dataset '{}'; name it as in --input NAME={}:/path", file.string(),
                         path, file.string());
    }
    H5::DataSet data = hdf5.openDataSet(path);
    H5T_class_t type = data.getTypeClass();
    if (type != H5T_FLOAT && type != H5T_INTEGER && type != H5T_ENUM) {
      throw Error::input("NS0518", "{}: dataset '{}' does not hold numbers", file.string(), path);
    }
    H5::DataSpace space = data.getSpace();
    int rank = space.getSimpleExtentNdims();
    if (rank != 1 && rank != 2) {
      throw Error::input("NS0518",
                         "{}: dataset '{}' has {} dimensions; expected [steps, channels] or [steps]",
                         file.string(), path, rank);
    }
    hsize_t sizes[2] = {0, 1};
    space.getSimpleExtentDims(sizes);
    InputSeries series;
    series.rows = static_cast<int64_t>(sizes[0]);
    series.columns = static_cast<int64_t>(sizes[1]);
    series.values.resize(sizes[0] * sizes[1]);
    if (!series.values.empty()) {
      data.read(series.values.data(), H5::PredType::NATIVE_DOUBLE);
    }
    return series;
  } catch (const H5::Exception& error) {
    throw Error::input("NS0518", "{}: cannot read dataset '{}': {}", file.string(), path,
                       error.getDetailMsg());
  }
}

} // namespace nissl::runtime
