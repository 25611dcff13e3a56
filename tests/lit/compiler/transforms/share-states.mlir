// RUN: nissl-opt %s --step-share-states --split-input-file | FileCheck %s

// Two traces of one rule: the second goes with all that happens to it, and its readers have the first.
// CHECK-LABEL: step.program @traces_of_one_source
// CHECK: step.state @EE.x
// CHECK-NOT: @EI.x
// CHECK: step.probe @trace of @EE.x
// CHECK: step.setup
// CHECK: step.yield @EE.x
// CHECK-NOT: step.map
// CHECK: step.push @EE.x
// CHECK-NEXT: step.traverse @EI back on @I.spike (%{{.*}} = @EI.w : f64, %{{.*}} = pre @EE.x lag delay : f64)
// CHECK: step.map @E (%[[x:.*]] = @EE.x : f64)
// CHECK-NEXT: arith.constant
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: step.yield @EE.x = %{{[^,]*}} : f64
step.program @traces_of_one_source dt 1.0e-3 {
  step.extent @E size 4
  step.extent @I size 4
  step.events @I.spike of @I
  step.synapses @EI from @E to @I connect #step.connect<all_to_all> delay 1
  step.state @EI.w of @EI : f64
  step.state @EE.x of @E : f64 history 3
  step.state @EI.x of @E : f64 history 3
  step.probe @trace of @EI.x
  step.setup {
    step.map @E () {
      %one = arith.constant 1.0 : f64
      step.yield @EE.x = %one : f64
    }
    step.map @E () {
      %one = arith.constant 1.0 : f64
      step.yield @EI.x = %one : f64
    }
  }
  step.push @EE.x
  step.push @EI.x
  step.traverse @EI back on @I.spike (%w = @EI.w : f64, %x = pre @EI.x lag delay : f64) {
    %w1 = arith.addf %w, %x : f64
    step.yield @EI.w = %w1 : f64
  }
  step.map @E (%x = @EE.x : f64, %y = @EI.x : f64) {
    %p = arith.constant 0.9 : f64
    %x1 = arith.mulf %x, %p : f64
    %y1 = arith.mulf %y, %p : f64
    step.yield @EE.x = %x1 : f64, @EI.x = %y1 : f64
  }
}

// -----

// CHECK-LABEL: step.program @other_factor
// CHECK: step.yield @E.x
// CHECK: step.yield @E.y
step.program @other_factor dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.x of @E : f64
  step.state @E.y of @E : f64
  step.map @E (%x = @E.x : f64) {
    %p = arith.constant 0.9 : f64
    %x1 = arith.addf %x, %p : f64
    step.yield @E.x = %x1 : f64
  }
  step.map @E (%y = @E.y : f64) {
    %p = arith.constant 0.8 : f64
    %y1 = arith.addf %y, %p : f64
    step.yield @E.y = %y1 : f64
  }
}

// -----

// The reader has the second's old value where the first has its new one already.
// CHECK-LABEL: step.program @read_in_between
// CHECK: step.map @E (%{{.*}} = @E.y : f64)
// CHECK-NEXT: step.yield @E.z
step.program @read_in_between dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.x of @E : f64
  step.state @E.y of @E : f64
  step.state @E.z of @E : f64
  step.map @E (%x = @E.x : f64) {
    %p = arith.constant 0.9 : f64
    %x1 = arith.addf %x, %p : f64
    step.yield @E.x = %x1 : f64
  }
  step.map @E (%y = @E.y : f64) {
    step.yield @E.z = %y : f64
  }
  step.map @E (%y = @E.y : f64) {
    %p = arith.constant 0.9 : f64
    %y1 = arith.addf %y, %p : f64
    step.yield @E.y = %y1 : f64
  }
}

// -----

// What both add is another number at the second.
// CHECK-LABEL: step.program @input_changes
// CHECK: step.yield @E.x
// CHECK: step.yield @E.in
// CHECK: step.yield @E.y
step.program @input_changes dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.x of @E : f64
  step.state @E.y of @E : f64
  step.state @E.in of @E : f64
  step.map @E (%x = @E.x : f64, %in = @E.in : f64) {
    %x1 = arith.addf %x, %in : f64
    step.yield @E.x = %x1 : f64
  }
  step.map @E (%in = @E.in : f64) {
    %p = arith.constant 0.9 : f64
    %in1 = arith.addf %in, %p : f64
    step.yield @E.in = %in1 : f64
  }
  step.map @E (%y = @E.y : f64, %in = @E.in : f64) {
    %y1 = arith.addf %y, %in : f64
    step.yield @E.y = %y1 : f64
  }
}

