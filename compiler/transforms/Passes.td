// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The passes that rewrite step programs into simpler step programs.
#ifndef NISSL_COMPILER_TRANSFORMS_PASSES_TD
#define NISSL_COMPILER_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandMath : Pass<"step-expand-math"> {
  let summary = "Writes elementary functions out as arithmetic.";
  let description = [{
    Every scalar op of the math dialect in f32 or f64 becomes branch-free `arith` code (Cody-Waite
    reduction and a minimax polynomial), so that interpreters, CPUs and GPUs compute the same bits and
    LLVM vectorises the code without a vector library. What remains is exact in IEEE 754 everywhere:
    `math.fma`, `math.sqrt`, `math.absf`, `math.copysign`, `math.floor`, `math.ceil`, `math.trunc` and
    `math.roundeven`. `arith.remf` is rewritten too, as it would call a library.

    Errors, special cases and limits stand in compiler/transforms/math/Expansions.h. A power with a
    constant whole exponent up to 4 in magnitude becomes multiplications, one of 0.5 a square root (then
    -inf gives NaN). Functions without an expansion (inverse trigonometric and inverse hyperbolic ones,
    erf, erfc, cbrt), other formats and vectors are refused by name.

    ```mlir
    func.func @decay(%x: f64) -> f64 {
      %y = math.exp %x : f64
      return %y : f64
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let statistics = [Statistic<"expanded", "expanded", "ops written out as arithmetic">];
}

def SimplifyMath : Pass<"step-simplify-math"> {
  let summary = "Computes formulas of floats in equal forms with fewer quotients and exponentials.";
  let description = [{
    For float programs made of a network, whose formulas say what is meant, before functions are written out;
    setup bodies, which run once, stay as they are. Values differ by roundings, alike on every target that
    computes the program:

    * `x / c` becomes `x * (1 / c)` where c is a constant whose reciprocal is a normal number;
    * `a / exprel(x)`, with the guard that equations write, becomes `a * x / expm1(x)`, one quotient instead of three;
      exprel(x) itself becomes `expm1(x) / x`;
    * exponential Euler, `exp(s h) v + expm1(s h) / s * c`, becomes `v + expm1(s h) / s * (s v + c)`, one exponential
      instead of two;
    * exponentials in these and in `1 + exp(x)`, which is not needed where exp(x) is subnormal, are written out here:
      without the steps that only such numbers need, and their guards at 0 made one.

    ```mlir
    func.func @rate(%v: f64) -> f64 {
      %scale = arith.constant 5.0e-3 : f64
      %x = arith.divf %v, %scale : f64
      return %x : f64
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let statistics = [Statistic<"simplified", "simplified", "formulas in another form">];
}

def ExpandRandom : Pass<"step-expand-random"> {
  let summary = "Writes draws from distributions out as arithmetic on random words.";
  let description = [{
    `step.random` becomes `step.random_bits`, `arith` and `math`; run `step-expand-math` afterwards. Draw d
    of a stream owns the word blocks 64 d to 64 d + 63, so d < 1024.

    * uniform: 53 bits in f64 (words 0 and 1), 24 in f32 (word 0), in [0, 1).
    * normal: inverse distribution function (Wichura's AS 241) of a tail probability of 52 (f64) or 31 (f32)
      bits and a sign bit.
    * exponential: -log(1 - u).
    * gamma: Marsaglia and Tsang's method, six tries.
    * poisson: of a constant mean up to 32 a chain of comparisons of a random word of 32 bits (64 for means
      below 1/64); a remark says how many and what tail is left out. Other means: sequential inversion up to
      16, beyond it a corrected normal quantile, which is not exact (compiler/transforms/random/Distributions.h).

    ```mlir
    func.func @noise() -> f64 {
      %x = step.random normal stream "E.noise" draw 0 : f64
      return %x : f64
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let statistics = [Statistic<"expanded", "expanded", "draws written out as arithmetic">];
}

def CheckStreams : Pass<"step-check-streams"> {
  let summary = "Refuses programs in which two random streams coincide.";
  let description = [{
    A stream's number is a hash of its name with 24 bits. Two names of one program with the same number would
    give the same random numbers, so this is an error that says both. The streams of a table's connectivity
    are checked along with those of the bodies.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 2
      step.state @E.r of @E : i32
      step.map @E () {
        %r = step.random_bits stream "E.r" draw 0 word 0 : i32
        step.yield @E.r = %r : i32
      }
    }
    ```
  }];
}

def SetPrecision : Pass<"step-set-precision", "::mlir::ModuleOp"> {
  let summary = "Turns every f64 of a program into f32.";
  let description = [{
    States, ports, inputs, arrays, constants and every value of a body. Runs before functions and random
    numbers are expanded, because their expansion depends on the precision. Numbers are rounded to nearest,
    ties to even.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 2
      step.state @E.v of @E : f64
      step.map @E (%v = @E.v : f64) {
        %p = arith.constant 0.9 : f64
        %v1 = arith.mulf %v, %p : f64
        step.yield @E.v = %v1 : f64
      }
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def HoistParameters : Pass<"step-hoist-parameters"> {
  let summary = "Computes in the setup what bodies compute of parameters only.";
  let description = [{
    An expression of a `step.map` over an extent that reads only states which the setup alone writes, the
    element's index and constants, and that holds a division or a function, becomes a state `.derivedN` that
    the setup computes with the same ops. No result changes; a decay factor `exp(-dt/tau)` with a tau per cell
    costs one read instead of an exponential per step, and fixed-point programs need no functions for it.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.tau of @E : f64
      step.state @E.v of @E : f64
      step.map @E (%v = @E.v : f64, %tau = @E.tau : f64) {
        %dt = arith.constant -1.0e-3 : f64
        %ratio = arith.divf %dt, %tau : f64
        %p = math.exp %ratio : f64
        %v1 = arith.mulf %v, %p : f64
        step.yield @E.v = %v1 : f64
      }
    }
    ```
  }];
  let dependentDialects = ["::nissl::step::StepDialect"];
  let statistics = [Statistic<"hoisted", "hoisted", "expressions computed in the setup">];
}

def DeliverDue : Pass<"step-deliver-due"> {
  let summary = "Lets contributions be computed when they arrive, where that is cheaper than when they are made.";
  let description = [{
    A contribution that waits for its synapse's delay is added to a slot of its port that lies as far ahead: a row
    of synapses with many delays meets as many slots, more memory than caches hold. Of static synapses only
    the address needs to wait: `emit` becomes `due` where the body reads nothing that changes and the port
    takes nothing before (see `step.traverse`), and where the sources of an event set have at least `density`
    synapses per delay, so that what arrives together is worth a visit.
    Tables with one delay stay as they are, unless the same events visit a short row in each of many of them, as in
    those of a dendrite's compartments.

    ```mlir
    step.program @p dt 1.0e-4 {
      step.extent @E size 4000
      step.port @E.in of @E : f32 slots 41
      step.events @E.spike of @E
      step.synapses @EE from @E to @E connect #step.connect<fixed_outdegree, count = 1000> delay @EE.d in [1, 40]
      step.state @EE.d of @EE : i32
      step.state @EE.w of @EE : f32
      step.traverse @EE emit on @E.spike (%w = @EE.w : f32) {
        step.yield port @E.in += %w : f32
      }
    }
    ```
  }];
  let options = [Option<"density", "density", "double", "3.0", "synapses of a source per delay from which it pays">];
  let statistics = [Statistic<"delivered", "delivered", "traversals that became due">];
}

def ShareStates : Pass<"step-share-states"> {
  let summary = "Keeps one of states that always have the same values.";
  let description = [{
    Projections from one population that follow one rule each have a trace of their sources, and all these traces
    are one: they start alike, every map gives them the same value computed from the same values, and they are pushed
    alike. Who reads one reads the first of them, where it has as many changes behind it as the other would. Only floats of an
    extent that maps write and `step.push` records in every step: ops on integers count what they saturate.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @EE.x of @E : f64 history 3
      step.state @EI.x of @E : f64 history 3
      step.map @E (%x = @EE.x : f64) {
        %p = arith.constant 0.9 : f64
        %x1 = arith.mulf %x, %p : f64
        step.yield @EE.x = %x1 : f64
      }
      step.push @EE.x
      step.map @E (%x = @EI.x : f64) {
        %p = arith.constant 0.9 : f64
        %x1 = arith.mulf %x, %p : f64
        step.yield @EI.x = %x1 : f64
      }
      step.push @EI.x
    }
    ```
  }];
  let statistics = [Statistic<"shared", "shared", "states that another one stands for">];
}

def FuseMaps : Pass<"step-fuse-maps"> {
  let summary = "Makes one map of two over the same extent.";
  let description = [{
    What the first writes of an element and the second reads of the same element goes from one to the other
    without memory. Maps stay apart where the second reads what the first writes of other elements (or the other
    way round), and where both write one port or event set. Other maps between them do not part two that share
    a state where the first emits no events and nothing of theirs depends on it: it is done later, with the
    second. Nor does `step.sample`, where the program samples no state besides; the sample then comes first.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.v of @E : f64
      step.port @E.in of @E : f64 slots 1
      step.map @E (%v = @E.v : f64, %in = @E.in : f64) {
        %v1 = arith.addf %v, %in : f64
        step.yield @E.v = %v1 : f64
      }
      step.sample
      step.map @E (%v = @E.v : f64) {
        %p = arith.constant 0.9 : f64
        %v1 = arith.mulf %v, %p : f64
        step.yield @E.v = %v1 : f64
      }
    }
    ```
  }];
  let statistics = [Statistic<"fused", "fused", "maps that became part of another">];
}

def StepToFixed : Pass<"step-to-fixed"> {
  let summary = "Turns a float program into an integer program with a format per variable.";
  let description = [{
    Every float state, port and input becomes an i32 with `frac` fraction bits, and the bodies of the step
    compute in integers: the program that CPU-fixed, the chip and the step interpreter execute alike.

    The format of a variable follows from its range: proven by interval analysis of the program to a fixed
    point (ports by the sum over all synapses that may end at a cell); or declared, by an attribute
    `bounds = [low, high]` on the state or input; or profiled, by `range = [low, high]`, of which twice the
    width is taken. A state without proof ends where its range does; what lies beyond its format saturates before,
    by a `step.mulq` that counts it. Remarks report variable, range, its source and format. An input without a
    range, a state whose range does not settle or that starts outside its bounds, and an op without a fixed-point
    form are refused by name.

    Products are `step.mulq` and so round half to even, as do shifts that drop bits; constants are rounded to
    31 bits of mantissa; a division by a constant or a parameter is a product with its reciprocal, which the setup
    computes like all that depends on parameters only (step-hoist-parameters). Quotients of variables, exp, expm1
    and tanh are integer arithmetic, right to about 2^-27 of the value or half a unit; normal draws are
    interpolated quantiles of a table. `1 / (1 + exp(x))` and the guarded `(exp(x) - 1) / x` are recognised, as
    they have finite ranges. Where a value is so large that every use of it saturates or compares alike, as the
    exponential of a spike's upstroke, it is cut there and leaves its bits to the rest. Static weights have
    `weight-bits` bits and one exponent per table. Setup bodies stay in floats and what they write is rounded;
    so run `step-expand-random` and `step-expand-math` after this pass.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.input @E.I of @E : f64 {bounds = [-2.0, 2.0]}
      step.state @E.v of @E : f64
      step.map @E (%v = @E.v : f64, %i = @E.I : f64) {
        %p = arith.constant 0.9 : f64
        %decayed = arith.mulf %v, %p : f64
        %v1 = arith.addf %decayed, %i : f64
        step.yield @E.v = %v1 : f64
      }
    }
    ```
  }];
  let options = [Option<"weightBits", "weight-bits", "int", "16", "Bits of static weights, sign included">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif
