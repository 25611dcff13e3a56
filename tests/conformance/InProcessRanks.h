// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ranks that are threads of one process, for tests.
#pragma once

#include "runtime/device/Device.h"
#include "tests/conformance/Trace.h"

#include <functional>

namespace nissl::conformance {

/// Calls work(ranks) as each of `size` ranks, side by side, and returns when all are done. A rank that waits
/// for others for a minute ends the process: what they ask of each other does not match.
void onRanks(unsigned size, const std::function<void(runtime::Ranks&)>& work);

/// A run of `program` on devices that `create` makes, one per rank; what the first rank saw. What another saw
/// differently is an error of the trace.
Trace runOnRanks(unsigned size, const std::function<std::unique_ptr<runtime::Device>()>& create,
                 const program::Program& program, const RunOptions& options);

} // namespace nissl::conformance
