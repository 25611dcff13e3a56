// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Processes that mpirun started to run one network.
#pragma once

#include "runtime/device/Ranks.h"

#include <memory>

namespace nissl::driver {

/// How many processes a launcher such as mpirun started, and which of them this is.
struct Launch {
  unsigned size = 1, rank = 0;
};

/// From the environment, which OpenMPI and what follows PMI set; one process where they do not.
Launch launchOfProcess();

/// Joins the other processes of `launch`; null where there are none. Only one may live. Throws support::Error
/// (machine) where this build has no MPI, or not the launcher's.
std::unique_ptr<runtime::Ranks> joinRanks(Launch launch);

} // namespace nissl::driver
