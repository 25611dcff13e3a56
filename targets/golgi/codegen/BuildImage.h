// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A placed chip as the contents of its memories: one walk over the IR, nothing is decided here.
#pragma once

#include "dialects/golgi/GolgiDialect.h"
#include "dialects/step/StepDialect.h"
#include "targets/golgi/codegen/SetupValues.h"
#include "targets/golgi/emulator/Image.h"

namespace nissl::golgi {

/// The image of `chip`, which has passed golgi-verify, for the model that it was converted for. Where the
/// chip says other sizes than its tables have, that is an error at the core. Throws support::Error.
mlir::FailureOr<Image> buildImage(ChipOp chip, step::ProgramOp step, SetupValues& setup,
                                  const ChipModel& model);

} // namespace nissl::golgi
