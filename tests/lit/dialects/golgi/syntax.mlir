// Every op of the golgi dialect with every optional part, printed as written.
// RUN: nissl-opt %s | nissl-opt | FileCheck %s
// RUN: nissl-opt %s --mlir-print-op-generic | nissl-opt | FileCheck %s

// CHECK-LABEL: golgi.chip @small.chip of @small model "small" mesh [3, 2] capacities <cells = 512, axons_in = 8192> ticks 2 sample 1
golgi.chip @small.chip of @small model "small" mesh [3, 2] capacities <cells = 512, axons_in = 8192> ticks 2 sample 1 {
  // CHECK-NEXT: golgi.population @E size 9
  golgi.population @E size 9
  // CHECK-NEXT: golgi.state @E.v of @E word 0
  golgi.state @E.v of @E word 0
  // CHECK-NEXT: golgi.state @E.u of @E word 1
  golgi.state @E.u of @E word 1
  // CHECK-NEXT: golgi.parameter @E.wide of @E halfword 0 wide
  golgi.parameter @E.wide of @E halfword 0 wide
  // CHECK-NEXT: golgi.parameter @E.narrow of @E halfword 2
  golgi.parameter @E.narrow of @E halfword 2
  // CHECK-NEXT: golgi.port @E.in of @E number 0
  golgi.port @E.in of @E number 0
  // CHECK-NEXT: golgi.input @E.I of @E word 0
  golgi.input @E.I of @E word 0
  // CHECK-NEXT: golgi.program @E.map on @E tick 1 every 10 offset 9 events [@E.spike, @E.other] {
  golgi.program @E.map on @E tick 1 every 10 offset 9 events [@E.spike, @E.other] {
    // CHECK-NEXT: %[[v:.*]] = golgi.lds @E.v{{$}}
    %v = golgi.lds @E.v
    // CHECK-NEXT: golgi.ldpw @E.wide
    %w = golgi.ldpw @E.wide
    // CHECK-NEXT: golgi.ldp @E.narrow
    %n = golgi.ldp @E.narrow
    // CHECK-NEXT: golgi.ldx @E.in
    %in = golgi.ldx @E.in
    // CHECK-NEXT: golgi.ldh @E.I
    %h = golgi.ldh @E.I
    // CHECK-NEXT: golgi.ldi -131072
    %least = golgi.ldi -131072
    // CHECK-NEXT: golgi.ldc -2147483648
    %c = golgi.ldc -2147483648
    // CHECK-NEXT: %[[cid:.*]] = golgi.cid
    %id = golgi.cid
    // CHECK-NEXT: golgi.step
    %t = golgi.step
    // CHECK-NEXT: golgi.add %[[v]], %{{.*}}{{$}}
    %0 = golgi.add %v, %w
    // CHECK-NEXT: golgi.sub
    %1 = golgi.sub %0, %n
    // CHECK-NEXT: golgi.mul
    %2 = golgi.mul %1, %in
    // CHECK-NEXT: golgi.and
    %3 = golgi.and %2, %h
    // CHECK-NEXT: golgi.or
    %4 = golgi.or %3, %least
    // CHECK-NEXT: golgi.xor
    %5 = golgi.xor %4, %c
    // CHECK-NEXT: golgi.shl
    %6 = golgi.shl %5, %t
    // CHECK-NEXT: golgi.shr
    %7 = golgi.shr %6, %t
    // CHECK-NEXT: golgi.sar
    %8 = golgi.sar %7, %t
    // CHECK-NEXT: golgi.min
    %9 = golgi.min %8, %t
    // CHECK-NEXT: golgi.max
    %10 = golgi.max %9, %t
    // CHECK-NEXT: golgi.neg
    %11 = golgi.neg %10
    // CHECK-NEXT: golgi.mov
    %12 = golgi.mov %11
    // CHECK-NEXT: golgi.mulq %{{.*}}, %{{.*}} shift 62
    %13 = golgi.mulq %12, %t shift 62
    // CHECK-NEXT: golgi.andi %{{.*}}, 1023
    %14 = golgi.andi %13, 1023
    // CHECK-NEXT: golgi.rcmp uge %{{.*}}, %{{.*}}
    %15 = golgi.rcmp uge %14, %t
    // CHECK-NEXT: golgi.selr %{{.*}}, %{{.*}}, %{{.*}}
    %16 = golgi.selr %15, %14, %t
    // CHECK-NEXT: golgi.lut @table[%{{.*}}]
    %17 = golgi.lut @table[%16]
    // CHECK-NEXT: golgi.rndc %[[cid]] stream "E.noise" draw 65535 word 3
    %18 = golgi.rndc %id stream "E.noise" draw 65535 word 3
    // CHECK-NEXT: golgi.spkr 1, %
    golgi.spkr 1, %17
    // CHECK-NEXT: golgi.sts @E.v, %
    golgi.sts @E.v, %18
  }
  // CHECK: golgi.program @E.allocated on @E tick 1 spills 1 {
  golgi.program @E.allocated on @E tick 1 spills 1 {
    // CHECK-NEXT: golgi.lds @E.v -> r15
    %v = golgi.lds @E.v -> r15
    // CHECK-NEXT: golgi.spill 0, %{{.*}} : r15
    golgi.spill 0, %v : r15
    // CHECK-NEXT: golgi.reload 0 -> r3
    %w = golgi.reload 0 -> r3
    // CHECK-NEXT: golgi.selr %{{.*}}, %{{.*}}, %{{.*}} : r15, r3, r3 -> r0
    %x = golgi.selr %v, %w, %w : r15, r3, r3 -> r0
    // CHECK-NEXT: golgi.mov %{{.*}} : r0 -> _
    %y = golgi.mov %x : r0 -> _
    // CHECK-NEXT: golgi.sts @E.u, %{{.*}} : r0
    golgi.sts @E.u, %x : r0
  }
  // CHECK: golgi.projection @EE of @EE traversal 0 write 1 from @E.map event 1 to @E.in lag -2
  golgi.projection @EE of @EE traversal 0 write 1 from @E.map event 1 to @E.in lag -2
  // CHECK-NEXT: golgi.core @core.0 at [0, 0] slots 1 synapse_words 0 {
  golgi.core @core.0 at [0, 0] slots 1 synapse_words 0 {
    // CHECK-NEXT: golgi.slice @E first 0 count 5
    golgi.slice @E first 0 count 5
    // CHECK-NEXT: golgi.route to @core.4 axons 8
    golgi.route to @core.4 axons 8
  }
  // CHECK: golgi.core @core.4 at [1, 1] slots 32 synapse_words 16384 {
  golgi.core @core.4 at [1, 1] slots 32 synapse_words 16384 {
    golgi.slice @E first 5 count 4
  }
}
