// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes small .nir files for tests, well-formed or not, the way h5py does.
#pragma once

#include <H5Cpp.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace nissl::test {

/// A file in the temporary directory that goes away with the object.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string& name)
      : path((std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + "-" + name)).string()) {}
  TemporaryFile(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path); }
  const std::string path;
};

/// Groups, datasets and edges of a NIR file.
class NirWriter {
public:
  explicit NirWriter(const std::string& path) : file(path, H5F_ACC_TRUNC) {
    text(file, "version", "1.0.8");
    root = graph(file, "node");
  }

  H5::Group graph(const H5::Group& parent, const std::string& name) {
    H5::Group group = parent.createGroup(name);
    text(group, "type", "NIRGraph");
    group.createGroup("nodes");
    return group;
  }

  /// A node of `parent` (a graph).
  H5::Group node(const H5::Group& parent, const std::string& name, const std::string& type) {
    H5::Group group = parent.openGroup("nodes").createGroup(name);
    text(group, "type", type);
    return group;
  }

  void text(const H5::Group& group, const std::string& name, const std::string& value) {
    H5::StrType type(H5::PredType::C_S1, H5T_VARIABLE);
    const char* pointer = value.c_str();
    group.createDataSet(name, type, H5::DataSpace()).write(&pointer, type);
  }

  /// Stored as float64; an empty shape is a scalar.
  void numbers(const H5::Group& group, const std::string& name, const std::vector<hsize_t>& shape,
               const std::vector<double>& values) {
    H5::DataSpace space =
        shape.empty() ? H5::DataSpace() : H5::DataSpace(static_cast<int>(shape.size()), shape.data());
    group.createDataSet(name, H5::PredType::IEEE_F64LE, space)
        .write(values.data(), H5::PredType::NATIVE_DOUBLE);
  }

  void edges(const H5::Group& group, const std::vector<std::pair<std::string, std::string>>& edges) {
    H5::StrType type(H5::PredType::C_S1, H5T_VARIABLE);
    std::vector<const char*> pointers;
    for (const auto& [from, to] : edges) {
      pointers.push_back(from.c_str());
      pointers.push_back(to.c_str());
    }
    hsize_t dims[2] = {edges.size(), 2};
    group.createDataSet("edges", type, H5::DataSpace(2, dims)).write(pointers.data(), type);
  }

  void port(const H5::Group& parent, const std::string& name, const std::string& type, double size) {
    numbers(node(parent, name, type), "shape", {1}, {size});
  }

  void affine(const H5::Group& parent, const std::string& name, hsize_t targets, hsize_t sources,
              const std::vector<double>& weights, const std::vector<double>& bias) {
    H5::Group group = node(parent, name, "Affine");
    numbers(group, "weight", {targets, sources}, weights);
    numbers(group, "bias", {bias.size()}, bias);
  }

  /// A LIF whose parameters are scalars.
  void lif(const H5::Group& parent, const std::string& name, double tau, double r, double leak,
           double threshold) {
    H5::Group group = node(parent, name, "LIF");
    numbers(group, "tau", {}, {tau});
    numbers(group, "r", {}, {r});
    numbers(group, "v_leak", {}, {leak});
    numbers(group, "v_threshold", {}, {threshold});
  }

  H5::H5File file;
  H5::Group root;
};

} // namespace nissl::test
