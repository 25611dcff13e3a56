// RUN: nissl-opt %s --step-fuse-maps --split-input-file | FileCheck %s

// The sum goes on without memory; the sample, which shows no state, comes first.
// CHECK-LABEL: step.program @arrival_and_update
// CHECK: step.sample
// CHECK-NEXT: step.map @E (%[[v:.*]] = @E.v : f64, %[[in:.*]] = @E.in : f64, %[[w:.*]] = @E.w : f64)
// CHECK-NEXT: %[[sum:.*]] = arith.addf %[[v]], %[[in]]
// CHECK-NEXT: %[[next:.*]] = arith.mulf %[[sum]], %[[w]]
// CHECK-NEXT: step.yield @E.v = %[[next]] : f64
// CHECK-NOT: step.map
step.program @arrival_and_update dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.state @E.w of @E : f64
  step.port @E.in of @E : f64 slots 1
  step.map @E (%v = @E.v : f64, %in = @E.in : f64) {
    %v1 = arith.addf %v, %in : f64
    step.yield @E.v = %v1 : f64
  }
  step.sample
  step.map @E (%v = @E.v : f64, %w = @E.w : f64) {
    %v1 = arith.mulf %v, %w : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// What the second does not write again the first still does; both events happen.
// CHECK-LABEL: step.program @writes_of_both
// CHECK: step.map @E (%[[v:.*]] = @E.v : f64)
// CHECK: step.yield @E.v = %{{.*}} : f64, event @E.a if %{{.*}} : i1, @E.w = %{{.*}} : f64, event @E.b if %true : i1
// CHECK-NOT: step.map
step.program @writes_of_both dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.state @E.w of @E : f64
  step.events @E.a of @E
  step.events @E.b of @E
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    %f = arith.cmpf ogt, %v, %v1 : f64
    step.yield @E.v = %v1 : f64, event @E.a if %f : i1
  }
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    %true = arith.constant true
    step.yield @E.w = %v1 : f64, event @E.b if %true : i1
  }
}

// -----

// A sampled state is seen between the maps.
// CHECK-LABEL: step.program @a_sampled_state
// CHECK: step.map
// CHECK: step.sample
// CHECK: step.map
step.program @a_sampled_state dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.probe @v of @E.v
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
  step.sample
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.mulf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// Element 0's value is read by all: it must be there before.
// CHECK-LABEL: step.program @a_broadcast
// CHECK: step.map
// CHECK: step.map
step.program @a_broadcast dt 1.0e-3 {
  step.extent @E size 1
  step.state @E.v of @E : f64
  step.state @E.w of @E : f64
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
  step.map @E (%v = broadcast @E.v : f64) {
    %v1 = arith.mulf %v, %v : f64
    step.yield @E.w = %v1 : f64
  }
}

// -----

// Other cells' maps do not part them; nor does the sample besides.
// CHECK-LABEL: step.program @others_between
// CHECK: step.sample
// CHECK-NEXT: step.map @E
// CHECK-NEXT: arith.addf
// CHECK-NEXT: arith.mulf
// CHECK: step.map @F
// CHECK-NEXT: arith.addf
// CHECK-NEXT: arith.mulf
// CHECK-NOT: step.map
step.program @others_between dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.state @E.v of @E : f64
  step.state @F.v of @F : f64
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
  step.map @F (%v = @F.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @F.v = %v1 : f64
  }
  step.sample
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.mulf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
  step.map @F (%v = @F.v : f64) {
    %v1 = arith.mulf %v, %v : f64
    step.yield @F.v = %v1 : f64
  }
}

// -----

