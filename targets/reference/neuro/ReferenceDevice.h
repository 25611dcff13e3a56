// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The step interpreter with the reference beside it: every step is compared with what the description says.
#pragma once

#include "runtime/device/Device.h"

namespace nissl::reference {

/// Where an artefact holds its description: a module with one neuro.network, as text.
inline constexpr const char* networkSection = "neuro.mlir";

/// Runs artefacts of the target "reference". Its findings are those of the comparison; a disagreement is
/// NS0624.
std::unique_ptr<runtime::Device> createReferenceDevice();

} // namespace nissl::reference
