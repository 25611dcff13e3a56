// Every rule of a golgi chip, broken once. The chip is the smallest that breaks it.
// RUN: nissl-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{mesh must be [width, height], at most [31, 32]}}
golgi.chip @a_mesh_has_a_column of @n model "golgi-64" mesh [0, 8] ticks 1 sample 0 {
}

// -----

// expected-error@+1 {{mesh must be [width, height], at most [31, 32]}}
golgi.chip @a_mesh_has_two_sides of @n model "golgi-64" mesh [8] ticks 1 sample 0 {
}

// -----

// expected-error@+1 {{mesh must be [width, height], at most [31, 32]}}
golgi.chip @column_31_is_the_host of @n model "golgi-64" mesh [32, 8] ticks 1 sample 0 {
}

// -----

// expected-error@+1 {{attribute 'ticks' failed to satisfy constraint: 64-bit signless integer attribute whose minimum value is 1 whose maximum value is 16}}
golgi.chip @a_step_has_sixteen_ticks of @n model "golgi-64" mesh [8, 8] ticks 17 sample 0 {
}

// -----

// expected-error@+1 {{samples in tick 3, a step has 2}}
golgi.chip @a_sample_is_in_the_step of @n model "golgi-64" mesh [8, 8] ticks 2 sample 3 {
}

// -----

golgi.chip @holds_golgi_ops_only of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{does not belong on a golgi.chip}}
  %c = arith.constant 1 : i32
}

// -----

// expected-error@+1 {{a core has -1 of a memory, expected 0 or more}}
golgi.chip @a_memory_is_not_negative of @n model "m" mesh [1, 1] capacities <groups = -1> ticks 1 sample 0 {}

// -----

// expected-error@+1 {{expects parent op 'golgi.chip'}}
golgi.population @declarations_stand_on_chips size 4

// -----

golgi.chip @words_belong_to_populations of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{@E is not on this chip, expected a population}}
  golgi.state @E.v of @E word 0
}

// -----

golgi.chip @an_owner_is_a_population of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-note@+1 {{declared here}}
  golgi.state @E.v of @E word 0
  // expected-error@+1 {{@E.v is a golgi.state, expected a population}}
  golgi.port @E.in of @E.v number 0
}

// -----

golgi.chip @words_follow_each_other of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.state @E.v of @E word 0
  // expected-error@+1 {{word 2 of @E, expected 1: they follow each other}}
  golgi.state @E.u of @E word 2
}

// -----

golgi.chip @a_wide_parameter_takes_two of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.parameter @E.a of @E halfword 0 wide
  // expected-error@+1 {{halfword 1 of @E, expected 2: they follow each other}}
  golgi.parameter @E.b of @E halfword 1
}

// -----

golgi.chip @ports_follow_each_other of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-error@+1 {{number 1 of @E, expected 0: they follow each other}}
  golgi.port @E.in of @E number 1
}

// -----

golgi.chip @inputs_follow_each_other of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  // expected-error@+1 {{word 1 of @E, expected 0: they follow each other}}
  golgi.input @E.I of @E word 1
}

// -----

golgi.chip @a_projection_begins_at_a_program of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.port @E.in of @E number 0
  // expected-error@+1 {{@E.map is not on this chip, expected a program that emits events}}
  golgi.projection @EE of @EE traversal 0 write 0 from @E.map event 0 to @E.in lag 0
}

// -----

golgi.chip @a_projection_ends_at_a_port of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 events [@E.spike] {}
  // expected-error@+1 {{@E.in is not on this chip, expected a port}}
  golgi.projection @EE of @EE traversal 0 write 0 from @E.map event 0 to @E.in lag 0
}

// -----

golgi.chip @a_projection_takes_an_event of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.port @E.in of @E number 0
  golgi.program @E.map on @E tick 0 events [@E.spike] {}
  // expected-error@+1 {{event 1 of @E.map, which has 1}}
  golgi.projection @EE of @EE traversal 0 write 0 from @E.map event 1 to @E.in lag 0
}

