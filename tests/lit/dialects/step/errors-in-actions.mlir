// Every rule about actions and about the ops of bodies, broken once.
// RUN: nissl-opt %s --split-input-file --verify-diagnostics

//===-- Maps and traversals ------------------------------------------------------------------------===//

step.program @a_map_runs_over_an_extent dt 1.0e-3 {
  // expected-error@+1 {{@E is not declared in this program, expected an extent}}
  step.map @E () {
    step.yield
  }
}

// -----

step.program @a_traversal_runs_over_a_table dt 1.0e-3 {
  // expected-note@+1 {{declared here}}
  step.extent @E size 4
  // expected-error@+1 {{@E is a step.extent, expected a synapse table}}
  step.traverse @E all () {
    step.yield
  }
}

// -----

step.program @all_takes_no_events dt 1.0e-3 {
  step.extent @E size 4
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  // expected-error@+1 {{'all' takes no events}}
  step.traverse @EE all on @E.spike () {
    step.yield
  }
}

// -----

step.program @arrive_needs_events dt 1.0e-3 {
  step.extent @E size 4
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  // expected-error@+1 {{'arrive' needs 'on' events}}
  step.traverse @EE arrive () {
    step.yield
  }
}

// -----

step.program @setup_traverses_all dt 1.0e-3 {
  step.extent @E size 4
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  step.setup {
    // expected-error@+1 {{setup has no events; only 'all' traversals stand there}}
    step.traverse @EE emit on @E.spike () {
      step.yield
    }
  }
}

// -----

step.program @a_traversal_meets_events dt 1.0e-3 {
  step.extent @E size 4
  // expected-note@+1 {{declared here}}
  step.state @E.v of @E : f64
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  // expected-error@+1 {{@E.v is a step.state, expected events}}
  step.traverse @EE arrive on @E.v () {
    step.yield
  }
}

// -----

step.program @arrivals_are_events_of_the_source dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.events @F.spike of @F
  step.synapses @EF from @E to @F connect #step.connect<all_to_all> delay 1
  // expected-error@+1 {{events @F.spike belong to @F, expected events of @E}}
  step.traverse @EF arrive on @F.spike () {
    step.yield
  }
}

// -----

step.program @back_meets_events_of_the_target dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.events @E.spike of @E
  step.synapses @EF from @E to @F connect #step.connect<all_to_all> delay 1
  // expected-error@+1 {{events @E.spike belong to @E, expected events of @F}}
  step.traverse @EF back on @E.spike () {
    step.yield
  }
}

// -----

// expected-error@+1 {{'step.map' op expects parent op to be one of 'step.program, step.setup, step.every, step.when'}}
step.map @an_action_stands_in_a_program () {
  step.yield
}

// -----

step.program @setup_takes_what_runs_once dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.x of @E : f64 history 3
  step.setup {
    // expected-error@+1 {{does not belong in step.setup, which takes maps, 'all' traversals and reductions}}
    step.push @E.x
  }
}

//===-- The other actions --------------------------------------------------------------------------===//

// -----

step.program @pushes_to_a_history dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.x of @E : f64
  // expected-error@+1 {{@E.x declares no history to push to}}
  step.push @E.x
}

// -----

step.program @pushes_a_state dt 1.0e-3 {
  // expected-error@+1 {{@E.x is not declared in this program, expected a state}}
  step.push @E.x
}

// -----

step.program @restores_a_state dt 1.0e-3 {
  // expected-note@+1 {{declared here}}
  step.extent @E size 4
  // expected-error@+1 {{@E is a step.extent, expected a state}}
  step.restore @E
}

// -----

step.program @waits_for_events dt 1.0e-3 {
  // expected-note@+1 {{declared here}}
  step.extent @E size 4
  // expected-error@+1 {{@E is a step.extent, expected events}}
  step.when @E {
  }
}

// -----

step.program @an_offset_is_below_its_period dt 1.0e-3 {
  // expected-error@+1 {{offset 10 must be below the period 10}}
  step.every 10 offset 10 {
  }
}

// -----

step.program @a_period_is_positive dt 1.0e-3 {
  // expected-error@+1 {{attribute 'period' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  step.every 0 offset 0 {
  }
}

// -----

step.program @reduces_a_state dt 1.0e-3 {
  step.extent @R size 1
  step.state @R.m of @R : f64
  // expected-error@+1 {{@E.v is not declared in this program, expected a state}}
  step.reduce sum @E.v by all into @R.m
}

// -----

step.program @reduces_by_post_in_a_table dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.state @E.s of @E : f64
  // expected-error@+1 {{reduces 'by post', which needs a state of a table}}
  step.reduce sum @E.v by post into @E.s
}

// -----

step.program @a_total_is_one_value dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.state @E.s of @E : f64
  // expected-error@+1 {{cannot put its results into @E.s: expected a state of the same type and of the key's extent (size 1 for 'all')}}
  step.reduce sum @E.v by all into @E.s
}

// -----

step.program @a_result_has_the_type_of_its_values dt 1.0e-3 {
  step.extent @E size 4
  step.extent @R size 1
  step.state @E.v of @E : f64
  step.state @R.m of @R : f32
  // expected-error@+1 {{cannot put its results into @R.m}}
  step.reduce sum @E.v by all into @R.m
}

