// Registers of programs. The wanted code is worked out by hand from the pass's rules.
// RUN: nissl-opt %s --golgi-allocate-registers --split-input-file --verify-diagnostics | FileCheck %s

// Loads are done where they are used, into the lowest free register; the sum takes a third one, because
// operands keep theirs until it is written.
// CHECK-LABEL: golgi.program @E.map
// CHECK-NEXT: %[[u:.*]] = golgi.lds @E.u -> r0
// CHECK-NEXT: %[[v:.*]] = golgi.lds @E.v -> r1
// CHECK-NEXT: %[[s:.*]] = golgi.add %[[u]], %[[v]] : r0, r1 -> r2
// The operands are needed no more.
// CHECK-NEXT: %[[c:.*]] = golgi.ldi 5 -> r0
// CHECK-NEXT: %[[t:.*]] = golgi.add %[[s]], %[[c]] : r2, r0 -> r1
// CHECK-NEXT: golgi.sts @E.v, %[[t]] : r1
// CHECK-NEXT: }
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.state @E.v of @E word 0
  golgi.state @E.u of @E word 1
  golgi.program @E.map on @E tick 0 {
    %v = golgi.lds @E.v
    %u = golgi.lds @E.u
    %dead = golgi.mul %v, %u
    %five = golgi.ldi 5
    %s = golgi.add %u, %v
    %t = golgi.add %s, %five
    golgi.sts @E.v, %t
  }
}

// -----

// A random word takes the register of the cell's number, which nothing else needs.
// CHECK-LABEL: golgi.program @E.map
// CHECK-NEXT: %[[i:.*]] = golgi.cid -> r0
// CHECK-NEXT: %[[r:.*]] = golgi.rndc %[[i]] stream "E.r" draw 0 word 0 : r0 -> r0
// CHECK-NEXT: %[[j:.*]] = golgi.cid -> r1
// CHECK-NEXT: %[[q:.*]] = golgi.rndc %[[j]] stream "E.r" draw 1 word 0 : r1 -> r2
// CHECK-NEXT: golgi.add %[[r]], %[[q]] : r0, r2 -> r3
// CHECK-NEXT: golgi.add %{{.*}}, %[[j]] : r3, r1 -> r0
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.state @E.v of @E word 0
  golgi.program @E.map on @E tick 0 {
    %i = golgi.cid
    %r = golgi.rndc %i stream "E.r" draw 0 word 0
    %j = golgi.cid
    %q = golgi.rndc %j stream "E.r" draw 1 word 0
    %s = golgi.add %r, %q
    %t = golgi.add %s, %j
    golgi.sts @E.v, %t
  }
}

// -----

// Two states change places: the old values are copied before the first store, and loaded from there.
// CHECK-LABEL: golgi.program @E.map
// CHECK-SAME: spills 2
// CHECK-NEXT: %[[u:.*]] = golgi.lds @E.u -> r0
// CHECK-NEXT: golgi.spill 0, %[[u]] : r0
// CHECK-NEXT: %[[v:.*]] = golgi.lds @E.v -> r1
// CHECK-NEXT: golgi.spill 1, %[[v]] : r1
// CHECK-NEXT: %[[a:.*]] = golgi.reload 0 -> r0
// CHECK-NEXT: golgi.sts @E.v, %[[a]] : r0
// CHECK-NEXT: %[[b:.*]] = golgi.reload 1 -> r1
// CHECK-NEXT: golgi.sts @E.u, %[[b]] : r1
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.state @E.v of @E word 0
  golgi.state @E.u of @E word 1
  golgi.program @E.map on @E tick 0 {
    %v = golgi.lds @E.v
    %u = golgi.lds @E.u
    golgi.sts @E.v, %u
    golgi.sts @E.u, %v
  }
}

// -----

// Seventeen values alive at once: when the last one wants a register, the first, which is needed last, goes to
// a word of the cell. The first sum's operands keep their registers until it is written, so it takes that of the
// value needed last but one.
// CHECK-LABEL: golgi.program @E.map
// CHECK-SAME: spills 2
// CHECK-NEXT: %[[v0:.*]] = golgi.cid -> r0
// CHECK-NEXT: %[[v1:.*]] = golgi.neg %[[v0]] : r0 -> r1
// CHECK: %[[v15:.*]] = golgi.neg %{{.*}} : r14 -> r15
// CHECK-NEXT: golgi.spill 0, %[[v0]] : r0
// CHECK-NEXT: %[[v16:.*]] = golgi.neg %[[v15]] : r15 -> r0
// CHECK-NEXT: golgi.spill 1, %[[v1]] : r1
// CHECK-NEXT: golgi.add %[[v16]], %[[v15]] : r0, r15 -> r1
// CHECK-NOT: golgi.spill
// CHECK: %[[again1:.*]] = golgi.reload 1 -> r[[R:.*]]
// CHECK-NEXT: golgi.add %{{.*}}, %[[again1]] : r{{[0-9]+}}, r[[R]] ->
// CHECK-NEXT: %[[again0:.*]] = golgi.reload 0 -> r[[R:.*]]
// CHECK-NEXT: golgi.add %{{.*}}, %[[again0]] : r{{[0-9]+}}, r[[R]] ->
golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.state @E.v of @E word 0
  golgi.program @E.map on @E tick 0 {
    %v0 = golgi.cid
    %v1 = golgi.neg %v0
    %v2 = golgi.neg %v1
    %v3 = golgi.neg %v2
    %v4 = golgi.neg %v3
    %v5 = golgi.neg %v4
    %v6 = golgi.neg %v5
    %v7 = golgi.neg %v6
    %v8 = golgi.neg %v7
    %v9 = golgi.neg %v8
    %v10 = golgi.neg %v9
    %v11 = golgi.neg %v10
    %v12 = golgi.neg %v11
    %v13 = golgi.neg %v12
    %v14 = golgi.neg %v13
    %v15 = golgi.neg %v14
    %v16 = golgi.neg %v15
    %s15 = golgi.add %v16, %v15
    %s14 = golgi.add %s15, %v14
    %s13 = golgi.add %s14, %v13
    %s12 = golgi.add %s13, %v12
    %s11 = golgi.add %s12, %v11
    %s10 = golgi.add %s11, %v10
    %s9 = golgi.add %s10, %v9
    %s8 = golgi.add %s9, %v8
    %s7 = golgi.add %s8, %v7
    %s6 = golgi.add %s7, %v6
    %s5 = golgi.add %s6, %v5
    %s4 = golgi.add %s5, %v4
    %s3 = golgi.add %s4, %v3
    %s2 = golgi.add %s3, %v2
    %s1 = golgi.add %s2, %v1
    %s0 = golgi.add %s1, %v0
    golgi.sts @E.v, %s0
  }
}

// -----

golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
  golgi.population @E size 8
  golgi.program @E.map on @E tick 0 {
    // expected-error@+1 {{has a register already}}
    %i = golgi.cid -> r0
  }
}
