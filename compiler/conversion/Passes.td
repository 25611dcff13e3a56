// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The passes that lead from one level of the compiler to the next.
#ifndef NISSL_COMPILER_CONVERSION_PASSES_TD
#define NISSL_COMPILER_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertNeuroToStep : Pass<"convert-neuro-to-step", "::mlir::ModuleOp"> {
  let summary = "Replaces each network by the program of its time step.";
  let description = [{
    Architecture §4 is the meaning; compiler/conversion/neuro_to_step/README.md says how each part is written.
    The program is in f64. A remark names the method of each variable. What cannot be lowered is an error on
    the op in question.

    ```mlir
    neuro.network @leak dt 1.0e-3 {
      neuro.cell @leaky {
        neuro.variable @v {
          %v = arith.constant 1.0 : f64
          neuro.yield %v : f64
        }
        neuro.equation rate @v {
          %v = neuro.get @v : f64
          %r = arith.constant -50.0 : f64
          %d = arith.mulf %v, %r : f64
          neuro.yield %d : f64
        }
      }
      neuro.population @E of @leaky size 10 {}
    }
    ```
  }];
  let dependentDialects = ["::nissl::step::StepDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
  let options = [Option<"dt", "dt", "double", "0.0", "length of a step in seconds; 0 takes the network's own">];
}

#endif
