// Cells on cores, their delays and their routes.
// RUN: nissl-opt %s --golgi-place --golgi-verify --split-input-file --verify-diagnostics | FileCheck %s

// 1,500 cells of one population and 100 of another: a full core, and the rest. Each cell reaches the one with
// its number 3 steps later, and 4: two delays, so two slots of sums, and one axon each. Of cells 0 to 99 of E
// come 100 axons to the cells of F, which are on the second core.
// CHECK-LABEL: golgi.chip @two_cores.chip
// CHECK: golgi.core @core.0 at [0, 0] slots 2 synapse_words 2048 {
// CHECK-NEXT: golgi.slice @E first 0 count 1024
// CHECK-NEXT: golgi.route to @core.0 axons 1024
// CHECK-NEXT: golgi.route to @core.1 axons 100
// CHECK-NEXT: }
// Synapses of 16 bits stand in pairs: a row of one or two is a header and a word.
// CHECK-NEXT: golgi.core @core.1 at [1, 0] slots 2 synapse_words 1152 {
// CHECK-NEXT: golgi.slice @E first 1024 count 476
// CHECK-NEXT: golgi.slice @F first 0 count 100
// CHECK-NEXT: golgi.route to @core.1 axons 476
// CHECK-NEXT: }
step.program @two_cores dt 1.0e-3 {
  step.extent @E size 1500
  step.extent @F size 100
  step.state @E.v of @E : i32
  step.state @F.v of @F : i32
  step.port @E.in of @E : i32 slots 5
  step.port @F.in of @F : i32 slots 5
  step.events @E.spike of @E
  step.synapses @three from @E to @E connect #step.connect<one_to_one> delay 3
  step.synapses @four from @E to @E connect #step.connect<one_to_one> delay 4
  step.synapses @EF from @E range [0, 100] to @F connect #step.connect<one_to_one> delay 3
  step.traverse @three emit on @E.spike () {
    %one = arith.constant 1 : i32
    step.yield port @E.in += %one : i32
  }
  step.traverse @four emit on @E.spike () {
    %one = arith.constant 1 : i32
    step.yield port @E.in += %one : i32
  }
  step.traverse @EF emit on @E.spike () {
    %one = arith.constant 1 : i32
    step.yield port @F.in += %one : i32
  }
  step.sample
  step.map @E (%in = @E.in : i32) {
    %true = arith.constant true
    step.yield @E.v = %in : i32, event @E.spike if %true : i1
  }
  step.map @F (%in = @F.in : i32) {
    step.yield @F.v = %in : i32
  }
}
golgi.chip @two_cores.chip of @two_cores model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 1500
  golgi.population @F size 100
  golgi.state @E.v of @E word 0
  golgi.state @F.v of @F word 0
  golgi.port @E.in of @E number 0
  golgi.port @F.in of @F number 0
  golgi.program @E.map on @E tick 0 events [@E.spike] {
    %true = golgi.ldi 1 -> r0
    golgi.spkr 0, %true : r0
    %in = golgi.ldx @E.in -> r0
    golgi.sts @E.v, %in : r0
  }
  golgi.program @F.map on @F tick 0 {
    %in = golgi.ldx @F.in -> r0
    golgi.sts @F.v, %in : r0
  }
  golgi.projection @three of @three traversal 0 write 0 from @E.map event 0 to @E.in lag 0
  golgi.projection @four of @four traversal 1 write 0 from @E.map event 0 to @E.in lag 0
  golgi.projection @EF of @EF traversal 2 write 0 from @E.map event 0 to @F.in lag 0
}

// -----

// Rows of the mesh follow each other.
// CHECK-LABEL: golgi.chip @three_cores.chip
// CHECK: golgi.core @core.0 at [0, 0]
// CHECK: golgi.core @core.1 at [1, 0]
// CHECK: golgi.core @core.2 at [0, 1]
// CHECK-NEXT: golgi.slice @E first 2048 count 52
step.program @three_cores dt 1.0e-3 {
  step.extent @E size 2100
}
golgi.chip @three_cores.chip of @three_cores model "small" mesh [2, 2] ticks 1 sample 0 {
  golgi.population @E size 2100
}

