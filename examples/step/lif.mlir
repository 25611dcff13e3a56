// A balanced network of leaky integrate-and-fire cells with exponential synapses, written by hand as a step
// program: 80 excitatory and 20 inhibitory cells, Poisson drive, dt = 0.1 ms.
step.program @lif dt 1.0e-4 {
  step.extent @E size 80
  step.extent @I size 20

  step.state @E.v of @E : f64
  step.state @E.g of @E : f64
  step.state @E.ref of @E : i32
  step.port @E.in of @E : f64 slots 16
  step.events @E.spike of @E

  step.state @I.v of @I : f64
  step.state @I.g of @I : f64
  step.state @I.ref of @I : i32
  step.port @I.in of @I : f64 slots 16
  step.events @I.spike of @I

  step.synapses @EE from @E to @E connect #step.connect<bernoulli, probability = 0.1 : f64, autapses = false> delay 15
  step.synapses @EI from @E to @I connect #step.connect<fixed_outdegree, count = 5> delay @EI.d in [1, 10]
  step.synapses @IE from @I to @E connect #step.connect<all_to_all> delay 1
  step.state @EE.w of @EE : f64
  step.state @EI.d of @EI : i32
  step.state @IE.w of @IE : f64

  step.probe @spikes_e of @E.spike
  step.probe @spikes_i of @I.spike
  step.probe @v of @E.v every 10 range [0, 4] {unit = "mV"}

  step.setup {
    step.map @E () {
      %u = step.random uniform stream "E.v" draw 0 : f64
      %span = arith.constant 10.0 : f64
      %low = arith.constant -60.0 : f64
      %x = arith.mulf %u, %span : f64
      %v = arith.addf %x, %low : f64
      step.yield @E.v = %v : f64
    }
    step.map @I () {
      %v = arith.constant -60.0 : f64
      step.yield @I.v = %v : f64
    }
    step.traverse @EE all () {
      %u = step.random normal stream "EE.w" draw 0 : f64
      %sd = arith.constant 0.1 : f64
      %mean = arith.constant 1.0 : f64
      %x = arith.mulf %u, %sd : f64
      %w = arith.addf %x, %mean : f64
      step.yield @EE.w = %w : f64
    }
    step.traverse @EI all () {
      %o = step.index ordinal : i32
      %one = arith.constant 1 : i32
      %d = arith.addi %o, %one : i32
      step.yield @EI.d = %d : i32
    }
    step.traverse @IE all () {
      %w = arith.constant -2.0 : f64
      step.yield @IE.w = %w : f64
    }
  }

  step.traverse @EE emit on @E.spike (%w = @EE.w : f64) {
    step.yield port @E.in += %w : f64
  }
  step.traverse @EI emit on @E.spike () {
    %w = arith.constant 1.5 : f64
    step.yield port @I.in += %w : f64
  }
  step.traverse @IE emit on @I.spike (%w = @IE.w : f64) {
    step.yield port @E.in += %w : f64
  }
  step.sample
  step.map @E (%v = @E.v : f64, %g = @E.g : f64, %ref = @E.ref : i32, %in = @E.in : f64) {
    %mean = arith.constant 0.2 : f64
    %n = step.random poisson(%mean : f64) stream "E.noise" draw 0 : i32
    %nf = arith.sitofp %n : i32 to f64
    %we = arith.constant 1.2 : f64
    %drive = arith.mulf %nf, %we : f64
    %g1 = arith.addf %g, %in : f64
    %g2 = arith.addf %g1, %drive : f64
    %el = arith.constant -60.0 : f64
    %k = arith.constant 0.005 : f64
    %d0 = arith.subf %el, %v : f64
    %d1 = arith.addf %d0, %g2 : f64
    %dv = arith.mulf %d1, %k : f64
    %v1 = arith.addf %v, %dv : f64
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %active = arith.cmpi sle, %ref, %zero : i32
    %v2 = arith.select %active, %v1, %v : f64
    %th = arith.constant -50.0 : f64
    %over = arith.cmpf ogt, %v2, %th : f64
    %fire = arith.andi %over, %active : i1
    %v3 = arith.select %fire, %el, %v2 : f64
    %left = arith.subi %ref, %one : i32
    %left0 = arith.maxsi %left, %zero : i32
    %hold = arith.constant 20 : i32
    %ref1 = arith.select %fire, %hold, %left0 : i32
    %p = arith.constant 0.98019867330675525 : f64
    %g3 = arith.mulf %g2, %p : f64
    step.yield @E.v = %v3 : f64, @E.g = %g3 : f64, @E.ref = %ref1 : i32, event @E.spike if %fire : i1
  }
  step.map @I (%v = @I.v : f64, %g = @I.g : f64, %ref = @I.ref : i32, %in = @I.in : f64) {
    %g2 = arith.addf %g, %in : f64
    %el = arith.constant -60.0 : f64
    %k = arith.constant 0.01 : f64
    %d0 = arith.subf %el, %v : f64
    %d1 = arith.addf %d0, %g2 : f64
    %dv = arith.mulf %d1, %k : f64
    %v1 = arith.addf %v, %dv : f64
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %active = arith.cmpi sle, %ref, %zero : i32
    %v2 = arith.select %active, %v1, %v : f64
    %th = arith.constant -58.0 : f64
    %over = arith.cmpf ogt, %v2, %th : f64
    %fire = arith.andi %over, %active : i1
    %v3 = arith.select %fire, %el, %v2 : f64
    %left = arith.subi %ref, %one : i32
    %left0 = arith.maxsi %left, %zero : i32
    %hold = arith.constant 10 : i32
    %ref1 = arith.select %fire, %hold, %left0 : i32
    %p = arith.constant 0.99004983374916811 : f64
    %g3 = arith.mulf %g2, %p : f64
    step.yield @I.v = %v3 : f64, @I.g = %g3 : f64, @I.ref = %ref1 : i32, event @I.spike if %fire : i1
  }
}
