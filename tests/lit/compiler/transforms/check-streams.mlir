// Two names with one 24-bit number are refused (found by trying names; the hash is runtime/support/Random.h's).
// RUN: nissl-opt %s --step-check-streams --split-input-file --verify-diagnostics

step.program @names_in_bodies_must_differ dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.state @E.w of @E : i32
  step.map @E () {
    // expected-note@+1 {{'E.noise1010' is drawn from here}}
    %a = step.random uniform stream "E.noise1010" draw 0 : f64
    // expected-error@+1 {{random stream 'E.noise4556' has the same 24-bit number as 'E.noise1010', so both would give the same numbers: rename one of them}}
    %b = step.random_bits stream "E.noise4556" draw 0 word 0 : i32
    step.yield @E.v = %a : f64, @E.w = %b : i32
  }
}

// -----

step.program @a_table_draws_its_connectivity dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  // expected-note@+1 {{'P4613.connect' is drawn from here}}
  step.synapses @P4613 from @E to @E connect #step.connect<fixed_outdegree, count = 2> delay 1
  step.map @E () {
    // expected-error@+1 {{random stream 'E.s2877' has the same 24-bit number as 'P4613.connect'}}
    %a = step.random uniform stream "E.s2877" draw 0 : f64
    step.yield @E.v = %a : f64
  }
}

// -----

step.program @one_name_may_be_drawn_from_twice dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.map @E () {
    %a = step.random uniform stream "E.s" draw 0 : f64
    %b = step.random uniform stream "E.s" draw 1 : f64
    %c = arith.addf %a, %b : f64
    step.yield @E.v = %c : f64
  }
}
