// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/SonataFile.h"

#include "runtime/support/Error.h"

namespace nissl::runtime {

namespace {

template <typename T>
void setNumber(const H5::H5Object& object, const std::string& name, const H5::PredType& type, T value) {
  object.createAttribute(name, type, H5::DataSpace(H5S_SCALAR)).write(type, &value);
}

} // namespace

SonataFile::SonataFile(const std::filesystem::path& path, const Provenance& provenance) : path(path) {
  H5::Exception::dontPrint();
  guard([&] {
    file = H5::H5File(path.string(), H5F_ACC_TRUNC);
    H5::Group root = file.openGroup("/");
    constexpr uint32_t magic = 0x0A7A;
    setNumber(root, "magic", H5::PredType::NATIVE_UINT32, magic);
    constexpr uint32_t version[2] = {0, 1};
    constexpr hsize_t two = 2;
    root.createAttribute("version", H5::PredType::NATIVE_UINT32, H5::DataSpace(1, &two))
        .write(H5::PredType::NATIVE_UINT32, version);
    nlohmann::ordered_json described = toJson(provenance);
    for (const auto& [name, value] : described.items()) {
      if (value.is_string()) {
        setText(root, name, value.get<std::string>());
      } else if (value.is_number_float()) {
        setNumber(root, name, H5::PredType::NATIVE_DOUBLE, value.get<double>());
      } else {
        setNumber(root, name, H5::PredType::NATIVE_UINT64, value.get<uint64_t>());
      }
    }
  });
}

void SonataFile::setText(const H5::H5Object& object, const std::string& name, const std::string& value) {
  H5::StrType type(H5::PredType::C_S1, H5T_VARIABLE);
  type.setCset(H5T_CSET_UTF8);
  object.createAttribute(name, type, H5::DataSpace(H5S_SCALAR)).write(type, value);
}

void SonataFile::close() {
  guard([&] { file.close(); });
}

void SonataFile::fail(const H5::Exception& error) const {
  throw support::Error::machine("NS0520",
                                "{}: cannot be written ({}); is the disk full or the folder read-only?",
                                path.string(), error.getDetailMsg());
}

} // namespace nissl::runtime
