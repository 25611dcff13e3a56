// Every rule of a golgi program and its instructions, broken once.
// RUN: nissl-opt %s --split-input-file --verify-diagnostics

golgi.chip @a_program_runs_on_a_population of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{@E is not on this chip, expected a population}}
  golgi.program @E.map on @E tick 0 {}
}

// -----

golgi.chip @a_program_runs_in_a_tick of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-error@+1 {{runs in tick 1 of 1}}
  golgi.program @E.map on @E tick 1 {}
}

// -----

golgi.chip @an_offset_is_below_the_period of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-error@+1 {{offset 10 must be below 10, the steps of 'every'}}
  golgi.program @E.map on @E tick 0 every 10 offset 10 {}
}

// -----

golgi.chip @a_group_has_eight_events of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-error@+1 {{has 9 events, a group has 8}}
  golgi.program @E.map on @E tick 0 events [@e0, @e1, @e2, @e3, @e4, @e5, @e6, @e7, @e8] {}
}

// -----

golgi.chip @a_program_holds_instructions of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{is no instruction of the chip}}
    %c = arith.constant 1 : i32
  }
}

// -----

// expected-error@+1 {{expects parent op 'golgi.program'}}
%0 = golgi.cid

// -----

golgi.chip @a_register_is_one_of_sixteen of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{register r16, expected r0 to r15}}
    %c = golgi.cid -> r16
  }
}

// -----

golgi.chip @a_register_has_a_number of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{expected a register, r0 to r15, or _}}
    %c = golgi.cid -> x
  }
}

// -----

golgi.chip @operands_are_registers of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 {
    // expected-note@+1 {{prior use here}}
    %c = golgi.cid -> r1
    // expected-error@+1 {{use of value '%c' expects different type than prior uses: '!golgi.reg<2>' vs '!golgi.reg<1>'}}
    golgi.spkr 0, %c : r2
  }
}

// -----

golgi.chip @an_immediate_has_18_bits of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{attribute 'value' failed to satisfy constraint: 32-bit signless integer attribute whose minimum value is -131072 whose maximum value is 131071}}
    %c = golgi.ldi 131072
  }
}

// -----

golgi.chip @a_state_is_loaded of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{@E.v is not on this chip, expected a state}}
    %c = golgi.lds @E.v
  }
}

// -----

golgi.chip @a_port_is_no_state of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-note@+1 {{declared here}}
  golgi.port @E.in of @E number 0
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{@E.in is a golgi.port, expected a state}}
    %c = golgi.lds @E.in
  }
}

// -----

golgi.chip @a_port_is_loaded of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-note@+1 {{declared here}}
  golgi.state @E.v of @E word 0
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{@E.v is a golgi.state, expected a port}}
    %c = golgi.ldx @E.v
  }
}

// -----

golgi.chip @an_input_is_loaded of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-note@+1 {{declared here}}
  golgi.state @E.v of @E word 0
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{@E.v is a golgi.state, expected an input}}
    %c = golgi.ldh @E.v
  }
}

// -----

golgi.chip @a_parameter_is_loaded of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-note@+1 {{declared here}}
  golgi.state @E.v of @E word 0
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{@E.v is a golgi.state, expected a parameter}}
    %c = golgi.ldp @E.v
  }
}

// -----

golgi.chip @a_wide_parameter_is_loaded_whole of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.parameter @E.a of @E halfword 0 wide
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{@E.a has 32 bits, use golgi.ldpw}}
    %c = golgi.ldp @E.a
  }
}

// -----

golgi.chip @a_narrow_parameter_is_one_halfword of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.parameter @E.a of @E halfword 0
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{@E.a has 16 bits, use golgi.ldp}}
    %c = golgi.ldpw @E.a
  }
}

// -----

golgi.chip @words_are_the_cells_own of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.population @F size 8
  // expected-note@+1 {{declared here}}
  golgi.state @F.v of @F word 0
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{@F.v belongs to @F, but the program runs on @E}}
    %c = golgi.lds @F.v
  }
}

// -----

golgi.chip @a_store_is_to_a_state of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-note@+1 {{declared here}}
  golgi.port @E.in of @E number 0
  golgi.program @E.map on @E tick 0 {
    %c = golgi.cid
    // expected-error@+1 {{@E.in is a golgi.port, expected a state}}
    golgi.sts @E.in, %c
  }
}

// -----

golgi.chip @an_event_is_one_of_the_programs of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 events [@E.spike] {
    %c = golgi.cid
    // expected-error@+1 {{event 1 of a program with 1 events}}
    golgi.spkr 1, %c
  }
}

// -----

golgi.chip @a_spill_has_a_word of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 spills 1 {
    %c = golgi.cid -> r0
    // expected-error@+1 {{slot 1 of 1 spill words}}
    golgi.spill 1, %c : r0
  }
}

// -----

golgi.chip @a_reload_has_a_word of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{slot 0 of 0 spill words}}
    %c = golgi.reload 0 -> r0
  }
}

// -----

golgi.chip @a_reload_comes_after_a_spill of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 spills 1 {
    // expected-error@+1 {{slot 0 holds nothing yet}}
    %c = golgi.reload 0 -> r0
  }
}

// -----

golgi.chip @stores_stand_at_the_end of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.state @E.v of @E word 0
  golgi.program @E.map on @E tick 0 {
    %c = golgi.cid
    // expected-note@+1 {{events and stores stand at its end}}
    golgi.sts @E.v, %c
    // expected-error@+1 {{computes behind what the program leaves behind}}
    %d = golgi.neg %c
  }
}

// -----

golgi.chip @no_state_is_loaded_behind_a_store of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.state @E.v of @E word 0
  golgi.program @E.map on @E tick 0 {
    %c = golgi.cid
    // expected-note@+1 {{stores stand last}}
    golgi.sts @E.v, %c
    // expected-error@+1 {{stands behind a store}}
    %d = golgi.lds @E.v
  }
}

// -----

golgi.chip @events_stand_before_stores of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.state @E.v of @E word 0
  golgi.program @E.map on @E tick 0 events [@E.spike] {
    %c = golgi.cid
    // expected-note@+1 {{stores stand last}}
    golgi.sts @E.v, %c
    // expected-error@+1 {{stands behind a store}}
    golgi.spkr 0, %c
  }
}

// -----

golgi.chip @a_shift_is_at_most_62 of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 {
    %c = golgi.cid
    // expected-error@+1 {{attribute 'shift' failed to satisfy constraint: 64-bit signless integer attribute whose minimum value is 0 whose maximum value is 62}}
    %d = golgi.mulq %c, %c shift 63
  }
}

// -----

golgi.chip @a_mask_has_ten_bits of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 {
    %c = golgi.cid
    // expected-error@+1 {{attribute 'mask' failed to satisfy constraint: 64-bit signless integer attribute whose minimum value is 0 whose maximum value is 1023}}
    %d = golgi.andi %c, 1024
  }
}
