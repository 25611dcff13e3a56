// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names and fields are those of the NIR 1.0 classes (nir/ir/*.py, version 1.0.8).
#include "compiler/import/nir/NirType.h"

#include <algorithm>

namespace nissl::nir {
namespace {

using enum NirFieldKind;

std::vector<NirTypeRule> makeRules() {
  const NirFieldRule r{"r", perNeuron}, leak{"v_leak", perNeuron}, threshold{"v_threshold", perNeuron},
      reset{"v_reset", perNeuron, false}, tau{"tau", time}, tauSyn{"tau_syn", time}, tauMem{"tau_mem", time},
      win{"w_in", perNeuron, false}, shape{"shape", NirFieldKind::shape, false}, weight{"weight", matrix};
  return {
      {NirType::input, "Input", true, true, false, {shape}},
      {NirType::output, "Output", true, false, false, {shape}},
      {NirType::graph, "NIRGraph", true, false, false, {}},
      {NirType::affine, "Affine", true, false, false, {weight, {"bias", vector}}},
      {NirType::linear, "Linear", true, false, false, {weight}},
      {NirType::lif, "LIF", true, true, true, {tau, r, leak, threshold, reset}},
      {NirType::cubaLif, "CubaLIF", true, true, true, {tauSyn, tauMem, r, leak, threshold, reset, win}},
      {NirType::li, "LI", true, false, true, {tau, r, leak}},
      {NirType::cubaLi, "CubaLI", true, false, true, {tauSyn, tauMem, r, leak, win}},
      {NirType::ifNeuron, "IF", true, true, true, {r, threshold, reset}},
      {NirType::integrator, "I", true, false, true, {r}},
      {NirType::scale, "Scale", false, false, false, {{"scale", any}}},
      {NirType::conv1d, "Conv1d", false, false, false, {{"weight", any}}},
      {NirType::conv2d, "Conv2d", false, false, false, {{"weight", any}}},
      {NirType::sumPool2d, "SumPool2d", false, false, false, {{"kernel_size", any}}},
      {NirType::avgPool2d, "AvgPool2d", false, false, false, {{"kernel_size", any}}},
      {NirType::flatten, "Flatten", false, false, false, {{"start_dim", any}}},
      {NirType::delay, "Delay", false, false, false, {{"delay", any}}},
      {NirType::threshold, "Threshold", false, true, false, {{"threshold", any}}},
  };
}

} // namespace

const std::vector<NirTypeRule>& allTypes() {
  static const std::vector<NirTypeRule> rules = makeRules();
  return rules;
}

const NirTypeRule* findType(std::string_view name) {
  const std::vector<NirTypeRule>& rules = allTypes();
  auto found =
      std::find_if(rules.begin(), rules.end(), [&](const NirTypeRule& rule) { return rule.name == name; });
  return found == rules.end() ? nullptr : &*found;
}

} // namespace nissl::nir