// The first would come after what reads its cell 0.
// CHECK-LABEL: step.program @another_reads_it
// CHECK: step.map @E
// CHECK: step.map @F
// CHECK: step.map @E
step.program @another_reads_it dt 1.0e-3 {
  step.extent @E size 1
  step.extent @F size 4
  step.state @E.v of @E : f64
  step.state @F.v of @F : f64
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
  step.map @F (%v = broadcast @E.v : f64) {
    step.yield @F.v = %v : f64
  }
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.mulf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// The first would come after what writes what it reads.
// CHECK-LABEL: step.program @another_writes_it
// CHECK: step.map @E
// CHECK: step.map @F
// CHECK: step.map @E
step.program @another_writes_it dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 1
  step.state @E.v of @E : f64
  step.state @F.v of @F : f64
  step.map @E (%v = @E.v : f64, %f = broadcast @F.v : f64) {
    %v1 = arith.addf %v, %f : f64
    step.yield @E.v = %v1 : f64
  }
  step.map @F (%v = @F.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @F.v = %v1 : f64
  }
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.mulf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// Events happen in the order of the maps.
// CHECK-LABEL: step.program @an_event_before_others
// CHECK: step.map @E
// CHECK: step.map @F
// CHECK: step.map @E
step.program @an_event_before_others dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.state @E.v of @E : f64
  step.state @F.v of @F : f64
  step.events @E.a of @E
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    %true = arith.constant true
    step.yield @E.v = %v1 : f64, event @E.a if %true : i1
  }
  step.map @F (%v = @F.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @F.v = %v1 : f64
  }
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.mulf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// Two of no common state.
// CHECK-LABEL: step.program @nothing_shared
// CHECK: step.map @E
// CHECK: step.map @F
// CHECK: step.map @E
step.program @nothing_shared dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.state @E.v of @E : f64
  step.state @F.v of @F : f64
  step.state @E.w of @E : f64
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
  step.map @F (%v = @F.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @F.v = %v1 : f64
  }
  step.map @E (%w = @E.w : f64) {
    %w1 = arith.mulf %w, %w : f64
    step.yield @E.w = %w1 : f64
  }
}

// -----

// Maps of the same cells that share nothing may lie between.
// CHECK-LABEL: step.program @own_between
// CHECK: step.map @E (%{{.*}} = @E.w : f64)
// CHECK: step.map @E (%{{.*}} = @E.v : f64)
// CHECK-NEXT: arith.addf
// CHECK-NEXT: arith.mulf
// CHECK-NOT: step.map
step.program @own_between dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.state @E.v of @E : f64
  step.state @F.v of @F : f64
  step.state @E.w of @E : f64
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
  step.sample
  step.map @E (%w = @E.w : f64) {
    %w1 = arith.mulf %w, %w : f64
    step.yield @E.w = %w1 : f64
  }
  step.map @F (%v = @F.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @F.v = %v1 : f64
  }
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.mulf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// Anything else parts them.
// CHECK-LABEL: step.program @a_push_between
// CHECK: step.map @E
// CHECK: step.push
// CHECK: step.map @E
step.program @a_push_between dt 1.0e-3 {
  step.extent @E size 4
  step.extent @F size 4
  step.state @E.v of @E : f64 history 2
  step.state @F.v of @F : f64
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
  step.push @E.v
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.mulf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
}

// -----

// What was before the sample is behind it then: its event does not part it from its neighbour.
// CHECK-LABEL: step.program @three
// CHECK: step.sample
// CHECK-NEXT: step.map @E
// CHECK-NOT: step.map
step.program @three dt 1.0e-3 {
  step.extent @E size 4
  step.state @E.v of @E : f64
  step.state @E.w of @E : f64
  step.events @E.a of @E
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.addf %v, %v : f64
    step.yield @E.v = %v1 : f64
  }
  step.sample
  step.map @E (%v = @E.v : f64) {
    %v1 = arith.mulf %v, %v : f64
    %true = arith.constant true
    step.yield @E.v = %v1 : f64, event @E.a if %true : i1
  }
  step.map @E (%w = @E.w : f64) {
    %w1 = arith.mulf %w, %w : f64
    step.yield @E.w = %w1 : f64
  }
}
