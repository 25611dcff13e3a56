// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops of the step dialect: declarations, then the schedule, then what stands in bodies.
#ifndef NISSL_STEP_OPS_TD
#define NISSL_STEP_OPS_TD

include "dialects/step/StepDialect.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/RegionKindInterface.td"

class Step_Op<string opMnemonic, list<Trait> traits = []> : Op<Step_Dialect, opMnemonic, traits>;

/// Stands directly in a program (or in its setup, every and when regions).
class Step_Declaration<string opMnemonic> : Step_Op<opMnemonic, [HasParent<"ProgramOp">, Symbol]>;
class Step_Action<string opMnemonic, list<Trait> traits = []>
    : Step_Op<opMnemonic, !listconcat([ParentOneOf<["ProgramOp", "SetupOp", "EveryOp", "WhenOp"]>], traits)>;

def Step_Value : AnyTypeOf<[AnyFloat, I1, I8, I16, I32, I64], "a float or a signless integer up to 64 bits">;

//===-- Declarations -----------------------------------------------------------------------------===//

def Step_ProgramOp : Step_Op<"program", [IsolatedFromAbove, NoTerminator, SingleBlock, SymbolTable, Symbol]> {
  let summary = "A network's time step.";
  let description = [{
    Declarations and the actions of one step, in the order in which they happen. `dt` is in seconds.
    Everything that survives a step is declared here; this list is the state table.

    ```mlir
    step.program @leak dt 1.0e-4 {
      step.extent @E size 10
      step.state @E.v of @E : f64
      step.map @E (%v = @E.v : f64) {
        %p = arith.constant 0.9 : f64
        %v1 = arith.mulf %v, %p : f64
        step.yield @E.v = %v1 : f64
      }
      step.sample
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, F64Attr:$dt);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `dt` $dt attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Step_ExtentOp : Step_Declaration<"extent"> {
  let summary = "A number of elements that states, ports and events belong to.";
  let description = [{
    Usually a population; its size is fixed. `name` in the artefact is the symbol.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 800
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, ConfinedAttr<I64Attr, [IntNonNegative]>:$size);
  let assemblyFormat = "$sym_name `size` $size attr-dict";
}

def Step_SynapsesOp : Step_Declaration<"synapses"> {
  let summary = "A table of synapses from one extent to another.";
  let description = [{
    Rows are sources; the position of a synapse in its row is its ordinal. The rule is expanded at load.
    `source_range` and `target_range` are [begin, end) where the projection covers a part. `delay` is in
    steps, d >= 0: an event traversed in step k arrives in step k + d. It is one number, or an i32 state
    of the table (written in `step.setup` only) with its smallest and largest value.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 800
      step.synapses @EE from @E to @E connect #step.connect<fixed_outdegree, count = 80, autapses = false> delay 1
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$source, FlatSymbolRefAttr:$target,
                       Step_ConnectAttr:$connect, I64Attr:$min_delay, I64Attr:$max_delay,
                       OptionalAttr<FlatSymbolRefAttr>:$delay_field,
                       OptionalAttr<DenseI64ArrayAttr>:$source_range, OptionalAttr<DenseI64ArrayAttr>:$target_range);
  let assemblyFormat = [{
    $sym_name `from` $source (`range` $source_range^)? `to` $target (`range` $target_range^)?
    `connect` $connect `delay` custom<Delay>($delay_field, $min_delay, $max_delay) attr-dict
  }];
}

def Step_StateOp : Step_Declaration<"state"> {
  let summary = "A value per element or per synapse that survives a step.";
  let description = [{
    Zero until `step.setup` writes it. A parameter is a state that only the setup writes. `history` n
    keeps the last n values recorded by `step.push`; before the first push they are the value after
    setup. `frac` gives the number of fraction bits of a fixed-point integer.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.x of @E : f64 history 50
      step.state @E.u of @E : i32 frac 16
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$owner, TypeAttrOf<Step_Value>:$type,
                       DefaultValuedAttr<I64Attr, "0">:$history, OptionalAttr<I64Attr>:$frac);
  let assemblyFormat = "$sym_name `of` $owner `:` $type (`history` $history^)? (`frac` $frac^)? attr-dict";
}

def Step_PortOp : Step_Declaration<"port"> {
  let summary = "A sum per element that events add to, for this step or later ones.";
  let description = [{
    A ring of `slots` sums. Contributions with delay d go to the slot of step k + d, so d < slots. Every
    slot starts at zero; contributions are added as the actions that make them run: in ascending order of
    (step of the action, position in the program, and within an action the order of its traversal); the
    slot of a step is cleared when the step ends.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.port @E.exc of @E : f64 slots 16
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$owner, TypeAttrOf<Step_Value>:$type,
                       ConfinedAttr<I64Attr, [IntPositive]>:$slots, OptionalAttr<I64Attr>:$frac);
  let assemblyFormat = "$sym_name `of` $owner `:` $type `slots` $slots (`frac` $frac^)? attr-dict";
}

def Step_EventsOp : Step_Declaration<"events"> {
  let summary = "A named set of elements in which something happened.";
  let description = [{
    Holds what the last `step.map` that yields it wrote; before the first one it is empty. A traversal
    that stands before that map in the program sees the events of the step before, which bear the time
    at which this step begins; one that stands after it sees this step's (a same-step edge).

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.events @E.spike of @E
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$owner);
  let assemblyFormat = "$sym_name `of` $owner attr-dict";
}

def Step_InputOp : Step_Declaration<"input"> {
  let summary = "A value per element that the host sets before each step.";
  let description = [{
    Zero in steps for which the host gives nothing. Inputs are always f64 for the host; a fixed-point
    input is rounded half to even to `frac` bits and saturates, which is counted.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.input @E.I of @E : f64
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$owner, TypeAttrOf<Step_Value>:$type,
                       OptionalAttr<I64Attr>:$frac);
  let assemblyFormat = "$sym_name `of` $owner `:` $type (`frac` $frac^)? attr-dict";
}

def Step_ArrayOp : Step_Declaration<"array"> {
  let summary = "A constant array that bodies look up.";
  let description = [{
    Parameters given as arrays, explicit weights, tables of functions.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.array @tau = dense<[1.0, 2.0]> : tensor<2xf64>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, ElementsAttr:$values);
  let assemblyFormat = "$sym_name `=` $values attr-dict";
}

def Step_ProbeOp : Step_Declaration<"probe"> {
  let summary = "What a run records.";
  let description = [{
    Events, or a state of an extent or table at the steps k with k mod `period` == 0. `range` is the
    [begin, end) of elements, or of synapses in table order; without it all. `before` sees the state
    before arrivals. Values are multiplied by `scale` to be in `unit`.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.events @E.spike of @E
      step.state @E.v of @E : f64
      step.probe @spikes of @E.spike
      step.probe @voltage of @E.v every 10 range [0, 2] {unit = "mV", scale = 1000.0 : f64}
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$subject,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "1">:$period,
                       OptionalAttr<DenseI64ArrayAttr>:$range, UnitAttr:$before, OptionalAttr<StrAttr>:$unit,
                       OptionalAttr<F64Attr>:$scale);
  let assemblyFormat = "$sym_name `of` $subject (`every` $period^)? (`range` $range^)? (`before` $before^)? attr-dict";
}

//===-- The schedule -----------------------------------------------------------------------------===//

def Step_SetupOp : Step_Op<"setup", [HasParent<"ProgramOp">, NoTerminator, SingleBlock]> {
  let summary = "Actions that run once, before step 0.";
  let description = [{
    Only maps, `traverse all` and reductions. Random numbers are drawn with the structure seed at step 0.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.v of @E : f64
      step.setup {
        step.map @E () {
          %v = arith.constant -65.0 : f64
          step.yield @E.v = %v : f64
        }
      }
    }
    ```
  }];
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Step_MapOp : Step_Action<"map", [IsolatedFromAbove, SingleBlock]> {
  let summary = "A body for every element of an extent.";
  let description = [{
    All reads see the values before the map: no element sees what another one writes. The body is pure;
    what it writes leaves through `step.yield`.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.v of @E : f64
      step.port @E.exc of @E : f64 slots 1
      step.events @E.spike of @E
      step.map @E (%v = @E.v : f64, %in = @E.exc : f64) {
        %v1 = arith.addf %v, %in : f64
        %th = arith.constant 1.0 : f64
        %zero = arith.constant 0.0 : f64
        %f = arith.cmpf ogt, %v1, %th : f64
        %v2 = arith.select %f, %zero, %v1 : f64
        step.yield @E.v = %v2 : f64, event @E.spike if %f : i1
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$over, Step_ReadArrayAttr:$reads);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$over custom<ReadsAndBody>($reads, $body) attr-dict";
  let hasRegionVerifier = 1;
}

def Step_TraverseOp : Step_Action<"traverse", [IsolatedFromAbove, SingleBlock]> {
  let summary = "A body for every synapse that an event meets.";
  let description = [{
    * `emit on @events`: the rows of this moment's events, in ascending source and ordinal. The body may
      write ports only, and its contributions arrive a synapse's delay later.
    * `arrive on @events`: the synapses whose delay has passed since their source's event, in ascending
      (emission step, source, ordinal). The body may write the table's states and ports (now, or `after`).
    * `back on @events`: the synapses whose target is among the events, in ascending (target, source, ordinal).
    * `all`: every synapse, in ascending (source, ordinal).
    * `due on @events`: what `emit` says. All that the body reads never
      changes, so that a target may compute a contribution when it is made or when it arrives. Those that follow
      each other arrive together, in ascending (emission step, traversal, source, ordinal).
    A body never writes the state of a pre or post cell: what happens once per spike is a map's work.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.port @E.exc of @E : f64 slots 2
      step.events @E.spike of @E
      step.synapses @EE from @E to @E connect #step.connect<all_to_all> delay 1
      step.state @EE.w of @EE : f64
      step.traverse @EE emit on @E.spike (%w = @EE.w : f64) {
        step.yield port @E.exc += %w : f64
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$table, EnumAttr<Step_Dialect, Step_TraverseKind, "traverse_kind">:$kind,
                       OptionalAttr<FlatSymbolRefAttr>:$events, Step_ReadArrayAttr:$reads);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$table $kind (`on` $events^)? custom<ReadsAndBody>($reads, $body) attr-dict";
  let hasRegionVerifier = 1;
}

def Step_PushOp : Step_Action<"push"> {
  let summary = "Records a state's present value in its history.";
  let description = [{
    The value read later with `lag` 0 (until the next push), 1, 2, …

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.x of @E : f64 history 50
      step.push @E.x
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state);
  let assemblyFormat = "$state attr-dict";
}

def Step_ReduceOp : Step_Action<"reduce"> {
  let summary = "Reduces a state to one value, or to one per source or target.";
  let description = [{
    Values are taken in ascending order (element; or source and ordinal; or, by post, target, source and
    ordinal), combined from left to right in blocks of 256, and the blocks' results in a balanced binary
    tree, so that the result never depends on threads. An empty sum is 0, an empty minimum +inf, an empty
    maximum -inf (or the type's extreme).

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.extent @R size 1
      step.state @E.v of @E : f64
      step.state @R.mean of @R : f64
      step.reduce sum @E.v by all into @R.mean
    }
    ```
  }];
  let arguments = (ins EnumAttr<Step_Dialect, Step_ReduceKind, "reduce_kind">:$kind, FlatSymbolRefAttr:$source,
                       EnumAttr<Step_Dialect, Step_ReduceBy, "reduce_by">:$by, FlatSymbolRefAttr:$into);
  let assemblyFormat = "$kind $source `by` $by `into` $into attr-dict";
}

def Step_EveryOp : Step_Op<"every", [HasParent<"ProgramOp">, NoTerminator, SingleBlock]> {
  let summary = "Actions of every n-th step.";
  let description = [{
    Runs in the steps k with k mod `period` == `offset`.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.x of @E : f64 history 5
      step.every 10 offset 9 {
        step.push @E.x
      }
    }
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$period, ConfinedAttr<I64Attr, [IntNonNegative]>:$offset);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$period `offset` $offset attr-dict-with-keyword $body";
}

def Step_WhenOp : Step_Op<"when", [HasParent<"ProgramOp">, NoTerminator, SingleBlock]> {
  let summary = "Actions of the steps in which some element has an event.";
  let description = [{
    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @R size 1
      step.state @R.x of @R : f64
      step.events @R.trial of @R
      step.when @R.trial {
        step.restore @R.x
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$events);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$events attr-dict-with-keyword $body";
}

def Step_RestoreOp : Step_Action<"restore"> {
  let summary = "Gives a state the values that it had after setup.";
  let description = [{
    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.v of @E : f64
      step.restore @E.v
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state);
  let assemblyFormat = "$state attr-dict";
}

def Step_SampleOp : Step_Op<"sample", [HasParent<"ProgramOp">]> {
  let summary = "Where probes see the state.";
  let description = [{
    At most one in a program; probes see the state at t_k after arrivals. Without one they see the state
    as the step begins. At the end of a run, too, what stands before it is worked out so that probes see
    the arrivals of that time; nothing of it is kept.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.sample
    }
    ```
  }];
  let assemblyFormat = "attr-dict";
}

//===-- Bodies -----------------------------------------------------------------------------------===//

def Step_YieldOp : Step_Op<"yield", [Terminator, ParentOneOf<["MapOp", "TraverseOp"]>, AttrSizedOperandSegments]> {
  let summary = "What a body writes.";
  let description = [{
    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @R size 1
      step.state @R.x of @R : f64
      step.events @R.hit of @R
      step.port @R.later of @R : f64 slots 3001
      step.map @R (%x = @R.x : f64) {
        %d = arith.constant 3000 : i32
        %f = arith.constant true
        step.yield @R.x = %x : f64, event @R.hit if %f : i1, port @R.later after %d += %x : f64
      }
    }
    ```
  }];
  let arguments = (ins Variadic<Step_Value>:$values, Variadic<I32>:$delays, Step_WriteArrayAttr:$writes);
  let assemblyFormat = "custom<Writes>($values, type($values), $delays, type($delays), $writes) attr-dict";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, {}, {}, $_builder.getArrayAttr({})); }]>];
}

def Step_IndexOp : Step_Op<"index", [Pure]> {
  let summary = "The position of the element or synapse that a body runs for.";
  let description = [{
    `element` in maps; `pre`, `post`, `ordinal` (in the row) and `synapse` (in the table) in traversals.
    `element`, `pre` and `post` are positions in the whole extent. All but `synapse` are i32.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.id of @E : i32
      step.map @E () {
        %i = step.index element : i32
        step.yield @E.id = %i : i32
      }
    }
    ```
  }];
  let arguments = (ins EnumAttr<Step_Dialect, Step_IndexKind, "index_kind">:$kind);
  let results = (outs AnyTypeOf<[I32, I64]>:$result);
  let assemblyFormat = "$kind attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Step_NowOp : Step_Op<"now", [Pure]> {
  let summary = "The number of the present step.";
  let description = [{
    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.k of @E : i64
      step.map @E () {
        %k = step.now : i64
        step.yield @E.k = %k : i64
      }
    }
    ```
  }];
  let results = (outs I64:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Step_LookupOp : Step_Op<"lookup", [Pure]> {
  let summary = "An element of a constant array.";
  let description = [{
    The index is clamped into the array.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 2
      step.array @tau = dense<[1.0, 2.0]> : tensor<2xf64>
      step.state @E.tau of @E : f64
      step.map @E () {
        %i = step.index element : i32
        %t = step.lookup @tau[%i] : i32 -> f64
        step.yield @E.tau = %t : f64
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$array, AnyTypeOf<[I32, I64]>:$index);
  let results = (outs Step_Value:$result);
  let assemblyFormat = "$array `[` $index `]` attr-dict `:` type($index) `->` type($result)";
}

def Step_RandomOp : Step_Op<"random", [Pure]> {
  let summary = "A random number of a distribution, one per element, step and draw.";
  let description = [{
    `uniform` is in [0, 1); `normal` has mean 0 and variance 1; `exponential` has mean 1; `gamma(%shape)`
    has scale 1; `poisson(%mean)` gives a count (i32). The number is a function of (seed, stream, entity,
    step, draw) only. `step-expand-random` rewrites it to `step.random_bits` and arithmetic, so that every
    target computes the same bits.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 2
      step.state @E.r of @E : f64
      step.map @E () {
        %r = step.random uniform stream "E.r" draw 0 : f64
        step.yield @E.r = %r : f64
      }
    }
    ```
  }];
  let arguments = (ins EnumAttr<Step_Dialect, Step_Distribution, "distribution">:$distribution,
                       Optional<AnyFloat>:$parameter, StrAttr:$stream, I64Attr:$draw);
  let results = (outs AnyTypeOf<[AnyFloat, I32]>:$result);
  let assemblyFormat = "$distribution (`(` $parameter^ `:` type($parameter) `)`)? `stream` $stream `draw` $draw attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Step_RandomBitsOp : Step_Op<"random_bits", [Pure]> {
  let summary = "32 random bits: one word of Philox4x32-10.";
  let description = [{
    Key = seed (structure in `step.setup`, dynamics elsewhere); counter = step (48 bits), entity (40),
    stream (24: hash of the name), draw (16). In a traversal the entity is (pre << 20 | ordinal), and `word` 0
    to 3 selects a word of the four. In a map, elements that are 16 apart share the four: element e has word
    (e >> 4 & 3) of entity (word << 30 | e >> 6 << 4 | e & 15) (runtime/support/Random.h).

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
  let arguments = (ins StrAttr:$stream, I64Attr:$draw, ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<3>]>:$word);
  let results = (outs I32:$result);
  let assemblyFormat = "`stream` $stream `draw` $draw `word` $word attr-dict `:` type($result)";
}

def Step_MulQOp : Step_Op<"mulq", [Pure, SameOperandsAndResultType]> {
  let summary = "A fixed-point product: (a * b) / 2^shift in 64 bits, rounded half to even, saturated to 32.";
  let description = [{
    The one operation of fixed-point programs that arith has no single op for, and an instruction of the chip.

    ```mlir
    step.program @p dt 1.0e-3 {
      step.extent @E size 2
      step.state @E.u of @E : i32 frac 16
      step.map @E (%u = @E.u : i32) {
        %p = arith.constant 65000 : i32
        %u1 = step.mulq %u, %p shift 16 : i32
        step.yield @E.u = %u1 : i32
      }
    }
    ```
  }];
  let arguments = (ins I32:$lhs, I32:$rhs, ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<62>]>:$shift);
  let results = (outs I32:$result);
  let assemblyFormat = "$lhs `,` $rhs `shift` $shift attr-dict `:` type($result)";
}

#endif
