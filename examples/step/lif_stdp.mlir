// Pair STDP with an eligibility trace and a third factor, written by hand as a step program: 100 noisy
// integrate-and-fire cells, plastic synapses with delays of 1 to 20 steps, a reward every 500 steps.
step.program @lif_stdp dt 1.0e-3 {
  step.extent @E size 100
  step.extent @R size 1
  step.state @E.v of @E : f64
  step.state @E.x of @E : f64 history 21     // pre trace, read as it was when the spike left
  step.state @E.y of @E : f64                // post trace
  step.port @E.in of @E : f64 slots 1
  step.events @E.spike of @E
  step.state @R.DA of @R : f64
  step.state @R.total of @R : f64

  step.synapses @EE from @E to @E connect #step.connect<fixed_outdegree, count = 20, autapses = false> delay @EE.d in [1, 20]
  step.state @EE.d of @EE : i32
  step.state @EE.w of @EE : f64
  step.state @EE.z of @EE : f64
  step.probe @spikes of @E.spike
  step.probe @weights of @EE.w every 100
  step.probe @DA of @R.DA every 10
  step.probe @total of @R.total every 100

  step.setup {
    step.traverse @EE all () {
      %u = step.random uniform stream "EE.delay" draw 0 : f64
      %span = arith.constant 20.0 : f64
      %x = arith.mulf %u, %span : f64
      %i = arith.fptosi %x : f64 to i32
      %one = arith.constant 1 : i32
      %d = arith.addi %i, %one : i32
      %w = arith.constant 1.0 : f64
      step.yield @EE.d = %d : i32, @EE.w = %w : f64
    }
  }

  // Arrive: the pre event meets its synapse, then post spikes meet theirs, then traces jump.
  step.traverse @EE arrive on @E.spike (%w = @EE.w : f64, %z = @EE.z : f64, %y = post @E.y : f64) {
    %k = arith.constant 1.5 : f64
    %d = arith.mulf %y, %k : f64
    %z1 = arith.subf %z, %d : f64
    step.yield @EE.z = %z1 : f64, port @E.in += %w : f64
  }
  step.traverse @EE back on @E.spike (%z = @EE.z : f64, %x = pre @E.x lag delay : f64) {
    %z1 = arith.addf %z, %x : f64
    step.yield @EE.z = %z1 : f64
  }
  step.sample
  step.map @E (%v = @E.v : f64, %x = @E.x : f64, %y = @E.y : f64, %in = @E.in : f64) {
    %u = step.random uniform stream "E.noise" draw 0 : f64
    %amp = arith.constant 2.6 : f64
    %noise = arith.mulf %u, %amp : f64
    %p = arith.constant 0.95122942450071402 : f64
    %v0 = arith.mulf %v, %p : f64
    %v1 = arith.addf %v0, %in : f64
    %v2 = arith.addf %v1, %noise : f64
    %th = arith.constant 27.0 : f64
    %fire = arith.cmpf oge, %v2, %th : f64
    %zero = arith.constant 0.0 : f64
    %jump = arith.constant 0.1 : f64
    %v3 = arith.select %fire, %zero, %v2 : f64
    %x1 = arith.mulf %x, %p : f64
    %y1 = arith.mulf %y, %p : f64
    %x2 = arith.select %fire, %jump, %x1 : f64
    %y2 = arith.select %fire, %jump, %y1 : f64
    step.yield @E.v = %v3 : f64, @E.x = %x2 : f64, @E.y = %y2 : f64, event @E.spike if %fire : i1
  }
  step.push @E.x
  step.map @R (%da = @R.DA : f64) {
    %now = step.now : i64
    %n500 = arith.constant 511 : i64
    %low = arith.andi %now, %n500 : i64
    %zero = arith.constant 0 : i64
    %hit = arith.cmpi eq, %low, %zero : i64
    %p = arith.constant 0.99 : f64
    %da0 = arith.mulf %da, %p : f64
    %half = arith.constant 0.5 : f64
    %da1 = arith.addf %da0, %half : f64
    %da2 = arith.select %hit, %da1, %da0 : f64
    step.yield @R.DA = %da2 : f64
  }
  step.every 10 offset 9 {
    step.traverse @EE all (%w = @EE.w : f64, %z = @EE.z : f64, %da = broadcast @R.DA : f64) {
      %tonic = arith.constant 0.002 : f64
      %rate = arith.addf %da, %tonic : f64
      %dw = arith.mulf %rate, %z : f64
      %w1 = arith.addf %w, %dw : f64
      %zero = arith.constant 0.0 : f64
      %max = arith.constant 4.0 : f64
      %w2 = arith.maximumf %w1, %zero : f64
      %w3 = arith.minimumf %w2, %max : f64
      %pz = arith.constant 0.99 : f64
      %z1 = arith.mulf %z, %pz : f64
      step.yield @EE.w = %w3 : f64, @EE.z = %z1 : f64
    }
    step.reduce sum @EE.w by all into @R.total
  }
}
