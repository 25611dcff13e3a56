// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string_view>

namespace nissl::support {

/// The version of this build, "major.minor.patch".
std::string_view version();

} // namespace nissl::support
