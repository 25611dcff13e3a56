// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Counting in vectors, where a processor has masks.
#pragma once

namespace llvm {
class Module;
}

namespace nissl::cpu {

/// Writes count + zext(condition) of vectors as a choice of count + 1: AVX-512 adds under a mask, where LLVM
/// would make a vector of the mask first. The comparisons of Poisson numbers are such. `module` is optimised,
/// as the optimiser would write the choice as a sum again.
void countUnderMasks(llvm::Module& module);

} // namespace nissl::cpu