// -----

step.program @a_result_belongs_to_its_key dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.synapses @EF from @E to @F connect #step.connect<all_to_all> delay 1
  step.state @EF.w of @EF : f64
  step.state @F.s of @F : f64
  // expected-error@+1 {{cannot put its results into @F.s}}
  step.reduce sum @EF.w by pre into @F.s
}

//===-- In bodies ----------------------------------------------------------------------------------===//

// -----

step.program @looks_up_an_array dt 1.0e-3 {
  step.extent @E size 4
  step.map @E () {
    %i = step.index element : i32
    // expected-error@+1 {{@tau is not declared in this program, expected an array}}
    %t = step.lookup @tau[%i] : i32 -> f64
    step.yield
  }
}

// -----

step.program @looks_up_the_type_of_the_array dt 1.0e-3 {
  step.extent @E size 4
  step.array @tau = dense<[1.0, 2.0]> : tensor<2xf64>
  step.map @E () {
    %i = step.index element : i32
    // expected-error@+1 {{looks up 'f32' in @tau, which holds 'tensor<2xf64>'; expected one dimension, not empty}}
    %t = step.lookup @tau[%i] : i32 -> f32
    step.yield
  }
}

// -----

step.program @looks_up_one_dimension dt 1.0e-3 {
  step.extent @E size 4
  step.array @tau = dense<[[1.0, 2.0]]> : tensor<1x2xf64>
  step.map @E () {
    %i = step.index element : i32
    // expected-error@+1 {{looks up 'f64' in @tau, which holds 'tensor<1x2xf64>'; expected one dimension, not empty}}
    %t = step.lookup @tau[%i] : i32 -> f64
    step.yield
  }
}

// -----

step.program @looks_up_in_something dt 1.0e-3 {
  step.extent @E size 4
  step.array @tau = dense<> : tensor<0xf64>
  step.map @E () {
    %i = step.index element : i32
    // expected-error@+1 {{looks up 'f64' in @tau, which holds 'tensor<0xf64>'; expected one dimension, not empty}}
    %t = step.lookup @tau[%i] : i32 -> f64
    step.yield
  }
}

// -----

step.program @a_map_has_elements dt 1.0e-3 {
  step.extent @E size 4
  step.map @E () {
    // expected-error@+1 {{'pre' belongs to traversals}}
    %i = step.index pre : i32
    step.yield
  }
}

// -----

step.program @a_traversal_has_synapses dt 1.0e-3 {
  step.extent @E size 4
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  step.traverse @EE all () {
    // expected-error@+1 {{'element' belongs to maps}}
    %i = step.index element : i32
    step.yield
  }
}

// -----

step.program @an_element_is_an_i32 dt 1.0e-3 {
  step.extent @E size 4
  step.map @E () {
    // expected-error@+1 {{'element' is an i32, found 'i64'}}
    %i = step.index element : i64
    step.yield
  }
}

// -----

step.program @a_synapse_is_an_i64 dt 1.0e-3 {
  step.extent @E size 4
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  step.traverse @EE all () {
    // expected-error@+1 {{'synapse' is an i64, found 'i32'}}
    %i = step.index synapse : i32
    step.yield
  }
}

// -----

step.program @gamma_needs_its_shape dt 1.0e-3 {
  step.extent @E size 4
  step.map @E () {
    // expected-error@+1 {{'gamma' needs parameter}}
    %r = step.random gamma stream "E.r" draw 0 : f64
    step.yield
  }
}

// -----

step.program @uniform_takes_no_parameter dt 1.0e-3 {
  step.extent @E size 4
  step.map @E () {
    %c = arith.constant 2.0 : f64
    // expected-error@+1 {{'uniform' takes no parameter}}
    %r = step.random uniform(%c : f64) stream "E.r" draw 0 : f64
    step.yield
  }
}

// -----

step.program @poisson_gives_a_count dt 1.0e-3 {
  step.extent @E size 4
  step.map @E () {
    %c = arith.constant 2.0 : f64
    // expected-error@+1 {{'poisson' gives an i32, found 'f64'}}
    %r = step.random poisson(%c : f64) stream "E.r" draw 0 : f64
    step.yield
  }
}

// -----

step.program @normal_gives_a_float dt 1.0e-3 {
  step.extent @E size 4
  step.map @E () {
    // expected-error@+1 {{'normal' gives a float, found 'i32'}}
    %r = step.random normal stream "E.r" draw 0 : i32
    step.yield
  }
}

// -----

step.program @philox_gives_four_words dt 1.0e-3 {
  step.extent @E size 4
  step.map @E () {
    // expected-error@+1 {{attribute 'word' failed to satisfy constraint}}
    %r = step.random_bits stream "E.r" draw 0 word 4 : i32
    step.yield
  }
}

// -----

step.program @a_product_is_shifted_inside_64_bits dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.u of @E : i32
  step.map @E (%u = @E.u : i32) {
    // expected-error@+1 {{attribute 'shift' failed to satisfy constraint}}
    %r = step.mulq %u, %u shift 63 : i32
    step.yield
  }
}
