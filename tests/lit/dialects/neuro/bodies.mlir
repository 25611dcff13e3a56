// RUN: nissl-opt %s --canonicalize --cse | FileCheck %s
// Upstream passes apply to the bodies of neuro as they are: each body is isolated, what it reads is pure,
// and two draws at different places stay two.

neuro.network @n dt 1.0e-3 {
  neuro.cell @c {
    // CHECK-LABEL: neuro.parameter @folds_constants
    // CHECK-NEXT: %[[SIX:.*]] = arith.constant 6.0
    // CHECK-NEXT: neuro.yield %[[SIX]]
    neuro.parameter @folds_constants {
      %two = arith.constant 2.0 : f64
      %three = arith.constant 3.0 : f64
      %six = arith.mulf %two, %three : f64
      neuro.yield %six : f64
    }
    // CHECK-LABEL: neuro.derived @reads_once
    // CHECK-COUNT-1: neuro.get @folds_constants
    // CHECK-NOT: neuro.get
    // CHECK: neuro.yield
    neuro.derived @reads_once {
      %a = neuro.get @folds_constants : f64
      %b = neuro.get @folds_constants : f64
      %s = arith.addf %a, %b : f64
      neuro.yield %s : f64
    }
    // CHECK-LABEL: neuro.derived @draws_twice
    // CHECK: neuro.random uniform place 0
    // CHECK: neuro.random uniform place 1
    // CHECK: neuro.yield
    neuro.derived @draws_twice {
      %a = neuro.random uniform place 0 : f64
      %b = neuro.random uniform place 1 : f64
      %s = arith.addf %a, %b : f64
      neuro.yield %s : f64
    }
    // CHECK-LABEL: neuro.derived @drops_what_is_not_used
    // CHECK-NOT: neuro.time
    // CHECK: neuro.yield
    neuro.derived @drops_what_is_not_used {
      %t = neuro.time : f64
      %z = arith.constant 0.0 : f64
      neuro.yield %z : f64
    }
  }
}