// -----

golgi.chip @a_lag_is_less_than_two_steps of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.port @E.in of @E number 0
  golgi.program @E.map on @E tick 0 events [@E.spike] {}
  // expected-error@+1 {{lag 1, expected -1 to 0 in a step of 1 ticks}}
  golgi.projection @EE of @EE traversal 0 write 0 from @E.map event 0 to @E.in lag 1
}

// -----

golgi.chip @a_core_stands_in_the_mesh of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{stands outside the mesh of 8 x 8}}
  golgi.core @c at [8, 0] slots 1 synapse_words 0 {
  }
}

// -----

golgi.chip @a_place_has_two_numbers of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{stands outside the mesh of 8 x 8}}
  golgi.core @c at [1] slots 1 synapse_words 0 {
  }
}

// -----

golgi.chip @a_place_holds_one_core of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-note@+1 {{cores ascend by (y, x)}}
  golgi.core @a at [3, 1] slots 1 synapse_words 0 {
  }
  // expected-error@+1 {{stands before or at the place of the core above it}}
  golgi.core @b at [3, 1] slots 1 synapse_words 0 {
  }
}

// -----

golgi.chip @cores_ascend of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-note@+1 {{cores ascend by (y, x)}}
  golgi.core @a at [0, 1] slots 1 synapse_words 0 {
  }
  // expected-error@+1 {{stands before or at the place of the core above it}}
  golgi.core @b at [7, 0] slots 1 synapse_words 0 {
  }
}

// -----

golgi.chip @slots_are_a_power_of_two of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{3 slots, expected a power of two}}
  golgi.core @c at [0, 0] slots 3 synapse_words 0 {
  }
}

// -----

golgi.chip @a_core_has_so_many_slots of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{acc_slots: 64 wanted, 32 available}}
  golgi.core @c at [0, 0] slots 64 synapse_words 0 {
  }
}

// -----

golgi.chip @synapses_fit of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{synapse_words: 16385 wanted, 16384 available}}
  golgi.core @c at [0, 0] slots 1 synapse_words 16385 {
  }
}

// -----

golgi.chip @a_core_holds_slices_and_routes of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.core @c at [0, 0] slots 1 synapse_words 0 {
    // expected-error@+1 {{does not belong in a golgi.core, which takes slices and routes}}
    %c = arith.constant 1 : i32
  }
}

// -----

golgi.chip @a_slice_is_of_a_population of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.core @c at [0, 0] slots 1 synapse_words 0 {
    // expected-error@+1 {{@E is not on this chip, expected a population}}
    golgi.slice @E first 0 count 4
  }
}

// -----

golgi.chip @a_slice_lies_in_its_population of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.core @c at [0, 0] slots 1 synapse_words 0 {
    // expected-error@+1 {{cells 4 to 8 of @E, which has 8}}
    golgi.slice @E first 4 count 5
  }
}

// -----

golgi.chip @a_cell_is_on_one_core of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.core @a at [0, 0] slots 1 synapse_words 0 {
    // expected-note@+1 {{this one}}
    golgi.slice @E first 0 count 5
  }
  golgi.core @b at [1, 0] slots 1 synapse_words 0 {
    // expected-error@+1 {{holds cells of @E that another slice holds}}
    golgi.slice @E first 4 count 2
  }
}

// -----

golgi.chip @slices_overlap_from_behind of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.core @a at [0, 0] slots 1 synapse_words 0 {
    // expected-note@+1 {{this one}}
    golgi.slice @E first 4 count 4
    // expected-error@+1 {{holds cells of @E that another slice holds}}
    golgi.slice @E first 0 count 5
  }
}

// -----

golgi.chip @cells_fit of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 1028
  golgi.state @E.v of @E word 0
  golgi.program @E.map on @E tick 0 {}
  // expected-error@+1 {{cells: 1028 wanted, 1024 available}}
  golgi.core @c at [0, 0] slots 1 synapse_words 0 {
    golgi.slice @E first 0 count 1028
  }
}

