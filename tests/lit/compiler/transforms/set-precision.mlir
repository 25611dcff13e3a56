// RUN: nissl-opt --split-input-file --verify-diagnostics --step-set-precision %s | FileCheck %s

// Every f64 of declarations and bodies becomes f32; dt stays.
// CHECK-LABEL: step.program @p dt 1.000000e-03
// CHECK: step.state @E.v of @E : f32
// CHECK: step.array @a = dense<[1.000000e-01, 2.500000e-01]> : tensor<2xf32>
// CHECK: step.map @E (%[[V:.*]] = @E.v : f32)
// CHECK: arith.constant 1.000000e-01 : f32
// CHECK: step.lookup @a[%{{.*}}] : i32 -> f32
// CHECK: step.random  normal stream "n" draw 0 : f32
// CHECK-NOT: f64
step.program @p dt 1.0e-3 {
  step.extent @E size 2
  step.state @E.v of @E : f64
  step.array @a = dense<[0.1, 0.25]> : tensor<2xf64>
  step.map @E (%v = @E.v : f64) {
    %p = arith.constant 0.1 : f64
    %i = step.index element : i32
    %a = step.lookup @a[%i] : i32 -> f64
    %n = step.random normal stream "n" draw 0 : f64
    %v1 = arith.mulf %v, %p : f64
    %v2 = arith.addf %v1, %a : f64
    %v3 = arith.addf %v2, %n : f64
    step.yield @E.v = %v3 : f64
  }
}

// -----

step.program @bits dt 1.0e-3 {
  step.extent @E size 2
  step.state @E.v of @E : f64
  step.map @E (%v = @E.v : f64) {
    // expected-error @+1 {{looks at the bits of a number, which depend on the precision}}
    %b = arith.bitcast %v : f64 to i64
    %w = arith.bitcast %b : i64 to f64
    step.yield @E.v = %w : f64
  }
}
