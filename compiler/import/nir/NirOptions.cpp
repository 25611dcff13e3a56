// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/NirOptions.h"

#include <fmt/format.h>

namespace nissl::nir {
namespace {

std::string_view resetText(NirReset reset) {
  switch (reset) {
  case NirReset::toValue:
    return "to_value";
  case NirReset::subtract:
    return "subtract";
  case NirReset::subtractSnntorch:
    return "subtract_snntorch";
  }
  return "";
}

} // namespace

std::string optionsText(const NirOptions& options) {
  return fmt::format(
      "time-unit={} order=current,voltage,threshold,reset reset={} spikes={} inputs={} alignment={}",
      options.timeUnit == NirTimeUnit::seconds ? "s" : "ms", resetText(options.reset),
      options.spikes == NirSpikes::sample ? "sample" : "delta",
      options.inputs == NirInputs::graded ? "graded" : "spikes",
      options.alignment == NirAlignment::sameStep ? "same_step" : "pipelined");
}

} // namespace nissl::nir
