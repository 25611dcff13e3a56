// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/SourcePast.h"

#include "targets/cpu/device/Schedule.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nissl::cpu {

SourcePast::SourcePast(const program::Program& program, const program::Action& action,
                       std::vector<program::Operand> operands, Memory& memory, size_t most)
    : action(action), operands(std::move(operands)), most(most), program(program), memory(memory),
      firstSource(static_cast<size_t>(program.tables[action.subject].sourceBegin)),
      rows(memory.tables[action.subject].rowStart.size() - 1), parts(memory.share.threads) {}

bool SourcePast::full(unsigned thread) const {
  size_t step = parts[thread].step;
  return step == most ||
         std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return part.full[step]; });
}

std::pair<size_t, size_t> SourcePast::shareOf(unsigned thread) const {
  if (memory.share.ranks > 1) {
    return {rows * thread / parts.size(), rows * (thread + 1) / parts.size()};
  }
  const cpu::Part own = memory.parts[program.tables[action.subject].source][thread];
  auto rowOf = [&](int64_t cell) {
    return std::min(static_cast<size_t>(std::max<int64_t>(cell - static_cast<int64_t>(firstSource), 0)),
                    rows);
  };
  return {rowOf(own.begin), rowOf(own.end)};
}

void SourcePast::touchShare(const Buffer& buffer, unsigned thread) const {
  size_t share = buffer.size() / parts.size();
  std::memset(buffer.data() + thread * share, 0, share);
}

void SourcePast::note(unsigned thread) {
  Part& part = parts[thread];
  auto [begin, end] = shareOf(thread);
  bool full = false;
  for (size_t p = 0; p < operands.size(); ++p) {
    const auto* values =
        static_cast<const std::byte*>(pointerOf(program, memory, action, operands[p], thread, thread));
    full |= keep(p, values + firstSource * widthOf(p), begin, end, part.step);
  }
  ++part.step;
  part.full.set(part.step, full);
}

} // namespace nissl::cpu
