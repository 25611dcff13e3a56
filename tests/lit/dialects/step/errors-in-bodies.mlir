// Every rule about what bodies read and write, broken once.
// RUN: nissl-opt %s --split-input-file --verify-diagnostics

//===-- Reads --------------------------------------------------------------------------------------===//

step.program @reads_what_is_declared dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{reads @E.v, expected a state, a port or an input}}
  step.map @E (%v = @E.v : f64) {
    step.yield
  }
}

// -----

step.program @reads_no_events dt 1.0e-3 {
  step.extent @E size 4
  step.events @E.spike of @E
  // expected-error@+1 {{reads @E.spike, expected a state, a port or an input}}
  step.map @E (%s = @E.spike : i1) {
    step.yield
  }
}

// -----

step.program @reads_with_the_declared_type dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  // expected-error@+1 {{reads @E.v as 'f32', but it holds 'f64'}}
  step.map @E (%v = @E.v : f32) {
    step.yield
  }
}

// -----

step.program @reads_its_own_extent dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.state @F.v of @F : f64
  // expected-error@+1 {{reads @F.v as 'own', but it belongs to @F}}
  step.map @E (%v = @F.v : f64) {
    step.yield
  }
}

// -----

step.program @a_map_has_no_source dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  // expected-error@+1 {{reads @E.v as 'pre', but it belongs to @E}}
  step.map @E (%v = pre @E.v : f64) {
    step.yield
  }
}

// -----

step.program @reads_the_source_of_the_table dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.state @F.v of @F : f64
  step.events @E.spike of @E
  step.synapses @EF from @E to @F connect #step.connect<all_to_all> delay 1
  // expected-error@+1 {{reads @F.v as 'pre', but it belongs to @F}}
  step.traverse @EF arrive on @E.spike (%v = pre @F.v : f64) {
    step.yield
  }
}

// -----

step.program @broadcasts_one_element dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 2
  step.state @F.m of @F : f64
  // expected-error@+1 {{reads @F.m as broadcast, but @F is not an extent of size 1; read it 'at' an index instead}}
  step.map @E (%m = broadcast @F.m : f64) {
    step.yield
  }
}

// -----

step.program @an_index_is_an_i32_state dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.state @E.k of @E : i64
  // expected-error@+1 {{'at' @E.k must be an i32 state and goes with 'broadcast'}}
  step.map @E (%m = broadcast @E.v at @E.k : f64) {
    step.yield
  }
}

// -----

step.program @an_index_goes_with_broadcast dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.state @E.k of @E : i32
  // expected-error@+1 {{'at' @E.k must be an i32 state and goes with 'broadcast'}}
  step.map @E (%m = @E.v at @E.k : f64) {
    step.yield
  }
}

// -----

step.program @an_index_is_declared dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  // expected-error@+1 {{@E.k is not declared in this program, expected an i32 state that holds an index}}
  step.map @E (%m = broadcast @E.v at @E.k : f64) {
    step.yield
  }
}

// -----

step.program @a_lag_is_not_negative dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64 history 3
  // expected-error@+1 {{a lag is 0 or more steps, found -2}}
  step.map @E (%v = @E.v lag -2 : f64) {
    step.yield
  }
}

// -----

step.program @a_lag_needs_its_history dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64 history 3
  // expected-error@+1 {{reads @E.v with a lag that needs 'history 4', but it declares 3}}
  step.map @E (%v = @E.v lag 3 : f64) {
    step.yield
  }
}

// -----

step.program @a_port_has_no_history dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.p of @E : f64 slots 9
  // expected-error@+1 {{reads @E.p with a lag that needs 'history 1', but it declares 0}}
  step.map @E (%v = @E.p lag 0 : f64) {
    step.yield
  }
}

// -----

step.program @a_map_has_no_delay dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64 history 3
  // expected-error@+1 {{'lag delay' belongs to traversals, a map has no delay}}
  step.map @E (%v = @E.v lag delay : f64) {
    step.yield
  }
}

