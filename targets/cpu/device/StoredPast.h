// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The past of sources, every value of it.
#pragma once

#include "targets/cpu/device/SourcePast.h"

namespace nissl::cpu {

class StoredPast final : public SourcePast {
public:
  static constexpr size_t mostSteps = 4096;
  /// Bytes that are kept of a source for so many steps, values of a width.
  static constexpr size_t bytesOfSource(size_t steps, size_t width) { return steps * width; }

  /// For `most` steps, a multiple of a cache line's values.
  StoredPast(const program::Program& program, const program::Action& action,
             std::vector<program::Operand> operands, Memory& memory, size_t most);
  void touch(unsigned thread) override;
  size_t room(size_t operand) const override { return most * widthOf(operand); }
  void* bring(size_t operand, size_t row, size_t since, size_t end, std::byte* to) const override;
  void fetch(size_t row, size_t since, size_t end) const override;

private:
  /// What one operand had for each source.
  struct Past {
    Buffer values; ///< by row: by step
    Buffer staged; ///< the last few steps, less than a cache line of each row's: by step, by row
  };

  bool keep(size_t operand, const std::byte* values, size_t begin, size_t end, size_t step) override;
  void flush(size_t operand, size_t begin, size_t end, size_t step) const;

  std::vector<Past> pasts;
};

} // namespace nissl::cpu
