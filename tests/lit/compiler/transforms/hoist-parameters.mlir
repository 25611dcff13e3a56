// What depends on parameters only is computed in the setup, by the same ops.
// RUN: nissl-opt %s --step-hoist-parameters --split-input-file | FileCheck %s
// RUN: nissl-opt %s --step-hoist-parameters --step-to-fixed --split-input-file 2>/dev/null | FileCheck %s --check-prefix=FIXED

// CHECK-LABEL: step.program @a_decay_factor_is_a_state
// CHECK: step.state @E.derived0 of @E : f64
// CHECK: step.setup
// CHECK: step.map @E (%[[tau:.*]] = @E.tau : f64)
// CHECK: %[[ratio:.*]] = arith.divf %{{.*}}, %[[tau]] : f64
// CHECK: %[[p:.*]] = math.exp %[[ratio]] : f64
// CHECK: step.yield @E.derived0 = %[[p]] : f64
// CHECK: step.map @E (%[[v:.*]] = @E.v : f64, %{{.*}} = @E.tau : f64, %[[read:.*]] = @E.derived0 : f64)
// CHECK-NOT: math.exp
// CHECK: %[[v1:.*]] = arith.mulf %[[v]], %[[read]] : f64
// CHECK: step.yield @E.v = %[[v1]] : f64
// FIXED-LABEL: step.program @a_decay_factor_is_a_state
// FIXED: step.state @E.derived0 of @E : i32 frac 31
// FIXED: math.exp
// FIXED: math.roundeven
// FIXED: step.mulq %{{.*}}, %{{.*}} shift 31 : i32
step.program @a_decay_factor_is_a_state dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.tau of @E : f64
  step.state @E.v of @E : f64
  step.setup {
    step.map @E () {
      %tau = arith.constant 0.02 : f64
      %v = arith.constant 1.5 : f64
      step.yield @E.tau = %tau : f64, @E.v = %v : f64
    }
  }
  step.map @E (%v = @E.v : f64, %tau = @E.tau : f64) {
    %dt = arith.constant -1.0e-3 : f64
    %ratio = arith.divf %dt, %tau : f64
    %p = math.exp %ratio : f64
    %v1 = arith.mulf %v, %p : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// The state that a step writes is no parameter, and what is cheap stays.
// CHECK-LABEL: step.program @variables_and_cheap_sums_stay
// CHECK-NOT: derived
// CHECK: step.map @E
// CHECK: math.exp
// CHECK: arith.addf
step.program @variables_and_cheap_sums_stay dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.a of @E : f64
  step.state @E.v of @E : f64
  step.map @E (%v = @E.v : f64, %a = @E.a : f64) {
    %e = math.exp %v : f64
    %twice = arith.addf %a, %a : f64
    %v1 = arith.mulf %e, %twice : f64
    step.yield @E.v = %v1 : f64
  }
}
