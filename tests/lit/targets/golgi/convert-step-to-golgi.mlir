// A step program as the logical network of a chip, one program per rule.
// RUN: nissl-opt %s --convert-step-to-golgi --split-input-file | FileCheck %s
// RUN: nissl-opt %s --convert-step-to-golgi=chip=golgi-256 --split-input-file | FileCheck %s --check-prefix=LARGE

// LARGE: golgi.chip @extents_become_populations.chip of @extents_become_populations model "golgi-256" mesh [16, 16] capacities <axons_in = 8192, axons_out = 8192> ticks 1 sample 0
// CHECK: golgi.chip @extents_become_populations.chip of @extents_become_populations model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
// CHECK-NEXT: golgi.population @E size 4
// CHECK-NEXT: golgi.population @None size 0
// CHECK-NEXT: golgi.state @E.v of @E word 0
// A parameter that is the same in all cells is a constant; -40000 needs 32 bits, 30000 does not.
// CHECK-NEXT: golgi.parameter @E.wide of @E halfword 0 wide
// CHECK-NEXT: golgi.parameter @E.narrow of @E halfword 2
// CHECK-NEXT: golgi.state @E.u of @E word 1
// CHECK-NEXT: golgi.port @E.in of @E number 0
// CHECK-NEXT: golgi.input @E.I of @E word 0
// CHECK-NEXT: golgi.program @E.map on @E tick 0 events [@E.spike] {
// CHECK-NEXT: %[[v:.*]] = golgi.lds @E.v
// CHECK-NEXT: %[[wide:.*]] = golgi.ldpw @E.wide
// CHECK-NEXT: %[[same:.*]] = golgi.ldi 7
// CHECK-NEXT: %[[narrow:.*]] = golgi.ldp @E.narrow
// CHECK-NEXT: %[[in:.*]] = golgi.ldx @E.in
// CHECK-NEXT: %[[I:.*]] = golgi.ldh @E.I
// CHECK-NEXT: %[[a:.*]] = golgi.add %[[v]], %[[wide]]
// CHECK-NEXT: %[[b:.*]] = golgi.add %[[same]], %[[narrow]]
// CHECK-NEXT: %[[c:.*]] = golgi.add %[[in]], %[[I]]
// CHECK-NEXT: %[[f:.*]] = golgi.rcmp sgt %[[a]], %[[b]]
// Events stand before stores.
// CHECK-NEXT: golgi.spkr 0, %[[f]]
// CHECK-NEXT: golgi.sts @E.v, %[[a]]
// CHECK-NEXT: golgi.sts @E.u, %[[c]]
// CHECK-NEXT: }
step.program @extents_become_populations dt 1.0e-3 {
  step.extent @E size 4
  step.extent @None size 0
  step.state @E.v of @E : i32
  step.state @E.same of @E : i32
  step.state @E.wide of @E : i32
  step.state @E.narrow of @E : i32
  step.state @E.u of @E : i32
  step.port @E.in of @E : i32 slots 1
  step.input @E.I of @E : i32
  step.events @E.spike of @E
  step.setup {
    step.map @E () {
      %i = step.index element : i32
      %seven = arith.constant 7 : i32
      %wide = arith.constant -10000 : i32
      %w = arith.muli %i, %wide : i32
      %w1 = arith.addi %w, %wide : i32
      %narrow = arith.constant 10000 : i32
      %n = arith.muli %i, %narrow : i32
      step.yield @E.same = %seven : i32, @E.wide = %w1 : i32, @E.narrow = %n : i32
    }
  }
  step.map @E (%v = @E.v : i32, %w = @E.wide : i32, %s = @E.same : i32, %n = @E.narrow : i32, %in = @E.in : i32, %I = @E.I : i32) {
    %a = arith.addi %v, %w : i32
    %b = arith.addi %s, %n : i32
    %c = arith.addi %in, %I : i32
    %f = arith.cmpi sgt, %a, %b : i32
    step.yield @E.v = %a : i32, event @E.spike if %f : i1, @E.u = %c : i32
  }
}

// -----