// -----

golgi.chip @states_fit of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 1024
  golgi.state @E.s0 of @E word 0
  golgi.state @E.s1 of @E word 1
  golgi.state @E.s2 of @E word 2
  golgi.state @E.s3 of @E word 3
  golgi.state @E.s4 of @E word 4
  golgi.state @E.s5 of @E word 5
  golgi.state @E.s6 of @E word 6
  golgi.state @E.s7 of @E word 7
  golgi.program @E.map on @E tick 0 spills 1 {}
  // expected-error@+1 {{state_words: 9216 wanted, 8192 available}}
  golgi.core @c at [0, 0] slots 1 synapse_words 0 {
    golgi.slice @E first 0 count 1024
  }
}

// -----

golgi.chip @a_cell_has_sixteen_words of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.state @E.s0 of @E word 0
  golgi.state @E.s1 of @E word 1
  golgi.state @E.s2 of @E word 2
  golgi.state @E.s3 of @E word 3
  golgi.state @E.s4 of @E word 4
  golgi.state @E.s5 of @E word 5
  golgi.state @E.s6 of @E word 6
  golgi.state @E.s7 of @E word 7
  golgi.state @E.s8 of @E word 8
  golgi.state @E.s9 of @E word 9
  golgi.state @E.s10 of @E word 10
  golgi.state @E.s11 of @E word 11
  golgi.state @E.s12 of @E word 12
  golgi.state @E.s13 of @E word 13
  golgi.state @E.s14 of @E word 14
  golgi.state @E.s15 of @E word 15
  golgi.program @E.map on @E tick 0 spills 1 {}
  // expected-error@+1 {{state_words_per_cell: 17 wanted, 16 available}}
  golgi.core @c at [0, 0] slots 1 synapse_words 0 {
    golgi.slice @E first 0 count 8
  }
}

// -----

golgi.chip @sums_fit of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 1024
  golgi.port @E.in of @E number 0
  // expected-error@+1 {{accumulators: 8192 wanted, 4096 available}}
  golgi.core @c at [0, 0] slots 8 synapse_words 0 {
    golgi.slice @E first 0 count 1024
  }
}

// -----

golgi.chip @sources_fit of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 1024
  golgi.program @E.map on @E tick 0 events [@E.a, @E.b, @E.c] {}
  // expected-error@+1 {{spike_sources: 3072 wanted, 2048 available}}
  golgi.core @c at [0, 0] slots 1 synapse_words 0 {
    golgi.slice @E first 0 count 1024
  }
}

// -----

golgi.chip @a_route_ends_at_a_core of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.core @c at [0, 0] slots 1 synapse_words 0 {
    // expected-note@-2 {{declared here}}
    // expected-error@+1 {{@E is a golgi.population, expected a core}}
    golgi.route to @E axons 1
  }
}

// -----

golgi.chip @a_core_has_one_route_to_another of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.core @c at [0, 0] slots 1 synapse_words 0 {
    golgi.route to @c axons 1
    // expected-error@+1 {{a second route to @c}}
    golgi.route to @c axons 1
  }
}

// -----

golgi.chip @axons_out_fit of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  // expected-error@+1 {{axons_out: 4097 wanted, 4096 available}}
  golgi.core @a at [0, 0] slots 1 synapse_words 0 {
    golgi.route to @a axons 2000
    golgi.route to @b axons 2097
  }
  golgi.core @b at [1, 0] slots 1 synapse_words 0 {
  }
}

// -----

golgi.chip @axons_in_fit of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.core @a at [0, 0] slots 1 synapse_words 0 {
    golgi.route to @b axons 3000
  }
  // expected-error@+1 {{axons_in: 5000 wanted, 4096 available}}
  golgi.core @b at [1, 0] slots 1 synapse_words 0 {
    golgi.route to @b axons 2000
  }
}
