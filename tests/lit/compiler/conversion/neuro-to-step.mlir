// A network becomes the program of its time step.
// RUN: nissl-opt %s --convert-neuro-to-step --step-hoist-parameters --cse --split-input-file --verify-diagnostics | FileCheck %s

// Refractory steps: 2 ms / 0.1 ms = 20. The coupled pair v, g is solved as one system.
// CHECK-LABEL: step.program @a_spike_freezes_its_cell_and_reaches_others_later
// CHECK-DAG: step.synapses @EE from @E to @E connect <all_to_all> delay 15
// CHECK-DAG: step.port @E.exc of @E : f64 slots 16
// CHECK: step.traverse @EE emit on @E.spike
// CHECK: step.yield port @E.exc += %{{.*}} : f64
// CHECK: step.sample
// CHECK: step.map @E
// CHECK: %[[HELD:.*]] = arith.cmpi sgt
// CHECK: arith.select %[[HELD]]
// CHECK: %[[R:.*]] = arith.constant 20 : i32
// CHECK: arith.select %{{.*}}, %[[R]],
// CHECK: step.yield @E.spike.hold
neuro.network @a_spike_freezes_its_cell_and_reaches_others_later dt 1.0e-4 {
  neuro.cell @c {
    neuro.port @exc
    neuro.variable @v {
      %x = arith.constant 0.0 : f64
      neuro.yield %x : f64
    }
    neuro.variable @g {
      %x = arith.constant 0.0 : f64
      neuro.yield %x : f64
    }
    neuro.equation rate @v {
      %v = neuro.get @v : f64
      %g = neuro.get @g : f64
      %k = arith.constant 50.0 : f64
      %d = arith.subf %g, %v : f64
      %r = arith.mulf %d, %k : f64
      neuro.yield %r : f64
    }
    neuro.equation rate @g {
      %g = neuro.get @g : f64
      %in = neuro.get @exc : f64
      %k = arith.constant -200.0 : f64
      %d = arith.mulf %g, %k : f64
      %r = arith.addf %d, %in : f64
      neuro.yield %r : f64
    }
    neuro.event @spike hold [@v] for {
      %t = arith.constant 2.0e-3 : f64
      neuro.yield %t : f64
    } when {
      %v = neuro.get @v : f64
      %one = arith.constant 1.0 : f64
      %f = arith.cmpf oge, %v, %one : f64
      neuro.yield %f : i1
    } do {
      %r = arith.constant 0.0 : f64
      neuro.write @v = %r : f64
    }
  }
  // expected-remark@+1 {{@v, @g are integrated by the exact solution}}
  neuro.population @E of @c size 4 {}
  neuro.projection @EE from <@E> to <@E> port @exc connect <all_to_all> weight {
    %w = arith.constant 0.5 : f64
    neuro.yield %w : f64
  } delay {
    %d = arith.constant 1.5e-3 : f64
    neuro.yield %d : f64
  } within 1.5e-3 to 1.5e-3
}

// -----

// A constant rate is integrated exactly: x(t + h) = x + r h.
// CHECK-LABEL: step.program @a_time_constant_that_varies_becomes_a_factor_of_the_setup
// CHECK: step.setup
// CHECK: step.random uniform stream "E.tau" draw 0
// CHECK: math.exp
// CHECK: step.sample
// CHECK-NOT: math.exp
neuro.network @a_time_constant_that_varies_becomes_a_factor_of_the_setup dt 1.0e-3 {
  neuro.cell @c {
    neuro.parameter @tau {
      %u = neuro.random uniform place 0 : f64
      %a = arith.constant 1.0e-2 : f64
      %t = arith.addf %u, %a : f64
      neuro.yield %t : f64
    }
    neuro.variable @x {
      %x = arith.constant 1.0 : f64
      neuro.yield %x : f64
    }
    neuro.equation rate @x {
      %x = neuro.get @x : f64
      %tau = neuro.get @tau : f64
      %n = arith.negf %x : f64
      %r = arith.divf %n, %tau : f64
      neuro.yield %r : f64
    }
  }
  // expected-remark@+1 {{@x is integrated by the exact solution}}
  neuro.population @E of @c size 4 {}
}

// -----

// One step of backward Euler for both voltages: (1 + 0.1) a' - 0.1 b' = a and (1 + 0.1) b' - 0.1 a' = b, with
// one division for each. What else is in the group has its own method.
// CHECK-LABEL: step.program @coupled_voltages_are_solved_as_a_tree
// CHECK: step.map @P
// CHECK-COUNT-2: arith.divf
// CHECK-NOT: arith.divf
// CHECK: step.yield
neuro.network @coupled_voltages_are_solved_as_a_tree dt 1.0e-3 {
  neuro.cell @c {
    neuro.compartment @a voltage @a.v
    neuro.compartment @b voltage @b.v
    neuro.parameter @g {
      %g = arith.constant 100.0 : f64
      neuro.yield %g : f64
    }
    neuro.variable @s {
      %x = arith.constant 0.0 : f64
      neuro.yield %x : f64
    }
    neuro.variable @a.v {
      %x = arith.constant 1.0 : f64
      neuro.yield %x : f64
    }
    neuro.variable @b.v {
      %x = arith.constant 0.0 : f64
      neuro.yield %x : f64
    }
    neuro.couple @a, @b conductance @g
    neuro.equation rate @a.v {
      %s = neuro.get @s : f64
      %a = neuro.get @a.v : f64
      %b = neuro.get @b.v : f64
      %g = neuro.get @g : f64
      %d = arith.subf %b, %a : f64
      %i = arith.mulf %g, %d : f64
      // The slope is not known before the run, so that the division stays.
      %l = arith.mulf %s, %a : f64
      %r = arith.subf %i, %l : f64
      neuro.yield %r : f64
    }
    neuro.equation rate @b.v {
      %s = neuro.get @s : f64
      %a = neuro.get @a.v : f64
      %b = neuro.get @b.v : f64
      %g = neuro.get @g : f64
      %d = arith.subf %a, %b : f64
      %i = arith.mulf %g, %d : f64
      %l = arith.mulf %s, %b : f64
      %r = arith.subf %i, %l : f64
      neuro.yield %r : f64
    }
    neuro.equation rate @s {
      %s = neuro.get @s : f64
      %r = arith.negf %s : f64
      neuro.yield %r : f64
    }
    neuro.group [@a.v, @b.v, @s] by implicit
  }
  // expected-remark@+2 {{@a.v, @b.v are integrated by implicit Euler}}
  // expected-remark@+1 {{@s is integrated by the exact solution}}
  neuro.population @P of @c size 2 {}
}
