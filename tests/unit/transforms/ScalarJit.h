// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a scalar func.func of arith and math on this machine, so that a test can evaluate it at many points.
#pragma once

#include "llvm/ExecutionEngine/Orc/LLJIT.h"

#include <memory>
#include <string>

namespace nissl::transforms::tests {

/// A compiled module. Throws std::runtime_error with the diagnostics when the text does not parse, a pass
/// fails or code cannot be made. step.random_bits gives words of runtime/support's Philox for `step`. No
/// optimisation runs before code generation: the ops are what is measured.
class ScalarJit {
public:
  /// Parses `text`, runs `pipeline` (a textual pass pipeline of the project's own passes) and compiles it.
  ScalarJit(const std::string& text, const std::string& pipeline);

  template <typename Function>
  Function* function(const std::string& name) {
    return reinterpret_cast<Function*>(address(name));
  }

  /// The step that step.random_bits draws for; seed 1 and entity 0 are fixed.
  static inline uint64_t step = 0;

  /// The module after the pipeline, as text.
  const std::string& expanded() const { return expandedText; }

private:
  void* address(const std::string& name);

  std::string expandedText;
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace nissl::transforms::tests