// -----

// Probes see one before and one after its change.
// CHECK-LABEL: step.program @sampled_in_between
// CHECK: step.yield @E.x
// CHECK: step.sample
// CHECK: step.yield @E.y
step.program @sampled_in_between dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.x of @E : f64
  step.state @E.y of @E : f64
  step.probe @y of @E.y
  step.map @E (%x = @E.x : f64) {
    %p = arith.constant 0.9 : f64
    %x1 = arith.addf %x, %p : f64
    step.yield @E.x = %x1 : f64
  }
  step.sample
  step.map @E (%y = @E.y : f64) {
    %p = arith.constant 0.9 : f64
    %y1 = arith.addf %y, %p : f64
    step.yield @E.y = %y1 : f64
  }
}

// -----

// Not of every step; integers, whose saturations count; a start of its own.
// CHECK-LABEL: step.program @unlike
// CHECK: step.setup
// CHECK: step.yield @E.e
// CHECK: step.restore @E.b
// CHECK: step.yield @E.c
// CHECK: step.yield @E.d
// CHECK: step.yield @E.e
// CHECK: step.yield @E.f
step.program @unlike dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.a of @E : f64 history 2
  step.state @E.b of @E : f64 history 2
  step.state @E.c of @E : i32 frac 8
  step.state @E.d of @E : i32 frac 8
  step.state @E.e of @E : f64
  step.state @E.f of @E : f64
  step.setup {
    step.map @E () {
      %one = arith.constant 1.0 : f64
      step.yield @E.e = %one : f64
    }
  }
  step.every 2 offset 0 {
    step.push @E.a
    step.push @E.b
    step.restore @E.b
  }
  step.map @E (%x = @E.c : i32) {
    %x1 = arith.addi %x, %x : i32
    step.yield @E.c = %x1 : i32
  }
  step.map @E (%x = @E.d : i32) {
    %x1 = arith.addi %x, %x : i32
    step.yield @E.d = %x1 : i32
  }
  step.map @E (%x = @E.e : f64) {
    %x1 = arith.addf %x, %x : f64
    step.yield @E.e = %x1 : f64
  }
  step.map @E (%x = @E.f : f64) {
    %x1 = arith.addf %x, %x : f64
    step.yield @E.f = %x1 : f64
  }
}

// -----

// As many changes each, but one is set in the setup and one in every step.
// CHECK-LABEL: step.program @set_at_another_time
// CHECK: step.yield @E.x
// CHECK: step.yield @E.y
// CHECK: step.yield @E.x
// CHECK: step.yield @E.y
step.program @set_at_another_time dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.x of @E : f64
  step.state @E.y of @E : f64
  step.setup {
    step.map @E () {
      %one = arith.constant 1.0 : f64
      step.yield @E.x = %one : f64
    }
  }
  step.map @E () {
    %one = arith.constant 1.0 : f64
    step.yield @E.y = %one : f64
  }
  step.map @E (%x = @E.x : f64) {
    %x1 = arith.addf %x, %x : f64
    step.yield @E.x = %x1 : f64
  }
  step.map @E (%x = @E.y : f64) {
    %x1 = arith.addf %x, %x : f64
    step.yield @E.y = %x1 : f64
  }
}

// -----

// The first map changes what the second adds.
// CHECK-LABEL: step.program @first_changes_input
// CHECK: step.yield @E.x
// CHECK: step.yield @E.y
step.program @first_changes_input dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.x of @E : f64
  step.state @E.y of @E : f64
  step.state @E.in of @E : f64
  step.map @E (%x = @E.x : f64, %in = @E.in : f64) {
    %x1 = arith.addf %x, %in : f64
    step.yield @E.x = %x1 : f64, @E.in = %x1 : f64
  }
  step.map @E (%y = @E.y : f64, %in = @E.in : f64) {
    %y1 = arith.addf %y, %in : f64
    step.yield @E.y = %y1 : f64
  }
}
