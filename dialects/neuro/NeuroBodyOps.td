// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops that stand in expressions and programs.
#ifndef NISSL_NEURO_BODY_OPS_TD
#define NISSL_NEURO_BODY_OPS_TD

include "dialects/neuro/NeuroOps.td"

def Neuro_GetOp : Neuro_Op<"get", [Pure]> {
  let summary = "The value of a named quantity.";
  let description = [{
    A plain name belongs to the surrounding cell or rule; in a rule `@pre.x` and `@post.x` may belong to the
    projection's cells. `@R::@DA` is the broadcast quantity DA of population R, as it is after arrivals.
    `ago` reads the value so many seconds before. A body reads all names as they were before it.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.parameter @a {
          %x = arith.constant 1.0 : f64
          neuro.yield %x : f64
        }
        neuro.derived @b {
          %a = neuro.get @a : f64
          neuro.yield %a : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins SymbolRefAttr:$name, OptionalAttr<F64Attr>:$ago);
  let results = (outs F64:$result);
  let assemblyFormat = "$name (`ago` $ago^)? attr-dict `:` type($result)";
  let extraClassDeclaration = [{
    /// Whether this reads a broadcast quantity of another population.
    bool isBroadcast() { return !::llvm::isa<::mlir::FlatSymbolRefAttr>(getName()); }
  }];
}

def Neuro_LookupOp : Neuro_Op<"lookup", [Pure]> {
  let summary = "An element of a constant array.";
  let description = [{
    The index counts from 0 and is clamped into the array.

    ```mlir
    neuro.network @n {
      neuro.array @values = dense<[1.0, 2.0]> : tensor<2xf64>
      neuro.cell @c {
        neuro.parameter @a {
          %i = neuro.index element : i32
          %x = neuro.lookup @values[%i] : i32 -> f64
          neuro.yield %x : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$array, AnyTypeOf<[I32, I64]>:$index);
  let results = (outs F64:$result);
  let assemblyFormat = "$array `[` $index `]` attr-dict `:` type($index) `->` type($result)";
}

def Neuro_RandomOp : Neuro_Op<"random", [Pure, AttrSizedOperandSegments]> {
  let summary = "A random number of a distribution.";
  let description = [{
    `uniform` is in [0, 1); `normal` has mean 0 and variance 1; `exponential` has mean 1; `gamma(%shape)` has
    scale 1; `poisson(%mean)` is a count. Drawn once per step and place and held over sub-steps; in initial
    values and parameters once. `place` is unique in the cell, rule or other op of the network. `keep` draws
    again until the number lies in [lower, upper].

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.parameter @a {
          %lo = arith.constant -2.0 : f64
          %hi = arith.constant 2.0 : f64
          %x = neuro.random normal keep(%lo, %hi) place 0 : f64
          neuro.yield %x : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins Neuro_EnumAttr<Neuro_Distribution, "distribution">:$distribution,
                       Optional<F64>:$parameter, Optional<F64>:$lower, Optional<F64>:$upper, Neuro_Count:$place);
  let results = (outs F64:$result);
  let assemblyFormat = [{
    $distribution (`(` $parameter^ `)`)? (`keep` `(` $lower^ `,` $upper `)`)? `place` $place attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def Neuro_NoiseOp : Neuro_Op<"noise", [Pure]> {
  let summary = "White noise with unit intensity (xi), in s^(-1/2); Itô.";
  let description = [{
    Only in rates, and only linearly: over a step its integral is normal with variance dt.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.variable @x in <"s1/2"> {
          %x = arith.constant 0.0 : f64
          neuro.yield %x : f64
        }
        neuro.equation rate @x {
          %xi = neuro.noise place 0 : f64
          neuro.yield %xi : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins Neuro_Count:$place);
  let results = (outs F64:$result);
  let assemblyFormat = "`place` $place attr-dict `:` type($result)";
}

def Neuro_TimeOp : Neuro_Op<"time", [Pure]> {
  let summary = "The time at which the present step begins, in seconds.";
  let description = [{
    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.derived @t in <"s"> {
          %t = neuro.time : f64
          neuro.yield %t : f64
        }
      }
    }
    ```
  }];
  let results = (outs F64:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Neuro_TimeStepOp : Neuro_Op<"timestep", [Pure]> {
  let summary = "The length of a step, in seconds.";
  let description = [{
    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.parameter @h in <"s"> {
          %h = neuro.timestep : f64
          neuro.yield %h : f64
        }
      }
    }
    ```
  }];
  let results = (outs F64:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Neuro_IndexOp : Neuro_Op<"index", [Pure]> {
  let summary = "A position.";
  let description = [{
    `element`: of the cell in its population. For synapses `pre` and `post`: of the source and target in
    their populations; `ordinal`: of the synapse in its source's row; `synapse`: in the projection.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.parameter @a {
          %i = neuro.index element : i32
          %x = arith.sitofp %i : i32 to f64
          neuro.yield %x : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins Neuro_EnumAttr<Neuro_IndexKind, "index_kind">:$kind);
  let results = (outs AnyTypeOf<[I32, I64]>:$result);
  let assemblyFormat = "$kind attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Neuro_FiredOp : Neuro_Op<"fired", [Pure]> {
  let summary = "Whether the cell had the event stamped with the beginning of this step.";
  let description = [{
    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.event @spike
        neuro.variable @x {
          %x = arith.constant 0.0 : f64
          neuro.yield %x : f64
        }
        neuro.equation next @x {
          %f = neuro.fired @spike : i1
          %x = arith.uitofp %f : i1 to f64
          neuro.yield %x : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$event);
  let results = (outs I1:$result);
  let assemblyFormat = "$event attr-dict `:` type($result)";
}

def Neuro_PayloadOp : Neuro_Op<"payload", [Pure]> {
  let summary = "The value that the event carries which started this body.";
  let description = [{
    In `on_pre` and `pre_spike` programs of projections whose source event has a payload, and in events
    `from` one.

    ```mlir
    neuro.network @n {
      neuro.rule @graded {
        neuro.program on_pre {
          %p = neuro.payload : f64
          neuro.write deliver @port += %p : f64
        }
      }
    }
    ```
  }];
  let results = (outs F64:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Neuro_ReduceOp : Neuro_Op<"reduce", [Pure]> {
  let summary = "A sum, minimum or maximum over a population or over synapses.";
  let description = [{
    `@P::@x` names a population's variable or a projection's synapse variable; `@w` alone, in a rule, the
    projection's own. `by post` takes the synapses that end at the cell (or at the synapse's target), `by
    pre` those that begin there, `by all` everything.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.variable @v {
          %x = arith.constant 0.0 : f64
          neuro.yield %x : f64
        }
      }
      neuro.cell @mean_field {
        neuro.derived @total broadcast {
          %s = neuro.reduce sum @E::@v by all : f64
          neuro.yield %s : f64
        }
      }
      neuro.population @E of @c size 4 {}
      neuro.population @M of @mean_field size 1 {}
    }
    ```
  }];
  let arguments = (ins Neuro_EnumAttr<Neuro_ReduceKind, "reduce_kind">:$kind, SymbolRefAttr:$source,
                       Neuro_EnumAttr<Neuro_ReduceBy, "reduce_by">:$by);
  let results = (outs F64:$result);
  let assemblyFormat = "$kind $source `by` $by attr-dict `:` type($result)";
}

def Neuro_YieldOp : Neuro_Op<"yield", [Terminator, Pure]> {
  let summary = "The value of an expression.";
  let description = [{
    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.parameter @a {
          %x = arith.constant 1.0 : f64
          neuro.yield %x : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins AnyTypeOf<[F64, I1]>:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Neuro_WriteOp : Neuro_Op<"write", [Terminator]> {
  let summary = "What a program changes, all at once.";
  let description = [{
    `@v = %x` sets a variable, each at most once; `deliver @port += %x` adds to a port of the target cell,
    or to the projection's own port under the name `@port`.

    ```mlir
    neuro.network @n {
      neuro.rule @twice {
        neuro.variable @w scope synapse {
          %w = arith.constant 1.0 : f64
          neuro.yield %w : f64
        }
        neuro.program on_pre {
          %w = neuro.get @w : f64
          %w1 = arith.addf %w, %w : f64
          neuro.write @w = %w1 : f64, deliver @port += %w : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins Variadic<F64>:$values, Neuro_WriteArrayAttr:$writes);
  let assemblyFormat = "custom<Writes>($values, type($values), $writes) attr-dict";
  let hasVerifier = 1;
}

#endif
