// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The 19 serialisable node types of NIR 1.0: what each is called, has, and whether it is built.
#pragma once

#include <string_view>
#include <vector>

namespace nissl::nir {

enum class NirType {
  input,
  output,
  graph,
  affine,
  linear,
  lif,
  cubaLif,
  li,
  cubaLi,
  ifNeuron,
  integrator,
  scale,
  conv1d,
  conv2d,
  sumPool2d,
  avgPool2d,
  flatten,
  delay,
  threshold,
};

/// What a field must be.
enum class NirFieldKind {
  perNeuron, ///< one number, or one per neuron
  time,      ///< as perNeuron, and > 0
  matrix,    ///< (targets, sources)
  vector,    ///< one number per target
  shape,     ///< sizes of the axes
  any,       ///< of a type that is not built: not looked at
};

struct NirFieldRule {
  std::string_view name;
  NirFieldKind kind;
  bool required = true;
};

struct NirTypeRule {
  NirType type;
  std::string_view name;
  bool supported;
  bool spikes; ///< its output is events
  bool neuron; ///< it has a state of its own
  std::vector<NirFieldRule> fields;
};

/// The rule of a type by its name in files; null for a name that NIR does not have.
const NirTypeRule* findType(std::string_view name);
/// Every type, in the order of NirType.
const std::vector<NirTypeRule>& allTypes();

} // namespace nissl::nir