// -----

step.program @a_lag_by_delay_needs_the_largest dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.x of @E : f64 history 50
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay @EE.d in [1, 50]
  step.state @EE.d of @EE : i32
  // expected-error@+1 {{reads @E.x with a lag that needs 'history 51', but it declares 50}}
  step.traverse @EE arrive on @E.spike (%x = pre @E.x lag delay : f64) {
    step.yield
  }
}

//===-- Writes -------------------------------------------------------------------------------------===//

// -----

step.program @writes_what_is_declared dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  // expected-error@+1 {{writes @E.u, which is not declared in this program}}
  step.map @E (%v = @E.v : f64) {
    step.yield @E.u = %v : f64
  }
}

// -----

step.program @writes_its_own_states dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.state @E.v of @E : f64
  step.state @F.v of @F : f64
  // expected-error@+1 {{writes @F.v, expected a state of what the body runs over}}
  step.map @E (%v = @E.v : f64) {
    step.yield @F.v = %v : f64
  }
}

// -----

step.program @a_synapse_writes_no_cell dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  // expected-error@+1 {{writes @E.v, expected a state of what the body runs over}}
  step.traverse @EE arrive on @E.spike (%v = post @E.v : f64) {
    step.yield @E.v = %v : f64
  }
}

// -----

step.program @emission_writes_ports_only dt 1.0e-3 {
  step.extent @E size 4
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  step.state @EE.w of @EE : f64
  // expected-error@+1 {{writes @EE.w, but an 'emit' traversal writes ports only; use 'arrive'}}
  step.traverse @EE emit on @E.spike (%w = @EE.w : f64) {
    step.yield @EE.w = %w : f64
  }
}

// -----

step.program @a_delay_is_set_up_once dt 1.0e-3 {
  step.extent @E size 4
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay @EE.d in [1, 2]
  step.state @EE.d of @EE : i32
  // expected-error@+1 {{writes @EE.d, but a delay field is written in step.setup only}}
  step.traverse @EE arrive on @E.spike (%d = @EE.d : i32) {
    step.yield @EE.d = %d : i32
  }
}

// -----

step.program @writes_events_of_its_extent dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.events @F.spike of @F
  // expected-error@+1 {{writes @F.spike, expected events of the map's extent, outside step.setup}}
  step.map @E () {
    %f = arith.constant true
    step.yield event @F.spike if %f : i1
  }
}

// -----

step.program @setup_has_no_events dt 1.0e-3 {
  step.extent @E size 4
  step.events @E.spike of @E
  step.setup {
    // expected-error@+1 {{writes @E.spike, expected events of the map's extent, outside step.setup}}
    step.map @E () {
      %f = arith.constant true
      step.yield event @E.spike if %f : i1
    }
  }
}

// -----

step.program @an_event_is_a_yes_or_no dt 1.0e-3 {
  step.extent @E size 4
  step.events @E.spike of @E
  // expected-error@+1 {{writes @E.spike, expected an i1}}
  step.map @E () {
    %f = arith.constant 1 : i32
    step.yield event @E.spike if %f : i32
  }
}

// -----

step.program @adds_to_ports_of_the_target dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.port @E.p of @E : f64 slots 2
  step.events @E.spike of @E
  step.synapses @EF from @E to @F connect #step.connect<all_to_all> delay 1
  step.state @EF.w of @EF : f64
  // expected-error@+1 {{writes @E.p, expected a port of the target, outside step.setup}}
  step.traverse @EF emit on @E.spike (%w = @EF.w : f64) {
    step.yield port @E.p += %w : f64
  }
}

// -----

step.program @emission_has_the_delay_of_the_synapse dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.p of @E : f64 slots 9
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  step.state @EE.w of @EE : f64
  // expected-error@+1 {{writes @E.p, but an 'emit' contribution arrives after the synapse's delay; 'after' is not for it}}
  step.traverse @EE emit on @E.spike (%w = @EE.w : f64) {
    %d = arith.constant 2 : i32
    step.yield port @E.p after %d += %w : f64
  }
}

