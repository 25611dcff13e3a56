// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The chip models that ship with Nissl: the .json files of this folder, built in.
#pragma once

#include <span>
#include <string_view>

namespace nissl::golgi {

struct BundledModel {
  std::string_view name;
  std::string_view json;
};

/// In ascending order of the number of cores.
std::span<const BundledModel> bundledModels();

} // namespace nissl::golgi
