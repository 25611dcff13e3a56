// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads a run's files back with plain HDF5, as another tool would.
#pragma once

#include <H5Cpp.h>

#include <filesystem>
#include <string>
#include <vector>

namespace nissl::tests {

template <typename T>
std::vector<T> readAll(const std::filesystem::path& file, const std::string& dataset) {
  H5::H5File hdf5(file.string(), H5F_ACC_RDONLY);
  H5::DataSet data = hdf5.openDataSet(dataset);
  std::vector<T> values(static_cast<size_t>(data.getSpace().getSimpleExtentNpoints()));
  if (!values.empty()) {
    if constexpr (std::is_same_v<T, double>) {
      data.read(values.data(), H5::PredType::NATIVE_DOUBLE);
    } else {
      data.read(values.data(), H5::PredType::NATIVE_UINT64);
    }
  }
  return values;
}

inline std::vector<hsize_t> sizesOf(const std::filesystem::path& file, const std::string& dataset) {
  H5::H5File hdf5(file.string(), H5F_ACC_RDONLY);
  H5::DataSpace space = hdf5.openDataSet(dataset).getSpace();
  std::vector<hsize_t> sizes(static_cast<size_t>(space.getSimpleExtentNdims()));
  space.getSimpleExtentDims(sizes.data());
  return sizes;
}

/// A text attribute of a dataset or of a group.
inline std::string textOf(const std::filesystem::path& file, const std::string& object,
                          const std::string& name) {
  H5::H5File hdf5(file.string(), H5F_ACC_RDONLY);
  std::string value;
  auto read = [&](const H5::H5Object& holder) {
    H5::Attribute attribute = holder.openAttribute(name);
    attribute.read(attribute.getStrType(), value);
  };
  if (hdf5.childObjType(object) == H5O_TYPE_DATASET) {
    read(hdf5.openDataSet(object));
  } else {
    read(hdf5.openGroup(object));
  }
  return value;
}

} // namespace nissl::tests
