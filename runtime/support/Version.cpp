// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/support/Version.h"

namespace nissl::support {

std::string_view version() { return NISSL_VERSION; }

} // namespace nissl::support
