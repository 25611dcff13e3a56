// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/SourcePast.h"

#include "targets/cpu/device/Schedule.h"

#include <utility>

namespace nissl::cpu {

SourcePast::SourcePast(const program::Program& program, const program::Action& action,
                       std::vector<program::Operand> operands, Memory& memory)
    : action(action), operands(std::move(operands)), program(program), memory(memory),
      firstSource(static_cast<size_t>(program.tables[action.subject].sourceBegin)),
      rows(memory.tables[action.subject].rowStart.size() - 1), parts(memory.share.threads) {}

void SourcePast::note(unsigned thread) {
  Part& part = parts[thread];
  size_t begin = rows * thread / parts.size(), end = rows * (thread + 1) / parts.size();
  part.full[(part.step + 1) % 2] = false;
  for (size_t p = 0; p < operands.size(); ++p) {
    const auto* values =
        static_cast<const std::byte*>(pointerOf(program, memory, action, operands[p], thread, thread));
    keep(p, values + firstSource * widthOf(p), begin, end, part);
  }
  ++part.step;
}

} // namespace nissl::cpu
