// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The passes that rewrite step programs into simpler step programs.
#ifndef NISSL_COMPILER_TRANSFORMS_PASSES_TD
#define NISSL_COMPILER_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandMath : Pass<"step-expand-math"> {
  let summary = "Writes elementary functions out as arithmetic.";
  let description = [{
    Every scalar op of the math dialect in f32 or f64 becomes branch-free `arith` code (Cody-Waite
    reduction and a minimax polynomial), so that interpreters, CPUs and GPUs compute the same bits and
    LLVM vectorises the code without a vector library. What remains is exact in IEEE 754 everywhere:
    `math.fma`, `math.sqrt`, `math.absf`, `math.copysign`, `math.floor`, `math.ceil`, `math.trunc` and
    `math.roundeven`. `arith.remf` is rewritten too, as it would call a library.

    Errors, special cases and limits stand in compiler/transforms/math/Expansions.h. A power with a
    constant whole exponent up to 4 in magnitude becomes multiplications, one of 0.5 a square root (then
    -inf gives NaN). Functions without an expansion (inverse trigonometric and inverse hyperbolic ones,
    erf, erfc, cbrt), other formats and vectors are refused by name.

    ```mlir
    func.func @decay(%x: f64) -> f64 {
      %y = math.exp %x : f64
      return %y : f64
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let statistics = [Statistic<"expanded", "expanded", "ops written out as arithmetic">];
}

#endif
