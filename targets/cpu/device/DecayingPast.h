// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The past of sources whose values decay: each step's is the one before times a factor, but for a few, as of
// a trace that its cell's spikes raise. Those few are kept, and every 64th; what lies between is computed
// again, to the same bits: several stretches at once, as one alone would wait for each product.
#pragma once

#include "targets/cpu/device/SourcePast.h"

namespace nissl::cpu {

class DecayingPast final : public SourcePast {
public:
  /// Steps from one value that is kept to the next.
  static constexpr size_t stretch = 64;
  /// Values of a source that may be others than the factor gives.
  static constexpr size_t jumps = 64;
  /// A step has two bytes, of which more would fit.
  static constexpr size_t mostSteps = size_t{1} << 14;
  /// Bytes that are kept of a source for so many steps, a multiple of `stretch`, values of a width.
  static constexpr size_t bytesOfSource(size_t steps, size_t width) {
    return (steps / stretch + jumps + 2) * width + jumps * sizeof(uint16_t) + cacheLine;
  }

  /// For `most` steps, a multiple of `stretch`. The operands' states have a decay (program::State).
  DecayingPast(const program::Program& program, const program::Action& action,
               std::vector<program::Operand> operands, Memory& memory, size_t most);
  void touch(unsigned thread) override;
  bool notesAll() const override { return true; }
  void forget(unsigned thread) override;
  Places places() const override { return {.stretch = stretch, .pitch = static_cast<uint32_t>(pitch())}; }
  size_t room(size_t operand) const override;
  void* bring(size_t operand, size_t row, size_t since, size_t end, std::byte* to) const override;
  void fetch(size_t row, size_t since, size_t end) const override;

private:
  struct Past {
    Buffer begun;    ///< by row: what it had where a stretch begins
    Buffer last;     ///< by row: what was noted last
    Buffer jumped;   ///< by row: what it had after each jump
    Buffer jumpStep; ///< likewise: the step
    Buffer count;    ///< by row: its jumps
  };

  /// Values from one row of `begun`, or one step of what is brought, to the next.
  size_t pitch() const { return most / stretch + cacheLine / sizeof(float); }
  bool keep(size_t operand, const std::byte* values, size_t begin, size_t end, size_t step) override;
  // No kernel is compiled for less than AVX2 (CodeImage.h).
  template <typename Value>
  [[gnu::target("avx2")]] bool keepDecaying(size_t operand, const Value* values, size_t begin, size_t end,
                                            size_t step);
  template <typename Value>
  bool noteJump(Past& past, size_t row, Value value, size_t step);
  template <typename Value>
  [[gnu::target("avx2")]] void compute(size_t operand, size_t row, size_t first, size_t end, Value* to) const;

  std::vector<Past> pasts;
};

} // namespace nissl::cpu
