// Which contributions wait for their delay; tests/conformance shows that they come the same.
// RUN: nissl-opt %s -split-input-file -step-deliver-due | FileCheck %s

// 120 synapses of a source over 10 delays: 12 per delay.
// CHECK-LABEL: step.program @dense
// CHECK: step.traverse @T due on @E.spike
step.program @dense dt 1.0e-3 {
  step.extent @E size 200
  step.port @E.in of @E : f32 slots 11
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<fixed_outdegree, count = 120> delay @T.d in [1, 10]
  step.state @T.d of @T : i32
  step.state @T.w of @T : f32
  step.traverse @T emit on @E.spike (%w = @T.w : f32) {
    step.yield port @E.in += %w : f32
  }
}

// -----

// 25 of them are 2.5 per delay, but those of the same events in another table count too.
// CHECK-LABEL: step.program @together
// CHECK: step.traverse @T due on @E.spike
// CHECK: step.traverse @U due on @E.spike
// CHECK: step.traverse @S emit on @F.spike
step.program @together dt 1.0e-3 {
  step.extent @E size 200
  step.extent @F size 200
  step.port @E.in of @E : f32 slots 11
  step.port @F.in of @F : f32 slots 11
  step.port @F.other of @F : f32 slots 11
  step.events @E.spike of @E
  step.events @F.spike of @F
  step.synapses @S from @F to @F connect #step.connect<fixed_indegree, count = 25> delay @S.d in [1, 10]
  step.state @S.d of @S : i32
  step.synapses @T from @E to @E connect #step.connect<fixed_total, count = 14000> delay @T.d in [1, 10]
  step.state @T.d of @T : i32
  step.synapses @U from @E to @F connect #step.connect<bernoulli, probability = 0.1> delay @U.d in [1, 10]
  step.state @U.d of @U : i32
  step.traverse @T emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in += %w : f32
  }
  step.traverse @S emit on @F.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @F.other += %w : f32
  }
  step.traverse @U emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @F.in += %w : f32
  }
}

// -----

// T and U add to one port in their order. U reads what changes, so that T cannot wait either.
// CHECK-LABEL: step.program @plastic
// CHECK-NOT: due
step.program @plastic dt 1.0e-3 {
  step.extent @E size 200
  step.port @E.in of @E : f32 slots 11
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<all_to_all> delay @T.d in [1, 10]
  step.state @T.d of @T : i32
  step.synapses @U from @E to @E connect #step.connect<all_to_all> delay @U.d in [1, 10]
  step.state @U.d of @U : i32
  step.state @U.w of @U : f32
  step.traverse @T emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in += %w : f32
  }
  step.traverse @U emit on @E.spike (%w = @U.w : f32) {
    step.yield port @E.in += %w : f32
  }
  step.traverse @U all (%w = @U.w : f32) {
    %two = arith.constant 2.0 : f32
    %x = arith.mulf %w, %two : f32
    step.yield @U.w = %x : f32
  }
}

// -----

// Of one delay: an event that visits two synapses in each of eight tables visits one row of them.
// CHECK-LABEL: step.program @compartments
// CHECK-COUNT-8: due on @E.spike
step.program @compartments dt 1.0e-3 {
  step.extent @E size 200
  step.events @E.spike of @E
  step.port @E.in0 of @E : f32 slots 4
  step.synapses @T0 from @E to @E connect #step.connect<fixed_outdegree, count = 2> delay 3
  step.port @E.in1 of @E : f32 slots 4
  step.synapses @T1 from @E to @E connect #step.connect<fixed_outdegree, count = 2> delay 3
  step.port @E.in2 of @E : f32 slots 4
  step.synapses @T2 from @E to @E connect #step.connect<fixed_outdegree, count = 2> delay 3
  step.port @E.in3 of @E : f32 slots 4
  step.synapses @T3 from @E to @E connect #step.connect<fixed_outdegree, count = 2> delay 3
  step.port @E.in4 of @E : f32 slots 4
  step.synapses @T4 from @E to @E connect #step.connect<fixed_outdegree, count = 2> delay 3
  step.port @E.in5 of @E : f32 slots 4
  step.synapses @T5 from @E to @E connect #step.connect<fixed_outdegree, count = 2> delay 3
  step.port @E.in6 of @E : f32 slots 4
  step.synapses @T6 from @E to @E connect #step.connect<fixed_outdegree, count = 2> delay 3
  step.port @E.in7 of @E : f32 slots 4
  step.synapses @T7 from @E to @E connect #step.connect<fixed_outdegree, count = 2> delay 3
  step.traverse @T0 emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in0 += %w : f32
  }
  step.traverse @T1 emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in1 += %w : f32
  }
  step.traverse @T2 emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in2 += %w : f32
  }
  step.traverse @T3 emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in3 += %w : f32
  }
  step.traverse @T4 emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in4 += %w : f32
  }
  step.traverse @T5 emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in5 += %w : f32
  }
  step.traverse @T6 emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in6 += %w : f32
  }
  step.traverse @T7 emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in7 += %w : f32
  }
}

// -----

// One slot is what a table with one delay meets.
// CHECK-LABEL: step.program @one_slot
// CHECK: step.traverse @T emit on @E.spike
step.program @one_slot dt 1.0e-3 {
  step.extent @E size 200
  step.port @E.in of @E : f32 slots 4
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<fixed_outdegree, count = 10> delay 3
  step.traverse @T emit on @E.spike () {
    %w = arith.constant 1.0 : f32
    step.yield port @E.in += %w : f32
  }
}
