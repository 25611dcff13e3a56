// Every rule of the step dialect, broken once. The program is the smallest that breaks it.
// RUN: nissl-opt %s --split-input-file --verify-diagnostics

//===-- Programs -----------------------------------------------------------------------------------===//

// expected-error@+1 {{dt is 0.000000e+00, expected a positive number of seconds}}
step.program @a_step_takes_time dt 0.0 {
}

// -----

// expected-error@+1 {{has more than one step.sample}}
step.program @probes_see_one_moment dt 1.0e-3 {
  step.sample
  step.sample
}

// -----

step.program @holds_step_ops_only dt 1.0e-3 {
  // expected-error@+1 {{does not belong in a step.program}}
  %c = arith.constant 1 : i32
}

// -----

// expected-error@+1 {{expects parent op 'step.program'}}
step.extent @declarations_stand_in_programs size 4

// -----

step.program @an_extent_is_not_negative dt 1.0e-3 {
  // expected-error@+1 {{attribute 'size' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  step.extent @E size -1
}

//===-- Declarations -------------------------------------------------------------------------------===//

// -----

step.program @a_state_has_an_owner dt 1.0e-3 {
  // expected-error@+1 {{belongs to @E, expected an extent or a synapse table}}
  step.state @E.v of @E : f64
}

// -----

step.program @a_port_belongs_to_an_extent dt 1.0e-3 {
  step.extent @E size 4
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  // expected-error@+1 {{belongs to @EE, expected an extent}}
  step.port @EE.p of @EE : f64 slots 1
}

// -----

step.program @a_port_has_a_slot dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{attribute 'slots' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  step.port @E.p of @E : f64 slots 0
}

// -----

step.program @events_belong_to_an_extent dt 1.0e-3 {
  // expected-error@+1 {{belongs to @E, expected an extent}}
  step.events @E.spike of @E
}

// -----

step.program @an_input_belongs_to_an_extent dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  // expected-error@+1 {{belongs to @E.v, expected an extent}}
  step.input @E.I of @E.v : f64
}

// -----

step.program @fraction_bits_belong_to_integers dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{'frac' belongs to integers, found 'f64'}}
  step.state @E.v of @E : f64 frac 16
}

// -----

step.program @a_probe_records_a_state_or_events dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{records @E, expected a state or events}}
  step.probe @p of @E
}

// -----

step.program @a_probe_stays_in_its_extent dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  // expected-error@+1 {{range must be [begin, end) inside @E}}
  step.probe @p of @E.v range [2, 5]
}

// -----

step.program @a_range_does_not_run_backwards dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  // expected-error@+1 {{range must be [begin, end) inside @E}}
  step.probe @p of @E.v range [3, 2]
}

//===-- Synapse tables -----------------------------------------------------------------------------===//

// -----

step.program @a_source_is_declared dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{@F is not declared in this program, expected an extent}}
  step.synapses @FE from @F to @E connect #step.connect<all_to_all> delay 1
}

// -----

step.program @a_target_is_an_extent dt 1.0e-3 {
  step.extent @E size 4
  // expected-note@+1 {{declared here}}
  step.state @E.v of @E : f64
  // expected-error@+1 {{@E.v is a step.state, expected an extent}}
  step.synapses @EE from @E to @E.v connect #step.connect<all_to_all> delay 1
}

// -----

step.program @a_part_stays_in_its_extent dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{range of @E must be [begin, end) inside 0 to 4}}
  step.synapses @EE from @E range [0, 5] to @E connect #step.connect<all_to_all> delay 1
}

// -----

step.program @a_part_has_two_ends dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{range of @E must be [begin, end) inside 0 to 4}}
  step.synapses @EE from @E to @E range [1, 2, 3] connect #step.connect<all_to_all> delay 1
}

// -----

step.program @a_delay_is_not_negative dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{delay in [-1, -1], expected 0 <= smallest <= largest}}
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay -1
}

// -----

step.program @the_smallest_delay_comes_first dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{delay in [5, 2], expected 0 <= smallest <= largest}}
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay @EE.d in [5, 2]
  step.state @EE.d of @EE : i32
}

// -----

step.program @a_delay_field_is_declared dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{@EE.d is not declared in this program, expected an i32 state of the table}}
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay @EE.d in [1, 2]
}

// -----

step.program @a_delay_field_is_an_i32 dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{delay field @EE.d must be an i32 state of @EE}}
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay @EE.d in [1, 2]
  step.state @EE.d of @EE : f64
}

// -----

step.program @a_delay_field_is_of_the_table dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.d of @E : i32
  // expected-error@+1 {{delay field @E.d must be an i32 state of @EE}}
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay @E.d in [1, 2]
}

//===-- Connectivity rules -------------------------------------------------------------------------===//

// -----

// expected-error@+1 {{'count' is 3; it belongs to the fixed rules and is not negative}}
module attributes {rule = #step.connect<all_to_all, count = 3>} {}

// -----

// expected-error@+1 {{'count' is -3; it belongs to the fixed rules and is not negative}}
module attributes {rule = #step.connect<fixed_outdegree, count = -3>} {}

// -----

// expected-error@+1 {{'probability' belongs to bernoulli, and bernoulli needs it}}
module attributes {rule = #step.connect<bernoulli>} {}

// -----

// expected-error@+1 {{'probability' belongs to bernoulli, and bernoulli needs it}}
module attributes {rule = #step.connect<one_to_one, probability = 0.5 : f64>} {}

// -----

// expected-error@+1 {{'probability' is 1.5}}
module attributes {rule = #step.connect<bernoulli, probability = 1.5 : f64>} {}

// -----

// expected-error@+1 {{'pre' and 'post' belong to pairs, and pairs needs both}}
module attributes {rule = #step.connect<pairs, pre = [0, 1]>} {}

// -----

// expected-error@+1 {{'pre' and 'post' belong to pairs, and pairs needs both}}
module attributes {rule = #step.connect<all_to_all, post = [0, 1]>} {}

// -----

// expected-error@+1 {{'pre' has 2 entries and 'post' 1}}
module attributes {rule = #step.connect<pairs, pre = [0, 1], post = [0]>} {}
