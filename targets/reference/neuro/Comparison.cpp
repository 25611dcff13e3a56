// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Comparison.h"

#include "runtime/support/Error.h"

using nissl::support::Error;

namespace nissl::reference {

double boundOf(program::Precision precision) {
  switch (precision) {
  case program::Precision::F64:
    return 1e-9;
  case program::Precision::F32:
    return 1e-4;
  case program::Precision::Fixed:
    break;
  }
  throw Error::input("NS0623",
                     "the program is in fixed point, whose distance from the reference has no bound; "
                     "expected f64 or f32");
}

std::string Comparison::text() const {
  std::string text = fmt::format("{} steps, {} values of {} variables, {} events of {} kinds; bound {:g}\n",
                                 steps, values, variables.size(), spikes, events.size(), bound);
  auto say = [&](const char* what, const Deviation& d) {
    text += fmt::format("{}: {}[{}] in step {}: found {:.17g}, expected {:.17g}, error {:.3g}\n", what,
                        d.name, d.cell, d.step, d.found, d.expected, d.error);
  };
  if (!worst.name.empty()) {
    say("worst", worst);
  }
  text += fmt::format("{} values outside the bound, {} events that disagree, {} excused\n", deviations,
                      disagreements, excused);
  if (firstDeviation) {
    say("first outside the bound", *firstDeviation);
  }
  if (firstDisagreement) {
    text += fmt::format("first event that disagrees: {}[{}] in step {}: only {} has it\n",
                        firstDisagreement->event, firstDisagreement->cell, firstDisagreement->step,
                        firstDisagreement->found ? "the target" : "the reference");
  }
  for (const auto& [name, reason] : skipped) {
    text += fmt::format("skipped {}: {}\n", name, reason);
  }
  return text;
}

} // namespace nissl::reference
