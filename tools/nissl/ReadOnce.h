// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the first rank reads or decides for all. Without ranks it is read as usual. Throws as the readers do.
#pragma once

#include "runtime/device/Ranks.h"
#include "runtime/program/Program.h"
#include "runtime/session/InputSeries.h"

#include <filesystem>

namespace nissl::driver {

program::Program readProgramOnce(const std::filesystem::path& file, runtime::Ranks* ranks);
runtime::InputSeries readInputOnce(const runtime::InputBinding& binding, runtime::Ranks* ranks);
/// The first rank's number.
unsigned agreeOn(unsigned number, runtime::Ranks* ranks);

} // namespace nissl::driver
