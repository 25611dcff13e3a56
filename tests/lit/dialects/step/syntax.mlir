// Every op of the step dialect with every optional part, printed as written.
// RUN: nissl-opt %s | nissl-opt | FileCheck %s
// RUN: nissl-opt %s --mlir-print-op-generic | nissl-opt | FileCheck %s

// CHECK-LABEL: step.program @declares_all_that_survives_a_step dt 1.000000e-04
step.program @declares_all_that_survives_a_step dt 1.0e-4 {
  // CHECK-NEXT: step.extent @E size 800
  step.extent @E size 800
  // CHECK-NEXT: step.extent @R size 1
  step.extent @R size 1
  // CHECK-NEXT: step.extent @None size 0
  step.extent @None size 0
  // CHECK-NEXT: step.state @E.v of @E : f64
  step.state @E.v of @E : f64
  // CHECK-NEXT: step.state @E.x of @E : f32 history 50
  step.state @E.x of @E : f32 history 50
  // CHECK-NEXT: step.state @E.u of @E : i32 frac 16
  step.state @E.u of @E : i32 frac 16
  // CHECK-NEXT: step.state @E.y of @E : i32 history 3 frac 16
  step.state @E.y of @E : i32 history 3 frac 16
  // CHECK-NEXT: step.port @E.exc of @E : f64 slots 16
  step.port @E.exc of @E : f64 slots 16
  // CHECK-NEXT: step.port @E.fixed of @E : i32 slots 1 frac 12
  step.port @E.fixed of @E : i32 slots 1 frac 12
  // CHECK-NEXT: step.events @E.spike of @E
  step.events @E.spike of @E
  // CHECK-NEXT: step.input @E.I of @E : f64
  step.input @E.I of @E : f64
  // CHECK-NEXT: step.input @E.J of @E : i32 frac 8
  step.input @E.J of @E : i32 frac 8
  // CHECK-NEXT: step.array @tau = dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf64>
  step.array @tau = dense<[1.0, 2.0]> : tensor<2xf64>
  // CHECK-NEXT: step.probe @spikes of @E.spike{{$}}
  step.probe @spikes of @E.spike
  // CHECK-NEXT: step.probe @voltage of @E.v every 10 range [0, 2] before
  // CHECK-SAME: scale = 1.000000e+03 : f64
  // CHECK-SAME: unit = "mV"
  step.probe @voltage of @E.v every 10 range [0, 2] before {unit = "mV", scale = 1000.0 : f64}
}

// CHECK-LABEL: step.program @pairs_cells_by_every_rule
step.program @pairs_cells_by_every_rule dt 1.0e-3 {
  step.extent @A size 4
  step.extent @B size 4
  // CHECK: step.synapses @one from @A to @B connect <one_to_one> delay 0
  step.synapses @one from @A to @B connect #step.connect<one_to_one> delay 0
  // CHECK: step.synapses @all from @A to @B connect <all_to_all, autapses = false> delay 1
  step.synapses @all from @A to @B connect #step.connect<all_to_all, autapses = false> delay 1
  // CHECK: step.synapses @some from @A to @B connect <bernoulli, probability = 1.000000e-01 : f64> delay 1
  step.synapses @some from @A to @B connect #step.connect<bernoulli, probability = 0.1 : f64> delay 1
  // CHECK: step.synapses @out from @A to @B connect <fixed_outdegree, count = 2> delay 1
  step.synapses @out from @A to @B connect #step.connect<fixed_outdegree, count = 2> delay 1
  // CHECK: step.synapses @in from @A to @B connect <fixed_indegree, count = 2, multapses = true> delay 1
  step.synapses @in from @A to @B connect #step.connect<fixed_indegree, count = 2, multapses = true> delay 1
  // CHECK: step.synapses @total from @A to @B connect <fixed_total, count = 9> delay 1
  step.synapses @total from @A to @B connect #step.connect<fixed_total, count = 9> delay 1
  // CHECK: step.synapses @list from @A to @B connect <pairs, pre = [0, 3], post = [1, 1]> delay 1
  step.synapses @list from @A to @B connect #step.connect<pairs, pre = [0, 3], post = [1, 1]> delay 1
  // CHECK: step.synapses @part from @A range [1, 3] to @B range [0, 4] connect <all_to_all> delay 1
  step.synapses @part from @A range [1, 3] to @B range [0, 4] connect #step.connect<all_to_all> delay 1
  // CHECK: step.synapses @drawn from @A to @B connect <all_to_all> delay @drawn.d in [1, 50]
  step.synapses @drawn from @A to @B connect #step.connect<all_to_all> delay @drawn.d in [1, 50]
  step.state @drawn.d of @drawn : i32
}

// CHECK-LABEL: step.program @runs_actions_in_order
step.program @runs_actions_in_order dt 1.0e-3 {
  step.extent @E size 4
  step.extent @R size 1
  step.state @E.v of @E : f64
  step.state @E.x of @E : f64 history 3
  step.state @E.k of @E : i32
  step.state @R.m of @R : f64
  step.port @E.exc of @E : f64 slots 2
  step.port @R.later of @R : f64 slots 3001
  step.events @E.spike of @E
  step.events @R.hit of @R
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  step.state @EE.w of @EE : f64
  // CHECK: step.setup {
  step.setup {
    // CHECK-NEXT: step.map @E () {
    step.map @E () {
      %v = arith.constant -65.0 : f64
      // CHECK: step.yield @E.v = %{{.*}} : f64
      step.yield @E.v = %v : f64
    }
    // CHECK: step.traverse @EE all () {
    step.traverse @EE all () {
      %w = arith.constant 0.5 : f64
      step.yield @EE.w = %w : f64
    }
    // CHECK: step.reduce sum @EE.w by post into @E.v
    step.reduce sum @EE.w by post into @E.v
  }
  // CHECK: step.traverse @EE arrive on @E.spike (%{{.*}} = @EE.w : f64, %{{.*}} = pre @E.x lag delay : f64, %{{.*}} = post @E.v : f64) {
  step.traverse @EE arrive on @E.spike (%w = @EE.w : f64, %x = pre @E.x lag delay : f64, %v = post @E.v : f64) {
    %a = arith.addf %w, %x : f64
    %b = arith.addf %a, %v : f64
    // CHECK: step.yield @EE.w = %{{.*}} : f64, port @E.exc += %{{.*}} : f64
    step.yield @EE.w = %b : f64, port @E.exc += %w : f64
  }
  // CHECK: step.sample
  step.sample
  // CHECK: step.map @E (%{{.*}} = @E.v : f64, %{{.*}} = @E.exc : f64, %{{.*}} = broadcast @R.m : f64, %{{.*}} = @E.x lag 2 : f64, %{{.*}} = broadcast @E.v at @E.k : f64) {
  step.map @E (%v = @E.v : f64, %in = @E.exc : f64, %m = broadcast @R.m : f64, %old = @E.x lag 2 : f64, %other = broadcast @E.v at @E.k : f64) {
    %f = arith.cmpf ogt, %v, %m : f64
    // CHECK: step.yield @E.v = %{{.*}} : f64, event @E.spike if %{{.*}} : i1
    step.yield @E.v = %in : f64, event @E.spike if %f : i1
  }
  // CHECK: step.map @R (%[[X:.*]] = @R.m : f64) {
  step.map @R (%x = @R.m : f64) {
    %d = arith.constant 3000 : i32
    // CHECK: step.yield port @R.later after %{{.*}} += %[[X]] : f64
    step.yield port @R.later after %d += %x : f64
  }
  // CHECK: step.map @R () {
  // CHECK-NEXT: step.yield{{ *$}}
  step.map @R () {
    step.yield
  }
  // CHECK: step.traverse @EE emit on @E.spike (%{{.*}} = @EE.w : f64) {
  step.traverse @EE emit on @E.spike (%w = @EE.w : f64) {
    step.yield port @E.exc += %w : f64
  }
  // CHECK: step.traverse @EE back on @E.spike (%{{.*}} = @EE.w : f64) {
  step.traverse @EE back on @E.spike (%w = @EE.w : f64) {
    step.yield @EE.w = %w : f64
  }
  // CHECK: step.push @E.x
  step.push @E.x
  // CHECK-NEXT: step.reduce max @E.v by all into @R.m
  step.reduce max @E.v by all into @R.m
  // CHECK-NEXT: step.reduce min @EE.w by pre into @E.x
  step.reduce min @EE.w by pre into @E.x
  // CHECK-NEXT: step.every 10 offset 9 {
  step.every 10 offset 9 {
    // CHECK-NEXT: step.push @E.x
    step.push @E.x
  }
  // CHECK: step.when @R.hit {
  step.when @R.hit {
    // CHECK-NEXT: step.restore @E.v
    step.restore @E.v
  }
}

// CHECK-LABEL: step.program @computes_in_bodies
step.program @computes_in_bodies dt 1.0e-3 {
  step.extent @E size 4
  step.array @tau = dense<[1.0, 2.0]> : tensor<2xf64>
  step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
  step.state @E.x of @E : f64
  step.state @E.n of @E : i32
  step.state @E.k of @E : i64
  step.state @EE.w of @EE : i32 frac 16
  step.state @EE.id of @EE : i64
  step.map @E (%n = @E.n : i32) {
    // CHECK: step.index element : i32
    %i = step.index element : i32
    // CHECK: step.now : i64
    %k = step.now : i64
    // CHECK: step.lookup @tau[%{{.*}}] : i32 -> f64
    %t = step.lookup @tau[%i] : i32 -> f64
    // CHECK: step.lookup @tau[%{{.*}}] : i64 -> f64
    %s = step.lookup @tau[%k] : i64 -> f64
    // CHECK: step.random uniform stream "E.a" draw 0 : f64
    %a = step.random uniform stream "E.a" draw 0 : f64
    // CHECK: step.random normal stream "E.a" draw 1 : f64
    %b = step.random normal stream "E.a" draw 1 : f64
    // CHECK: step.random exponential stream "E.a" draw 2 : f32
    %c = step.random exponential stream "E.a" draw 2 : f32
    // CHECK: step.random gamma(%{{.*}} : f64) stream "E.a" draw 3 : f64
    %g = step.random gamma(%t : f64) stream "E.a" draw 3 : f64
    // CHECK: step.random poisson(%{{.*}} : f64) stream "E.a" draw 4 : i32
    %p = step.random poisson(%s : f64) stream "E.a" draw 4 : i32
    // CHECK: step.random_bits stream "E.a" draw 5 word 3 : i32
    %r = step.random_bits stream "E.a" draw 5 word 3 : i32
    %m = arith.addi %p, %r : i32
    step.yield @E.x = %g : f64, @E.n = %m : i32, @E.k = %k : i64
  }
  step.traverse @EE all (%w = @EE.w : i32) {
    // CHECK: step.index pre : i32
    %pre = step.index pre : i32
    // CHECK: step.index post : i32
    %post = step.index post : i32
    // CHECK: step.index ordinal : i32
    %ordinal = step.index ordinal : i32
    // CHECK: step.index synapse : i64
    %synapse = step.index synapse : i64
    // CHECK: step.mulq %{{.*}}, %{{.*}} shift 16 : i32
    %w1 = step.mulq %w, %pre shift 16 : i32
    step.yield @EE.w = %w1 : i32, @EE.id = %synapse : i64
  }
}
