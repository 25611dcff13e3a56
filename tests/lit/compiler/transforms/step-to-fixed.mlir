// Formats from ranges, and bodies in integers. The numbers are worked out by hand beside each case.
// RUN: nissl-opt %s --step-to-fixed --cse --split-input-file --verify-diagnostics | FileCheck %s

// A decay towards 0 with inputs of at most 1 stays below 1 / (1 - 0.5) = 2 by a little: 29 bits hold (2, 4).
// CHECK-LABEL: step.program @a_decay_is_one_product
// CHECK: step.input @E.I of @E : i32 frac 30
// CHECK: step.state @E.v of @E : i32 frac 29
// CHECK: step.map @E (%[[v:.*]] = @E.v : i32, %[[i:.*]] = @E.I : i32)
// 0.5 is 2^30 with 31 fraction bits less one: 2^30 * 2^-31.
// CHECK-DAG: %[[half:.*]] = arith.constant 1073741824 : i32
// CHECK-DAG: %[[one:.*]] = arith.constant 1 : i32
// CHECK-DAG: %[[decayed:.*]] = step.mulq %[[v]], %[[half]] shift 31 : i32
// CHECK-DAG: %[[input:.*]] = step.mulq %[[i]], %[[one]] shift 1 : i32
// CHECK: %[[sum:.*]] = arith.addi %[[decayed]], %[[input]] : i32
// CHECK: step.yield @E.v = %[[sum]] : i32
step.program @a_decay_is_one_product dt 1.0e-3 {
  step.extent @E size 4
  // expected-remark@+1 {{@E.I in [-1, 1] (declared): 30 fraction bits, steps of 9.3e-10}}
  step.input @E.I of @E : f64 {bounds = [-1.0, 1.0]}
  // expected-remark-re@+1 {{{{@E.v in \[-2.*, 2.*\] \(proven\): 29 fraction bits, steps of 1.9e-09}}}}
  step.state @E.v of @E : f64
  step.map @E (%v = @E.v : f64, %i = @E.I : f64) {
    %p = arith.constant 0.5 : f64
    %decayed = arith.mulf %v, %p : f64
    %v1 = arith.addf %decayed, %i : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// What passes a threshold is reset, so that the threshold bounds the state: (1, 2) needs 30 bits at most.
// CHECK-LABEL: step.program @a_reset_bounds_a_state
// CHECK: step.state @E.v of @E : i32 frac 30
// CHECK: arith.cmpi sgt
// CHECK: arith.select
step.program @a_reset_bounds_a_state dt 1.0e-3 {
  step.extent @E size 4
  // expected-remark@+1 {{(declared)}}
  step.input @E.I of @E : f64 {bounds = [0.0, 0.25]}
  // expected-remark@+1 {{@E.v in [0, 1] (proven): 30 fraction bits}}
  step.state @E.v of @E : f64
  step.events @E.spike of @E
  step.map @E (%v = @E.v : f64, %i = @E.I : f64) {
    %one = arith.constant 1.0 : f64
    %zero = arith.constant 0.0 : f64
    %v1 = arith.addf %v, %i : f64
    %f = arith.cmpf ogt, %v1, %one : f64
    %v2 = arith.select %f, %zero, %v1 : f64
    step.yield @E.v = %v2 : f64, event @E.spike if %f : i1
  }
}

// -----

// Four sources with weights of at most 0.5 each: the port holds [0, 2], 29 bits; a weight of 16 bits has 15.
// The contribution is the weight shifted by 29 - 15.
// CHECK-LABEL: step.program @ports_hold_all_synapses_at_once
// CHECK: step.port @E.in of @E : i32 slots 2 frac 29
// CHECK: step.state @EE.w of @EE : i32 frac 15
// CHECK: step.setup
// CHECK: math.roundeven
// CHECK: step.traverse @EE emit on @E.spike (%[[w:.*]] = @EE.w : i32)
// CHECK: %[[by:.*]] = arith.constant 14 : i32
// CHECK: %[[c:.*]] = arith.shli %[[w]], %[[by]] : i32
// CHECK: step.yield port @E.in += %[[c]] : i32
step.program @ports_hold_all_synapses_at_once dt 1.0e-3 {
  step.extent @E size 4
  // expected-remark@+1 {{@E.in in [0, 2] (proven): 29 fraction bits}}
  step.port @E.in of @E : f64 slots 2
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  // expected-remark@+1 {{@EE.w in [0, 0.5] (proven): 15 fraction bits, steps of 3.1e-05, rounded by at most 3.1e-05 of the largest weight}}
  step.state @EE.w of @EE : f64
  step.setup {
    step.traverse @EE all () {
      %u = step.random uniform stream "EE.w" draw 0 : f64
      %half = arith.constant 0.5 : f64
      %w = arith.mulf %u, %half : f64
      step.yield @EE.w = %w : f64
    }
  }
  step.traverse @EE emit on @E.spike (%w = @EE.w : f64) {
    step.yield port @E.in += %w : f64
  }
}

// -----

// A sum of inputs has no bound of its own. With bounds of [-1, 1] it saturates: the sum, up to 2, has 29 bits,
// the product that brings it to 30 bits saturates, and the bounds end it.
// CHECK-LABEL: step.program @declared_bounds_saturate
// CHECK: %[[sum:.*]] = arith.addi
// CHECK: %[[v:.*]] = step.mulq %[[sum]], %{{.*}} shift 0 : i32
// CHECK: %[[least:.*]] = arith.maxsi %[[v]], %c-1073741824
// CHECK: %[[most:.*]] = arith.minsi %[[least]], %c1073741824
// CHECK: step.yield @E.v = %[[most]] : i32
step.program @declared_bounds_saturate dt 1.0e-3 {
  step.extent @E size 4
  // expected-remark@+1 {{(declared)}}
  step.input @E.I of @E : f64 {bounds = [-1.0, 1.0]}
  // expected-remark@+1 {{@E.v in [-1, 1] (declared): 30 fraction bits}}
  step.state @E.v of @E : f64 {bounds = [-1.0, 1.0]}
  step.map @E (%v = @E.v : f64, %i = @E.I : f64) {
    %v1 = arith.addf %v, %i : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// The state ends where its range does, -0.5 * 2^30 and 1.5 * 2^30, and so do its initial values.
// CHECK-LABEL: step.program @a_profile_is_taken_twice_as_wide
// CHECK: step.setup
// CHECK: arith.maximumf
// CHECK: step.map @E (%
// CHECK: %[[least:.*]] = arith.maxsi %{{.*}}, %c-536870912
// CHECK: arith.minsi %[[least]], %c1610612736
step.program @a_profile_is_taken_twice_as_wide dt 1.0e-3 {
  step.extent @E size 4
  // expected-remark@+1 {{@E.v in [-0.5, 1.5] (profiled): 30 fraction bits}}
  step.state @E.v of @E : f64 {range = [0.0, 1.0]}
  step.setup {
    step.map @E () {
      %u = step.random normal stream "E.v" draw 0 : f64
      step.yield @E.v = %u : f64
    }
  }
  step.map @E (%v = @E.v : f64) {
    %one = arith.constant 1.0 : f64
    %v1 = arith.addf %v, %one : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// What is proven does not need the profile of a part of a run.
step.program @a_proof_is_better_than_a_profile dt 1.0e-3 {
  step.extent @E size 4
  // expected-remark@+1 {{@E.v in [0, 2] (proven): 29 fraction bits}}
  step.state @E.v of @E : f64 {range = [0.0, 1.0]}
  step.map @E (%v = @E.v : f64) {
    %one = arith.constant 1.0 : f64
    %two = arith.constant 2.0 : f64
    %v1 = arith.addf %v, %one : f64
    %v2 = arith.minimumf %v1, %two : f64
    step.yield @E.v = %v2 : f64
  }
}

// -----

// Four elements: positions need two bits, not thirty-one.
step.program @a_position_is_within_its_extent dt 1.0e-3 {
  step.extent @E size 4
  // expected-remark@+1 {{@E.v in [0, 3] (proven): 29 fraction bits}}
  step.state @E.v of @E : f64
  step.map @E () {
    %i = step.index element : i32
    %v1 = arith.sitofp %i : i32 to f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

step.program @an_input_needs_bounds dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{input @E.I has no range, so that no fixed-point format follows: declare `bounds = [low, high]` on it or profile a run}}
  step.input @E.I of @E : f64
}

// -----

step.program @a_range_must_settle dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{the range of @E.v cannot be proven, so that no fixed-point format follows: declare `bounds = [low, high]` on it or profile a run}}
  step.state @E.v of @E : f64
  step.map @E (%v = @E.v : f64) {
    %one = arith.constant 1.0 : f64
    %v1 = arith.addf %v, %one : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

step.program @bounds_are_two_floats dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{'bounds' of @E.v must be two floats, [low, high] with low <= high}}
  step.state @E.v of @E : f64 {bounds = [1.0, -1.0]}
}

// -----

step.program @bounds_hold_at_the_start dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{@E.v starts in [3, 3], outside its bounds [1, 2]: widen them or start it within}}
  step.state @E.v of @E : f64 {bounds = [1.0, 2.0]}
  // expected-error@+1 {{@E.w starts in [0, 0], outside its bounds [1, 2]: widen them or start it within}}
  step.state @E.w of @E : f64 {bounds = [1.0, 2.0]}
  step.setup {
    step.map @E () {
      %c = arith.constant 3.0 : f64
      step.yield @E.v = %c : f64
    }
  }
}

// -----

step.program @values_fit_32_bits dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{values of @E.v reach 1e+12, beyond the 2^31 of a 32-bit integer: use a larger unit}}
  step.state @E.v of @E : f64 {bounds = [0.0, 1.0e12]}
}

