// What the chip cannot do is refused by name.
// RUN: nissl-opt %s --convert-step-to-golgi --split-input-file --verify-diagnostics

step.program @computes_in_fixed_point dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{the golgi chip computes in fixed point; compile with --precision fixed}}
  step.state @E.v of @E : f64
  // expected-error@+1 {{the golgi chip has words of 32 bits, found 'i64'}}
  step.port @E.in of @E : i64 slots 1
}

// -----

step.program @keeps_no_history dt 1.0e-3 {
  step.extent @E size 4
  // expected-error@+1 {{the golgi chip keeps no history of a state; "E.v" needs 3 values}}
  step.state @E.v of @E : i32 history 3
  // expected-error@+1 {{the golgi chip does not build 'step.push'}}
  step.push @E.v
}

// -----

step.program @does_not_learn dt 1.0e-3 {
  step.extent @E size 4
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  // expected-error@+1 {{the golgi chip has no learning engine yet; "EE.w" of a synapse table is changed by a rule}}
  step.state @EE.w of @EE : i32
  // expected-error@+1 {{the golgi chip has no learning engine yet; it delivers only what is fixed at emission, not 'arrive' traversals}}
  step.traverse @EE arrive on @E.spike (%w = @EE.w : i32) {
    step.yield @EE.w = %w : i32
  }
}

// -----

step.program @broadcasts_no_states dt 1.0e-3 {
  step.extent @E size 4
  step.extent @R size 1
  step.state @E.v of @E : i32
  step.state @R.x of @R : i32
  step.map @R (%x = @R.x : i32) {
    step.yield @R.x = %x : i32
  }
  // expected-error@+1 {{the golgi chip does not broadcast states between cells yet; the map reads @R.x}}
  step.map @E (%x = broadcast @R.x : i32) {
    step.yield @E.v = %x : i32
  }
}

// -----

step.program @reads_at_no_index dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : i32
  step.state @E.i of @E : i32
  step.state @E.p of @E : i32
  // expected-error@+1 {{the golgi chip does not broadcast states between cells yet; the map reads @E.p}}
  step.map @E (%p = broadcast @E.p at @E.i : i32) {
    step.yield @E.v = %p : i32
  }
}

// -----

step.program @maps_add_to_no_port dt 1.0e-3 {
  step.extent @E size 4
  step.port @E.in of @E : i32 slots 1
  // expected-error@+1 {{the golgi chip does not let a map add to a port; the map adds to @E.in}}
  step.map @E () {
    %one = arith.constant 1 : i32
    step.yield port @E.in += %one : i32
  }
}

// -----

step.program @emits_every_step dt 1.0e-3 {
  step.extent @E size 4
  step.events @E.spike of @E
  step.every 10 offset 0 {
    // expected-error@+1 {{the golgi chip emits events only from maps of every step, not @E.spike}}
    step.map @E () {
      %true = arith.constant true
      step.yield event @E.spike if %true : i1
    }
  }
}

// -----

step.program @delivers_what_is_fixed dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : i32
  step.port @E.in of @E : i32 slots 2
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  // expected-error@+1 {{the golgi chip delivers what is fixed when it is compiled, but the body reads @E.v, which changes}}
  step.traverse @EE emit on @E.spike (%v = post @E.v : i32) {
    step.yield port @E.in += %v : i32
  }
  // expected-error@+1 {{the golgi chip delivers what is fixed when it is compiled, but the body draws random numbers or reads the time}}
  step.traverse @EE emit on @E.spike () {
    %r = step.random_bits stream "EE.r" draw 0 word 0 : i32
    step.yield port @E.in += %r : i32
  }
  step.map @E (%in = @E.in : i32) {
    %true = arith.constant true
    step.yield @E.v = %in : i32, event @E.spike if %true : i1
  }
}

// -----

step.program @instructions_have_32_bits dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : i32
  step.map @E () {
    %now = step.now : i64
    %c = arith.constant 3 : i64
    // expected-error@+1 {{the golgi chip has no instruction for 'arith.addi' on these types}}
    %r = arith.addi %now, %c : i64
    %v = arith.trunci %r : i64 to i32
    step.yield @E.v = %v : i32
  }
}

// -----

step.program @signed_bits_are_not_compared dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.b of @E : i1
  step.map @E (%b = @E.b : i1) {
    %true = arith.constant true
    // expected-error@+1 {{the golgi chip has no instruction for 'arith.cmpi' on these types}}
    %f = arith.cmpi slt, %b, %true : i1
    step.yield @E.b = %f : i1
  }
}
