// Elementary functions leave nothing of math but ops that IEEE 754 defines exactly.
// RUN: nissl-opt %s --step-expand-math --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @an_exponential_is_arithmetic
// CHECK-NOT: math.exp
// CHECK: math.fma
// CHECK-NOT: math.exp
// CHECK: return
func.func @an_exponential_is_arithmetic(%x: f64) -> f64 {
  %y = math.exp %x : f64
  return %y : f64
}

// -----

// CHECK-LABEL: func @an_f32_function_stays_in_f32
// CHECK-NOT: f64
// CHECK-NOT: math.log
// CHECK: return
func.func @an_f32_function_stays_in_f32(%x: f32) -> f32 {
  %y = math.log %x : f32
  return %y : f32
}

// -----

// CHECK-LABEL: func @a_square_is_one_multiplication
// CHECK: %[[y:.*]] = arith.mulf %{{.*}}, %{{.*}} : f64
// CHECK-NEXT: return %[[y]]
func.func @a_square_is_one_multiplication(%x: f64) -> f64 {
  %two = arith.constant 2.0 : f64
  %y = math.powf %x, %two : f64
  return %y : f64
}

// -----

// CHECK-LABEL: func @a_negative_power_divides_once
// CHECK: arith.mulf
// CHECK-NOT: arith.mulf
// CHECK: arith.divf
// CHECK-NOT: arith.divf
// CHECK: return
func.func @a_negative_power_divides_once(%x: f64) -> f64 {
  %n = arith.constant -2 : i32
  %y = math.fpowi %x, %n : f64, i32
  return %y : f64
}

// -----

// CHECK-LABEL: func @exact_functions_stay
// CHECK-NEXT: math.sqrt
// CHECK-NEXT: math.absf
// CHECK-NEXT: math.floor
// CHECK-NEXT: return
func.func @exact_functions_stay(%x: f64) -> (f64, f64, f64) {
  %a = math.sqrt %x : f64
  %b = math.absf %x : f64
  %c = math.floor %x : f64
  return %a, %b, %c : f64, f64, f64
}

// -----

// CHECK-LABEL: step.program @bodies_are_expanded_in_place
// CHECK: step.map @E
// CHECK-NOT: math.tanh
// CHECK: step.yield @E.v
step.program @bodies_are_expanded_in_place dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.map @E (%v = @E.v : f64) {
    %w = math.tanh %v : f64
    step.yield @E.v = %w : f64
  }
}

// -----

func.func @no_expansion(%x: f64) -> f64 {
  // expected-error@+1 {{'math.erf' op has no expansion into arithmetic yet}}
  %y = math.erf %x : f64
  return %y : f64
}

// -----

func.func @no_half_precision(%x: f16) -> f16 {
  // expected-error@+1 {{has no expansion for operands of type 'f16': elementary functions are computed in f32 or f64}}
  %y = math.exp %x : f16
  return %y : f16
}

// -----

func.func @no_long_exponents(%x: f64, %n: i64) -> f64 {
  // expected-error@+1 {{has no expansion for an exponent of type 'i64': exponents have at most 32 bits}}
  %y = math.fpowi %x, %n : f64, i64
  return %y : f64
}
