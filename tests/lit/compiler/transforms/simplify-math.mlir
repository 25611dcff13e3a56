// Formulas of floats in forms that cost less.
// RUN: nissl-opt %s --step-simplify-math --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @by_a_constant
// CHECK: %[[factor:.*]] = arith.constant 2.500000e+02 : f64
// CHECK: arith.mulf %arg0, %[[factor]] : f64
// CHECK-NOT: arith.divf
func.func @by_a_constant(%x: f64) -> f64 {
  %c = arith.constant 4.0e-3 : f64
  %y = arith.divf %x, %c : f64
  return %y : f64
}

// -----

// The reciprocal would be infinite, or lose bits.
// CHECK-LABEL: func.func @by_what_has_no_reciprocal
// CHECK-COUNT-3: arith.divf
func.func @by_what_has_no_reciprocal(%x: f64) -> (f64, f64, f64) {
  %zero = arith.constant 0.0 : f64
  %tiny = arith.constant 1.0e-310 : f64
  %large = arith.constant 1.0e308 : f64
  %a = arith.divf %x, %zero : f64
  %b = arith.divf %x, %tiny : f64
  %c = arith.divf %x, %large : f64
  return %a, %b, %c : f64, f64, f64
}

// -----

// CHECK-LABEL: func.func @a_constant_by_a_variable
// CHECK: arith.divf
func.func @a_constant_by_a_variable(%x: f64) -> f64 {
  %c = arith.constant 4.0 : f64
  %y = arith.divf %c, %x : f64
  return %y : f64
}

// -----

// CHECK-LABEL: func.func @by_exprel
// CHECK-SAME: (%[[a:.*]]: f32, %[[x:.*]]: f32)
// CHECK-NOT: math.exp {{%}}
// CHECK: %[[inside:.*]] = arith.select %{{.*}}, %{{.*}}, %[[x]] : f32
// CHECK: %[[size:.*]] = math.absf %[[x]] : f32
// CHECK: %[[linear:.*]] = arith.cmpf olt, %[[size]]
// CHECK: %[[half:.*]] = arith.mulf %[[a]], %{{.*}} : f32
// CHECK: %[[above:.*]] = arith.mulf %[[half]], %[[inside]] : f32
// CHECK: %[[far:.*]] = arith.divf %[[above]], %{{.*}} : f32
// CHECK: arith.select %[[linear]], %[[a]], %[[far]] : f32
// CHECK-NOT: arith.divf
func.func @by_exprel(%a: f32, %x: f32) -> f32 {
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %six = arith.constant 6.0 : f32
  %limit = arith.constant 1.0e-4 : f32
  %e = math.exp %x : f32
  %above = arith.subf %e, %one : f32
  %quotient = arith.divf %above, %x : f32
  %sixth = arith.divf %x, %six : f32
  %slope = arith.addf %half, %sixth : f32
  %rise = arith.mulf %x, %slope : f32
  %series = arith.addf %one, %rise : f32
  %size = math.absf %x : f32
  %small = arith.cmpf olt, %size, %limit : f32
  %exprel = arith.select %small, %series, %quotient : f32
  %y = arith.divf %a, %exprel : f32
  return %y : f32
}

// -----

// CHECK-LABEL: func.func @exponential_euler
// CHECK-SAME: (%[[v:.*]]: f64, %[[s:.*]]: f64, %[[c:.*]]: f64)
// CHECK-NOT: math.exp
// CHECK: %[[rise:.*]] = arith.divf %{{.*}}, %[[s]] : f64
// CHECK: %[[gain:.*]] = arith.select %{{.*}}, %{{.*}}, %[[rise]] : f64
// CHECK: %[[linear:.*]] = arith.mulf %[[s]], %[[v]] : f64
// CHECK: %[[rate:.*]] = arith.addf %[[linear]], %[[c]] : f64
// CHECK: %[[change:.*]] = arith.mulf %[[gain]], %[[rate]] : f64
// CHECK: arith.addf %[[v]], %[[change]] : f64
func.func @exponential_euler(%v: f64, %s: f64, %c: f64) -> f64 {
  %zero = arith.constant 0.0 : f64
  %h = arith.constant 1.0e-4 : f64
  %z = arith.mulf %s, %h : f64
  %decay = math.exp %z : f64
  %isZero = arith.cmpf oeq, %s, %zero : f64
  %rise = math.expm1 %z : f64
  %quotient = arith.divf %rise, %s : f64
  %gain = arith.select %isZero, %h, %quotient : f64
  %kept = arith.mulf %decay, %v : f64
  %gained = arith.mulf %gain, %c : f64
  %next = arith.addf %kept, %gained : f64
  return %next : f64
}

// -----

// The guard at 0 is the only one, and the quotient by 6 is gone with its series.
// CHECK-LABEL: func.func @exprel_itself
// CHECK-SAME: (%[[x:.*]]: f64)
// CHECK-NOT: math.exp
// CHECK: arith.divf %{{.*}}, %[[x]] : f64
// CHECK: arith.select
// CHECK-NOT: arith.select
// CHECK-NOT: arith.divf
func.func @exprel_itself(%x: f64) -> f64 {
  %one = arith.constant 1.0 : f64
  %half = arith.constant 0.5 : f64
  %six = arith.constant 6.0 : f64
  %limit = arith.constant 1.0e-4 : f64
  %e = math.exp %x : f64
  %above = arith.subf %e, %one : f64
  %quotient = arith.divf %above, %x : f64
  %sixth = arith.divf %x, %six : f64
  %slope = arith.addf %half, %sixth : f64
  %rise = arith.mulf %x, %slope : f64
  %series = arith.addf %one, %rise : f64
  %size = math.absf %x : f64
  %small = arith.cmpf olt, %size, %limit : f64
  %exprel = arith.select %small, %series, %quotient : f64
  return %exprel : f64
}

// -----

// One power of two is enough where what is subnormal does not count; elsewhere the exponential stays.
// CHECK-LABEL: func.func @logistic
// CHECK-NOT: math.exp
// CHECK-COUNT-1: arith.shli
// CHECK-NOT: arith.shli
// CHECK-LABEL: func.func @used_twice
// CHECK: math.exp {{%}}
// CHECK: arith.addf
func.func @logistic(%x: f64) -> f64 {
  %one = arith.constant 1.0 : f64
  %e = math.exp %x : f64
  %sum = arith.addf %one, %e : f64
  %y = arith.divf %one, %sum : f64
  return %y : f64
}
func.func @used_twice(%x: f64) -> (f64, f64) {
  %one = arith.constant 1.0 : f64
  %e = math.exp %x : f64
  %sum = arith.addf %one, %e : f64
  return %e, %sum : f64, f64
}

// -----

// What a setup computes once stays as it is written.
// CHECK-LABEL: step.program @setup
// CHECK: arith.divf
step.program @setup dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.tau of @E : f64
  step.setup {
    step.map @E () {
      %i = step.index element : i32
      %x = arith.sitofp %i : i32 to f64
      %three = arith.constant 3.0 : f64
      %tau = arith.divf %x, %three : f64
      step.yield @E.tau = %tau : f64
    }
  }
}