// -----

step.program @a_port_has_a_slot_for_each_delay dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.p of @E : f64 slots 5
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 5
  step.state @EE.w of @EE : f64
  // expected-error@+1 {{writes @E.p, but the largest delay of the table needs 6 slots}}
  step.traverse @EE emit on @E.spike (%w = @EE.w : f64) {
    step.yield port @E.p += %w : f64
  }
}

// -----

step.program @writes_with_the_declared_type dt 1.0e-3 {
  step.extent @E size 4
  // expected-note@+1 {{declared here}}
  step.state @E.v of @E : f64
  // expected-error@+1 {{writes @E.v as 'f32', but it holds 'f64'}}
  step.map @E () {
    %v = arith.constant 1.0 : f32
    step.yield @E.v = %v : f32
  }
}

// -----

step.program @writes_a_state_once dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  // expected-error@+1 {{writes @E.v twice}}
  step.map @E (%v = @E.v : f64) {
    step.yield @E.v = %v : f64, @E.v = %v : f64
  }
}

// -----

step.program @a_contribution_is_seen dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.port @E.p of @E : f64 slots 1
  // expected-note@+1 {{read here}}
  step.map @E (%p = @E.p : f64) {
    step.yield @E.v = %p : f64
  }
  // expected-error@+1 {{adds to the present slot of @E.p, which was read before; the contribution would be lost}}
  step.map @E (%v = @E.v : f64) {
    step.yield port @E.p += %v : f64
  }
}

// -----

step.program @a_contribution_without_delay_is_seen dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.port @E.p of @E : f64 slots 1
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 0
  step.state @EE.w of @EE : f64
  // expected-note@+1 {{read here}}
  step.map @E (%p = @E.p : f64) {
    step.yield @E.v = %p : f64
  }
  // expected-error@+1 {{adds to the present slot of @E.p, which was read before; the contribution would be lost}}
  step.traverse @EE emit on @E.spike (%w = @EE.w : f64) {
    step.yield port @E.p += %w : f64
  }
}

//===-- Bodies -------------------------------------------------------------------------------------===//

// -----

step.program @a_body_is_not_empty dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{needs a body that ends in step.yield}}
  step.map @E () {
  }
}

// -----

step.program @a_body_is_pure dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{needs a pure body}}
  step.map @E () {
    %p = llvm.mlir.constant(1 : i32) : i32
    // expected-note@+1 {{this is not pure}}
    %a = llvm.alloca %p x i32 : (i32) -> !llvm.ptr
    step.yield
  }
}

// -----

step.program @a_body_has_a_read_for_each_argument dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{has 0 reads for 1 arguments}}
  "step.map"() <{over = @E, reads = []}> ({
  ^bb0(%v: f64):
    "step.yield"() <{operandSegmentSizes = array<i32: 0, 0>, writes = []}> : () -> ()
  }) : () -> ()
}

// -----

step.program @a_body_has_a_value_for_each_write dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{yields 1 values for 0 writes}}
  "step.map"() <{over = @E, reads = []}> ({
    %v = arith.constant 1.0 : f64
    "step.yield"(%v) <{operandSegmentSizes = array<i32: 1, 0>, writes = []}> : (f64) -> ()
  }) : () -> ()
}

// -----

step.program @a_body_has_a_delay_for_each_delayed_write dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.p of @E : f64 slots 4
  // expected-error@+1 {{yields 0 delays for 1 delayed writes}}
  "step.map"() <{over = @E, reads = []}> ({
    %v = arith.constant 1.0 : f64
    "step.yield"(%v) <{operandSegmentSizes = array<i32: 1, 0>, writes = [#step.write<@E.p, port, delayed = true>]}> : (f64) -> ()
  }) : () -> ()
}

// -----

step.program @a_write_names_its_target dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.map @E (%v = @E.v : f64) {
    // expected-error@+1 {{expected the @name of what is written}}
    step.yield event %v : f64
  }
}