// -----

step.program @functions_are_refused_by_name dt 1.0e-3 {
  step.extent @E size 4
  // expected-remark@+1 {{(declared)}}
  step.state @E.v of @E : f64 {bounds = [0.0, 1.0]}
  step.map @E (%v = @E.v : f64) {
    // expected-error@+1 {{'math.sin' in the body over @E has no fixed-point form yet; compute it in the setup, or use --precision f64}}
    %v1 = math.sin %v : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

step.program @a_divisor_that_may_be_zero_is_refused dt 1.0e-3 {
  step.extent @E size 4
  // expected-remark@+1 {{(declared)}}
  step.state @E.v of @E : f64 {bounds = [-1.0, 2.0]}
  step.map @E (%v = @E.v : f64) {
    // expected-error@+1 {{divides by what may be 0, from -1 to 2, in the body over @E: give the divisor bounds without 0, or use --precision f64}}
    %q = arith.divf %v, %v : f64
    %v1 = math.floor %q : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// A sum of four values of at most 1 holds 4, and a reduction copies integers: both sides get its 28 bits.
// CHECK-LABEL: step.program @a_reduction_has_one_format
// CHECK: step.state @E.v of @E : i32 frac 28
// CHECK: step.state @R.sum of @R : i32 frac 28
step.program @a_reduction_has_one_format dt 1.0e-3 {
  step.extent @E size 4
  step.extent @R size 1
  // expected-remark@+1 {{(declared): 28 fraction bits}}
  step.state @E.v of @E : f64 {bounds = [0.0, 1.0]}
  // expected-remark@+1 {{@R.sum in [0, 4] (proven): 28 fraction bits}}
  step.state @R.sum of @R : f64
  step.reduce sum @E.v by all into @R.sum
}

// -----

// With 30 bits for [-1, 1] a change of 2^-22 of the distance is less than half a unit within 2^-31 * 2^22.
// CHECK-LABEL: step.program @a_slow_decay_stops_early
step.program @a_slow_decay_stops_early dt 1.0e-3 {
  step.extent @E size 4
  // expected-remark@+1 {{(declared): 30 fraction bits}}
  step.state @E.v of @E : f64 {bounds = [-1.0, 1.0]}
  // expected-remark@+1 {{the decay of @E.v stops 0.002 from its rest, 0.002 of its range: a change of 2.4e-07 of the distance per step is less than half a unit there}}
  step.map @E (%v = @E.v : f64) {
    %p = arith.constant 0.9999997615814208984375 : f64
    %v1 = arith.mulf %v, %p : f64
    step.yield @E.v = %v1 : f64
  }
}
