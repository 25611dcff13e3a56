// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One instruction for a product with a power of two, where a processor has it.
#pragma once

namespace llvm {
class Module;
}

namespace nissl::cpu {

/// Replaces what exponentials end with, value * 2^half * 2^(exponent - half), by llvm.ldexp(value, exponent),
/// which AVX-512 computes by one instruction: nine per exponential become three. Only where the two are
/// proven to be the same bits: the value is 1 plus something, so never subnormal, and the exponent that of a
/// bounded number. `module` is as it was translated, before LLVM gives expressions other forms.
void scaleByPowers(llvm::Module& module);

} // namespace nissl::cpu
