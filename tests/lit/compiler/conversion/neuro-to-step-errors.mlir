// What is not built is refused by name.
// RUN: nissl-opt %s --convert-neuro-to-step --split-input-file --verify-diagnostics

// expected-error@+1 {{needs the length of a step: give 'dt' in the network or on the command line}}
neuro.network @a_network_needs_a_step {
}

// -----

neuro.network @an_exact_solution_needs_a_linear_rate dt 1.0e-3 {
  neuro.cell @c {
    neuro.variable @x {
      %x = arith.constant 1.0 : f64
      neuro.yield %x : f64
    }
    // expected-error@+1 {{is to be solved exactly, but the rate of @x is not linear in the variables of its group; choose another method or other groups}}
    neuro.equation rate @x {
      %x = neuro.get @x : f64
      %r = arith.mulf %x, %x : f64
      neuro.yield %r : f64
    }
    neuro.group [@x] by exact
  }
  neuro.population @E of @c size 4 {}
}

// -----

neuro.network @pairs_have_one_probability dt 1.0e-3 {
  neuro.cell @c {
    neuro.port @in
    neuro.event @spike
  }
  neuro.population @E of @c size 4 {}
  // expected-error@+1 {{connects with a probability that depends on the pair, which is not supported yet}}
  neuro.projection @EE from <@E> to <@E> port @in connect <probability> weight {
    %w = arith.constant 0.5 : f64
    neuro.yield %w : f64
  } probability {
    %i = neuro.index pre : i32
    %p = arith.sitofp %i : i32 to f64
    neuro.yield %p : f64
  }
}

// -----

neuro.network @a_delay_is_a_number_of_steps dt 1.0e-3 {
  neuro.cell @c {
    neuro.port @in
    neuro.event @spike
  }
  neuro.population @E of @c size 4 {}
  // expected-warning@+1 {{the delay of 1.600000e-03 s is no whole number of steps of 1.000000e-03 s; it becomes 2 steps}}
  neuro.projection @EE from <@E> to <@E> port @in connect <all_to_all> weight {
    %w = arith.constant 0.5 : f64
    neuro.yield %w : f64
  } delay {
    %d = arith.constant 1.6e-3 : f64
    neuro.yield %d : f64
  } within 1.6e-3 to 1.6e-3
}

// -----

neuro.network @probes_record_all_steps dt 1.0e-3 {
  neuro.cell @c {
    neuro.event @spike
  }
  neuro.population @E of @c size 4 {}
  // expected-error@+1 {{records within a window, which is not supported yet; record all steps}}
  neuro.probe @p of <@E> quantity @spike start 1.0
}

// -----

neuro.network @voltages_that_form_a_cycle_are_no_tree dt 1.0e-3 {
  neuro.cell @c {
    neuro.parameter @g {
      %g = arith.constant 100.0 : f64
      neuro.yield %g : f64
    }
    neuro.compartment @a voltage @a.v
    neuro.variable @a.v {
      %x = arith.constant 0.0 : f64
      neuro.yield %x : f64
    }
    neuro.compartment @b voltage @b.v
    neuro.variable @b.v {
      %x = arith.constant 0.0 : f64
      neuro.yield %x : f64
    }
    neuro.compartment @c voltage @c.v
    neuro.variable @c.v {
      %x = arith.constant 0.0 : f64
      neuro.yield %x : f64
    }
    neuro.couple @a, @b conductance @g
    neuro.couple @b, @c conductance @g
    neuro.couple @c, @a conductance @g
    // expected-error@+1 {{is to be solved implicitly, but the voltages @a.v, @b.v, @c.v form a cycle; couple the compartments as a tree, or choose another method}}
    neuro.equation rate @a.v {
      %v = neuro.get @b.v : f64
      %g = neuro.get @g : f64
      %r = arith.mulf %g, %v : f64
      neuro.yield %r : f64
    }
    neuro.equation rate @b.v {
      %v = neuro.get @c.v : f64
      %g = neuro.get @g : f64
      %r = arith.mulf %g, %v : f64
      neuro.yield %r : f64
    }
    neuro.equation rate @c.v {
      %v = neuro.get @a.v : f64
      %g = neuro.get @g : f64
      %r = arith.mulf %g, %v : f64
      neuro.yield %r : f64
    }
    neuro.group [@a.v, @b.v, @c.v] by implicit
  }
  neuro.population @P of @c size 2 {}
}

// -----

neuro.network @an_implicit_rate_is_linear_in_the_voltages dt 1.0e-3 {
  neuro.cell @c {
    neuro.parameter @g {
      %g = arith.constant 100.0 : f64
      neuro.yield %g : f64
    }
    neuro.compartment @a voltage @a.v
    neuro.variable @a.v {
      %x = arith.constant 0.0 : f64
      neuro.yield %x : f64
    }
    neuro.compartment @b voltage @b.v
    neuro.variable @b.v {
      %x = arith.constant 0.0 : f64
      neuro.yield %x : f64
    }
    neuro.couple @a, @b conductance @g
    // expected-error@+1 {{is to be solved implicitly, but the rate of @a.v is not linear in the voltages of its group; choose another method}}
    neuro.equation rate @a.v {
      %a = neuro.get @a.v : f64
      %b = neuro.get @b.v : f64
      %r = arith.mulf %a, %b : f64
      neuro.yield %r : f64
    }
    neuro.equation rate @b.v {
      %v = neuro.get @a.v : f64
      %g = neuro.get @g : f64
      %r = arith.mulf %g, %v : f64
      neuro.yield %r : f64
    }
    neuro.group [@a.v, @b.v] by implicit
  }
  neuro.population @P of @c size 2 {}
}
