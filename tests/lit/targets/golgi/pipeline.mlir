// From a step program to a chip that an image can be made of, as `nissl compile --target golgi` does it.
// RUN: nissl-opt %s --convert-step-to-golgi --golgi-allocate-registers --golgi-place --golgi-verify | FileCheck %s

// Six cells, each adding what arrives and an entry of a table, all connected to all with weights 0 to 5. An axon
// for each source; the synapse of weight 0 is left out, so a row is a header and five weights of 8 bits.
// CHECK: golgi.chip @pair.chip of @pair model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
// CHECK-NEXT: golgi.population @E size 6
// CHECK-NEXT: golgi.state @E.v of @E word 0
// CHECK-NEXT: golgi.parameter @E.kind of @E halfword 0
// CHECK-NEXT: golgi.port @E.in of @E number 0
// CHECK-NEXT: golgi.program @E.map on @E tick 0 events [@E.spike] {
// CHECK-NEXT: %[[i:.*]] = golgi.cid -> r0
// CHECK-NEXT: %[[r:.*]] = golgi.rndc %[[i]] stream "E.noise" draw 0 word 0 : r0 -> r0
// CHECK-NEXT: %[[limit:.*]] = golgi.ldc 268435456 -> r1
// CHECK-NEXT: %[[f:.*]] = golgi.rcmp ult %[[r]], %[[limit]] : r0, r1 -> r2
// CHECK-NEXT: %[[kind:.*]] = golgi.ldp @E.kind -> r0
// CHECK-NEXT: %[[x:.*]] = golgi.lut @t[%[[kind]]] : r0 -> r1
// CHECK-NEXT: %[[v:.*]] = golgi.lds @E.v -> r0
// CHECK-NEXT: %[[in:.*]] = golgi.ldx @E.in -> r3
// CHECK-NEXT: %[[a:.*]] = golgi.add %[[v]], %[[in]] : r0, r3 -> r4
// CHECK-NEXT: %[[b:.*]] = golgi.add %[[a]], %[[x]] : r4, r1 -> r0
// CHECK-NEXT: golgi.spkr 0, %[[f]] : r2
// CHECK-NEXT: golgi.sts @E.v, %[[b]] : r0
// CHECK-NEXT: }
// CHECK-NEXT: golgi.projection @EE of @EE traversal 0 write 0 from @E.map event 0 to @E.in lag 0
// CHECK-NEXT: golgi.core @core.0 at [0, 0] slots 1 synapse_words 12 {
// CHECK-NEXT: golgi.slice @E first 0 count 6
// CHECK-NEXT: golgi.route to @core.0 axons 6
step.program @pair dt 1.0e-3 {
  step.extent @E size 6
  step.state @E.v of @E : i32
  step.state @E.kind of @E : i32
  step.port @E.in of @E : i32 slots 4
  step.array @t = dense<[1, 2, 3, 4, 5, 6]> : tensor<6xi32>
  step.events @E.spike of @E
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 3
  step.state @EE.w of @EE : i32
  step.setup {
    step.map @E () {
      %i = step.index element : i32
      step.yield @E.kind = %i : i32
    }
    step.traverse @EE all () {
      %o = step.index ordinal : i32
      step.yield @EE.w = %o : i32
    }
  }
  step.traverse @EE emit on @E.spike (%w = @EE.w : i32) {
    step.yield port @E.in += %w : i32
  }
  step.sample
  step.map @E (%v = @E.v : i32, %in = @E.in : i32, %kind = @E.kind : i32) {
    %r = step.random_bits stream "E.noise" draw 0 word 0 : i32
    %limit = arith.constant 0x10000000 : i32
    %f = arith.cmpi ult, %r, %limit : i32
    %x = step.lookup @t[%kind] : i32 -> i32
    %v1 = arith.addi %v, %in : i32
    %v2 = arith.addi %v1, %x : i32
    step.yield @E.v = %v2 : i32, event @E.spike if %f : i1
  }
}