// Ops on i32 and their instructions.
// CHECK-LABEL: golgi.chip @words.chip
// CHECK: %[[x:.*]] = golgi.lds @E.x
// CHECK: %[[y:.*]] = golgi.lds @E.y
// CHECK-NEXT: golgi.sub %[[x]], %[[y]]
// CHECK-NEXT: golgi.mul
// CHECK-NEXT: golgi.and
// CHECK-NEXT: golgi.or
// CHECK-NEXT: golgi.xor
// CHECK-NEXT: golgi.shl
// CHECK-NEXT: golgi.shr
// CHECK-NEXT: golgi.sar
// CHECK-NEXT: golgi.max
// CHECK-NEXT: %[[min:.*]] = golgi.min
// The larger without sign is a comparison and a choice.
// CHECK-NEXT: %[[above:.*]] = golgi.rcmp ugt %[[min]], %[[y]]
// CHECK-NEXT: %[[umax:.*]] = golgi.selr %[[above]], %[[min]], %[[y]]
// CHECK-NEXT: %[[below:.*]] = golgi.rcmp ult %[[umax]], %[[y]]
// CHECK-NEXT: %[[umin:.*]] = golgi.selr %[[below]], %[[umax]], %[[y]]
// CHECK-NEXT: %[[q:.*]] = golgi.mulq %[[umin]], %[[y]] shift 15
// CHECK-NEXT: %[[e:.*]] = golgi.lut @t[%[[q]]]
// CHECK-NEXT: %[[number:.*]] = golgi.cid
// CHECK-NEXT: golgi.add %[[e]], %[[number]]
// CHECK-NEXT: %[[t:.*]] = golgi.step
// CHECK-NEXT: golgi.add %{{.*}}, %[[t]]
// CHECK-NEXT: %[[entity:.*]] = golgi.cid
// CHECK-NEXT: %[[r:.*]] = golgi.rndc %[[entity]] stream "E.r" draw 5 word 2
// CHECK-NEXT: golgi.add %{{.*}}, %[[r]]
// 131071 is the largest constant of an instruction.
// CHECK-NEXT: golgi.ldi 131071
// CHECK-NEXT: golgi.ldc 131072
step.program @words dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.x of @E : i32
  step.state @E.y of @E : i32
  step.array @t = dense<[3, -4]> : tensor<2xi32>
  step.map @E (%x = @E.x : i32, %y = @E.y : i32) {
    %0 = arith.subi %x, %y : i32
    %1 = arith.muli %0, %y : i32
    %2 = arith.andi %1, %y : i32
    %3 = arith.ori %2, %y : i32
    %4 = arith.xori %3, %y : i32
    %5 = arith.shli %4, %y : i32
    %6 = arith.shrui %5, %y : i32
    %7 = arith.shrsi %6, %y : i32
    %8 = arith.maxsi %7, %y : i32
    %9 = arith.minsi %8, %y : i32
    %10 = arith.maxui %9, %y : i32
    %11 = arith.minui %10, %y : i32
    %12 = step.mulq %11, %y shift 15 : i32
    %13 = step.lookup @t[%12] : i32 -> i32
    %i = step.index element : i32
    %14 = arith.addi %13, %i : i32
    %now = step.now : i64
    %k = arith.trunci %now : i64 to i32
    %15 = arith.addi %14, %k : i32
    %r = step.random_bits stream "E.r" draw 5 word 2 : i32
    %16 = arith.addi %15, %r : i32
    %c = arith.constant 131071 : i32
    %d = arith.constant 131072 : i32
    %17 = arith.addi %16, %c : i32
    %18 = arith.addi %17, %d : i32
    step.yield @E.x = %18 : i32, @E.y = %y : i32
  }
}

// -----

// Single bits are 0 or 1: wrapping sums of them are exclusive or, products are and.
// CHECK-LABEL: golgi.chip @bits.chip
// CHECK: %[[b:.*]] = golgi.lds @E.b
// CHECK: %[[x:.*]] = golgi.lds @E.x
// CHECK-NEXT: %[[low:.*]] = golgi.andi %[[x]], 1
// CHECK-NEXT: %[[sum:.*]] = golgi.xor %[[b]], %[[low]]
// CHECK-NEXT: %[[difference:.*]] = golgi.xor %[[sum]], %[[b]]
// CHECK-NEXT: %[[product:.*]] = golgi.and %[[difference]], %[[b]]
// CHECK-NEXT: %[[true:.*]] = golgi.ldi 1
// CHECK-NEXT: %[[not:.*]] = golgi.xor %[[product]], %[[true]]
// CHECK-NEXT: %[[zero:.*]] = golgi.mov %[[not]]
// CHECK-NEXT: %[[minus:.*]] = golgi.neg %[[not]]
// CHECK-NEXT: golgi.selr %[[not]], %[[zero]], %[[minus]]
step.program @bits dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.b of @E : i1
  step.state @E.x of @E : i32
  step.map @E (%b = @E.b : i1, %x = @E.x : i32) {
    %low = arith.trunci %x : i32 to i1
    %0 = arith.addi %b, %low : i1
    %1 = arith.subi %0, %b : i1
    %2 = arith.muli %1, %b : i1
    %true = arith.constant true
    %3 = arith.xori %2, %true : i1
    %4 = arith.extui %3 : i1 to i32
    %5 = arith.extsi %3 : i1 to i32
    %6 = arith.select %3, %4, %5 : i32
    step.yield @E.b = %3 : i1, @E.x = %6 : i32
  }
}

// -----

// A traversal before the map that emits delivers in the next step: with one tick per step its lag is
// 1 + 0 - 0 - 1. One behind it delivers in this step, so the map that it reaches runs a tick later: the lag is
// 1 - 0 - 1, and the other one's 2 + 1 - 0 - 1. Another map of a population gets a name of its own.
// CHECK-LABEL: golgi.chip @delays.chip of @delays model "golgi-64" mesh [8, 8] ticks 2 sample 0
// CHECK: golgi.program @E.map on @E tick 0 events [@E.spike]
// CHECK: golgi.program @F.map on @F tick 1 {
// CHECK: golgi.program @E.map_0 on @E tick 0 every 10 offset 3 {
// CHECK: golgi.projection @next of @next traversal 0 write 0 from @E.map event 0 to @F.in lag 2
// CHECK-NEXT: golgi.projection @same of @same traversal 1 write 0 from @E.map event 0 to @F.in lag 0
step.program @delays dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.state @E.x of @E : i32
  step.state @F.y of @F : i32
  step.port @F.in of @F : i32 slots 1
  step.events @E.spike of @E
  step.synapses @next from @E to @F connect #step.connect<one_to_one> delay 0
  step.synapses @same from @E to @F connect #step.connect<one_to_one> delay 0
  step.traverse @next emit on @E.spike () {
    %one = arith.constant 1 : i32
    step.yield port @F.in += %one : i32
  }
  step.sample
  step.map @E (%x = @E.x : i32) {
    %f = arith.trunci %x : i32 to i1
    step.yield @E.x = %x : i32, event @E.spike if %f : i1
  }
  step.traverse @same emit on @E.spike () {
    %one = arith.constant 1 : i32
    step.yield port @F.in += %one : i32
  }
  step.map @F (%in = @F.in : i32) {
    step.yield @F.y = %in : i32
  }
  step.every 10 offset 3 {
    step.map @E (%x = @E.x : i32) {
      step.yield @E.x = %x : i32
    }
  }
}
