// Every rule about contributions that wait for their delay, broken once.
// RUN: nissl-opt %s --split-input-file --verify-diagnostics

step.program @post_states_change dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f32
  step.port @E.in of @E : f32 slots 3
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<all_to_all> delay @T.d in [1, 2]
  step.state @T.d of @T : i32
  // expected-error @+1 {{cannot be 'due': it reads @E.v, which is no state of its table; use 'emit'}}
  step.traverse @T due on @E.spike (%w = post @E.v : f32) {
    step.yield port @E.in += %w : f32
  }
}

// -----

step.program @restored_states_change dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.in of @E : f32 slots 3
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<all_to_all> delay @T.d in [1, 2]
  step.state @T.d of @T : i32
  step.state @T.w of @T : f32
  // expected-error @+1 {{cannot be 'due': it reads @T.w, which changes; use 'emit'}}
  step.traverse @T due on @E.spike (%w = @T.w : f32) {
    step.yield port @E.in += %w : f32
  }
  step.restore @T.w
}

// -----

step.program @rules_see_the_table_too dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.in of @E : f32 slots 3
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<all_to_all> delay @T.d in [1, 2]
  step.state @T.d of @T : i32
  step.state @T.z of @T : f32
  // expected-error @+1 {{cannot be 'due': its table is traversed elsewhere too; use 'emit'}}
  step.traverse @T due on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in += %w : f32
  }
  step.traverse @T arrive on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield @T.z = %w : f32
  }
}

// -----

step.program @which_source_is_no_state dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.in of @E : i32 slots 3
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<all_to_all> delay @T.d in [1, 2]
  step.state @T.d of @T : i32
  // expected-error @+1 {{cannot be 'due': its body depends on more than what it reads; use 'emit'}}
  step.traverse @T due on @E.spike () {
    %w = step.index pre : i32
    step.yield port @E.in += %w : i32
  }
}

// -----

step.program @two_ports dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.in of @E : f32 slots 3
  step.port @E.also of @E : f32 slots 3
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<all_to_all> delay @T.d in [1, 2]
  step.state @T.d of @T : i32
  // expected-error @+1 {{cannot be 'due': it does not add to one port; use 'emit'}}
  step.traverse @T due on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in += %w : f32, port @E.also += %w : f32
  }
}

// -----

step.program @a_delayed_write_of_a_map dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.in of @E : f32 slots 3
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<all_to_all> delay @T.d in [1, 2]
  step.state @T.d of @T : i32
  // expected-error @+1 {{cannot be 'due': @E.in takes contributions of another kind too; use 'emit'}}
  step.traverse @T due on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in += %w : f32
  }
  step.map @E () {
    %w = arith.constant 1.0 : f32
    %d = arith.constant 1 : i32
    step.yield port @E.in after %d += %w : f32
  }
}

// -----

step.program @a_port_that_was_read dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f32
  step.port @E.in of @E : f32 slots 3
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<all_to_all> delay @T.d in [1, 2]
  step.state @T.d of @T : i32
  step.map @E (%in = @E.in : f32) {
    step.yield @E.v = %in : f32
  }
  // expected-error @+1 {{cannot be 'due': @E.in is read before; use 'emit'}}
  step.traverse @T due on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in += %w : f32
  }
}

// -----

step.program @inside_another_action dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.in of @E : f32 slots 3
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<all_to_all> delay @T.d in [1, 2]
  step.state @T.d of @T : i32
  step.every 10 offset 0 {
    // expected-error @+1 {{cannot be 'due' inside another action; use 'emit'}}
    step.traverse @T due on @E.spike () {
      %w = arith.constant 1.0 : f32
      step.yield port @E.in += %w : f32
    }
  }
}
