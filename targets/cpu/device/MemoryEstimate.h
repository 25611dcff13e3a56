// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a program will take, known before it is loaded.
#pragma once

#include "runtime/device/Device.h"

namespace nissl::cpu {

/// Bytes by part. Synapses of random connectivity are counted at their mean; the order that `Bundle` notes of
/// a pair's synapses, some percent of multapses, is left out. The sum over all ranks, each of `threads`.
runtime::MemoryNeed estimateMemory(const program::Program& program, unsigned threads, unsigned ranks);

} // namespace nissl::cpu
