// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The step interpreter: runs the program text of an artefact's section "step.mlir", scalar and in order.
// It is the oracle that CPU, GPU and chip equal bit for bit.
#pragma once

#include "runtime/device/Device.h"

namespace nissl::reference {

std::unique_ptr<runtime::Device> createStepDevice();

} // namespace nissl::reference
