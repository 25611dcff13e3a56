// What closes the code generation, each rule broken once.
// RUN: nissl-opt %s --golgi-verify --split-input-file --verify-diagnostics

golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @values_have_registers on @E tick 0 {
    // expected-error@+1 {{has no register; run golgi-allocate-registers}}
    %i = golgi.cid
  }
}

// -----

golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @a_register_holds_one_value on @E tick 0 {
    %i = golgi.cid -> r0
    // expected-note@+1 {{this one}}
    %j = golgi.ldi 3 -> r0
    // expected-error@+1 {{reads r0, which holds another value by now}}
    %k = golgi.add %i, %j : r0, r0 -> r1
  }
}

// -----

golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{has 8 cells, 7 of them are on cores; run golgi-place}}
  golgi.population @E size 8
  golgi.core @core.0 at [0, 0] slots 1 synapse_words 0 {
    golgi.slice @E first 0 count 3
    golgi.slice @E first 4 count 4
  }
}

// -----

// expected-error@+1 {{needs its step program @n, which is not there}}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
}

// -----

step.program @n dt 1.0e-3 {
}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{@E is not an extent of the step program @n}}
  golgi.population @E size 0
}

// -----

step.program @n dt 1.0e-3 {
  step.extent @E size 5
}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{has 0 cells, its extent 5}}
  golgi.population @E size 0
}

// -----

step.program @n dt 1.0e-3 {
  step.extent @E size 0
  step.input @E.v of @E : i32
}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 0
  // expected-error@+1 {{@E.v is not a state of the step program @n}}
  golgi.state @E.v of @E word 0
}

// -----

step.program @n dt 1.0e-3 {
  step.extent @E size 0
  step.extent @F size 0
  step.port @E.in of @E : i32 slots 1
}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 0
  golgi.population @F size 0
  // expected-error@+1 {{belongs to @F, in the step program to @E}}
  golgi.port @E.in of @F number 0
}

// -----

step.program @n dt 1.0e-3 {
  step.extent @E size 0
}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 0
  // expected-error@+1 {{@E.spike is not events of the step program @n}}
  golgi.program @E.map on @E tick 0 events [@E.spike] {}
}

// -----

step.program @n dt 1.0e-3 {
  step.extent @E size 0
}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 0
  golgi.program @E.map on @E tick 0 {
    %i = golgi.cid -> r0
    // expected-error@+1 {{@tau is not an array of the step program @n}}
    %t = golgi.lut @tau[%i] : r0 -> r0
  }
}

// -----

step.program @n dt 1.0e-3 {
  step.extent @E size 0
  step.port @E.in of @E : i32 slots 1
  step.port @E.other of @E : i32 slots 1
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<one_to_one> delay 0
  // expected-note@+1 {{traversal 0}}
  step.traverse @EE emit on @E.spike () {
    %one = arith.constant 1 : i32
    step.yield port @E.in += %one : i32
  }
}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 0
  golgi.port @E.in of @E number 0
  golgi.port @E.other of @E number 1
  golgi.program @E.map on @E tick 0 events [@E.spike] {}
  // expected-error@+1 {{names a write of @EE to @E.other that the traversal does not have}}
  golgi.projection @EE of @EE traversal 0 write 0 from @E.map event 0 to @E.other lag 0
}

// -----

step.program @n dt 1.0e-3 {
  step.extent @E size 0
  step.port @E.in of @E : i32 slots 1
  step.events @E.spike of @E
}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 0
  golgi.port @E.in of @E number 0
  golgi.program @E.map on @E tick 0 events [@E.spike] {}
  // expected-error@+1 {{names traversal 0 of 0}}
  golgi.projection @EE of @EE traversal 0 write 0 from @E.map event 0 to @E.in lag 0
}
