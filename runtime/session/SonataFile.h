// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/session/Provenance.h"

#include <H5Cpp.h>

#include <filesystem>
#include <string>

namespace nissl::runtime {

/// An HDF5 file of a run, created anew: SONATA's `magic` and `version` and the provenance are attributes
/// of its root. Its members throw H5::Exception; `guard` turns that into a support::Error.
class SonataFile {
public:
  /// Throws support::Error (machine) when the file cannot be created.
  SonataFile(const std::filesystem::path& path, const Provenance& provenance);

  H5::Group createGroup(const std::string& name) { return file.createGroup(name); }
  static void setText(const H5::H5Object& object, const std::string& name, const std::string& value);

  /// Calls `action`; what HDF5 throws becomes a support::Error (machine) that names the file.
  template <typename Action>
  auto guard(Action&& action) const {
    try {
      return action();
    } catch (const H5::Exception& error) {
      fail(error);
    }
  }
  void close();

private:
  [[noreturn]] void fail(const H5::Exception& error) const;

  std::filesystem::path path;
  H5::H5File file;
};

} // namespace nissl::runtime
