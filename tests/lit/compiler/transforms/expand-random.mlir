// Draws become arithmetic on random words; each op owns 64 blocks of words.
// RUN: nissl-opt %s --step-expand-random --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @a_uniform_number_takes_two_words
// CHECK: step.random_bits stream "E.x" draw 192 word 0 : i32
// CHECK: step.random_bits stream "E.x" draw 192 word 1 : i32
// CHECK-NOT: step.random
func.func @a_uniform_number_takes_two_words() -> f64 {
  %x = step.random uniform stream "E.x" draw 3 : f64
  return %x : f64
}

// -----

// CHECK-LABEL: func @a_normal_number_needs_a_logarithm
// CHECK: math.log
// CHECK-NOT: step.random normal
// CHECK: return
func.func @a_normal_number_needs_a_logarithm() -> f32 {
  %x = step.random normal stream "E.x" draw 0 : f32
  return %x : f32
}

// -----

// exp(-0.5) = 0.6065..., so that P(N > 0) = 0.39346934... and P(N > 1) = 0.09020401... of 2^32.
// CHECK-LABEL: func @counts_of_a_known_mean_are_comparisons
// CHECK-NOT: step.random poisson
// CHECK-DAG: arith.constant 1689937949 : i32
// CHECK-DAG: arith.constant 387423275 : i32
// CHECK: arith.cmpi ult
// CHECK: return
func.func @counts_of_a_known_mean_are_comparisons() -> i32 {
  %m = arith.constant 0.5 : f64
  // expected-remark@+1 {{poisson of mean 0.5 in 'E.n' takes 10 comparisons of 32 bits; counts above 10 have probability 7.7e-12 and never occur}}
  %n = step.random poisson(%m : f64) stream "E.n" draw 0 : i32
  return %n : i32
}

// -----

func.func @draws_are_numbered(%a: f64) -> f64 {
  // expected-error@+1 {{draws are numbered 0 to 1023 within a stream, found 1024: use a stream of another name}}
  %x = step.random uniform stream "E.x" draw 1024 : f64
  return %x : f64
}

// -----

func.func @a_shape_is_positive() -> f64 {
  %a = arith.constant -1.5 : f64
  // expected-error@+1 {{'gamma' needs a positive shape, found -1.5}}
  %x = step.random gamma(%a : f64) stream "E.x" draw 0 : f64
  return %x : f64
}

// -----

func.func @formats_are_known() -> bf16 {
  // expected-error@+1 {{draws in f32 and f64 only, found 'bf16': draw in f32 and cast}}
  %x = step.random uniform stream "E.x" draw 0 : bf16
  return %x : bf16
}