// -----

// Nine words of 1,024 cells are more than NSTATE's 8,192: 768 cells fit a core.
// CHECK-LABEL: golgi.chip @states.chip
// CHECK: golgi.core @core.0 at [0, 0] slots 1 synapse_words 0 {
// CHECK-NEXT: golgi.slice @E first 0 count 768
// CHECK: golgi.core @core.1 at [1, 0]
// CHECK-NEXT: golgi.slice @E first 768 count 232
step.program @states dt 1.0e-3 {
  step.extent @E size 1000
  step.state @E.v of @E : i32
}
golgi.chip @states.chip of @states model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 1000
  golgi.state @E.v of @E word 0
  golgi.program @E.map on @E tick 0 spills 8 {}
}

// -----

// Each of eight cells wants an axon, and the one core has seven.
// expected-error@+2 {{the network of 8 cells does not fit the chip tiny (1 cores): core 0: axons_in: 8 wanted, 7 available}}
// expected-note@+1 {{choose a larger chip with --chip (golgi-256), or fewer cells, synapses or delays}}
step.program @axons_are_short dt 1.0e-3 {
  step.extent @E size 8
  step.port @E.in of @E : i32 slots 2
  step.state @E.v of @E : i32
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<one_to_one> delay 1
  step.traverse @EE emit on @E.spike () {
    %one = arith.constant 1 : i32
    step.yield port @E.in += %one : i32
  }
}
golgi.chip @axons_are_short.chip of @axons_are_short model "tiny" mesh [1, 1] capacities <axons_in = 7> ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.port @E.in of @E number 0
  golgi.program @E.map on @E tick 0 events [@E.spike] {}
  golgi.projection @EE of @EE traversal 0 write 0 from @E.map event 0 to @E.in lag 0
}

// -----

// expected-error@+2 {{the network of 2000 cells does not fit the chip tiny (1 cores): cores: 2 wanted, 1 available}}
// expected-note@+1 {{choose a larger chip with --chip (golgi-256), or fewer cells, synapses or delays}}
step.program @cores_are_short dt 1.0e-3 {
  step.extent @E size 2000
}
golgi.chip @cores_are_short.chip of @cores_are_short model "tiny" mesh [1, 1] ticks 1 sample 0 {
  golgi.population @E size 2000
}

// -----

// expected-error@+2 {{the network of 2 cells does not fit the chip golgi-64 (64 cores): projection 'EE': a delay of 64 steps is 64 ticks, the chip has 0 to 63}}
// expected-note@+1 {{choose a larger chip with --chip (golgi-256), or fewer cells, synapses or delays}}
step.program @delays_have_six_bits dt 1.0e-3 {
  step.extent @E size 2
  step.port @E.in of @E : i32 slots 65
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<one_to_one> delay 64
  step.traverse @EE emit on @E.spike () {
    %one = arith.constant 1 : i32
    step.yield port @E.in += %one : i32
  }
}
golgi.chip @delays_have_six_bits.chip of @delays_have_six_bits model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 2
  golgi.port @E.in of @E number 0
  golgi.program @E.map on @E tick 0 events [@E.spike] {}
  golgi.projection @EE of @EE traversal 0 write 0 from @E.map event 0 to @E.in lag 0
}

// -----

step.program @n dt 1.0e-3 {
}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 0
  // expected-error@+1 {{needs registers first: golgi-allocate-registers}}
  golgi.program @E.map on @E tick 0 {
    %i = golgi.cid
  }
}

// -----

step.program @n dt 1.0e-3 {
}
// expected-error@+1 {{is placed already}}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.core @core.0 at [0, 0] slots 1 synapse_words 0 {}
}

// -----

// expected-error@+1 {{needs its step program @n, which is not there}}
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
}
