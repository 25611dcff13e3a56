// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops of the neuro dialect: the network, its populations, projections, inputs and probes.
#ifndef NISSL_NEURO_OPS_TD
#define NISSL_NEURO_OPS_TD

include "dialects/neuro/NeuroDialect.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Neuro_Op<string opMnemonic, list<Trait> traits = []> : Op<Neuro_Dialect, opMnemonic, traits>;

/// Stands directly in a network.
class Neuro_NetworkPart<string opMnemonic, list<Trait> traits = []>
    : Neuro_Op<opMnemonic, !listconcat([HasParent<"NetworkOp">, Symbol, IsolatedFromAbove], traits)>;

def Neuro_Count : ConfinedAttr<I64Attr, [IntNonNegative]>;

def Neuro_NetworkOp : Neuro_Op<"network", [IsolatedFromAbove, NoTerminator, SingleBlock, SymbolTable, Symbol]> {
  let summary = "A network as written.";
  let description = [{
    Cells and rules, then populations, projections, inputs and probes. `dt` in seconds and `seed` are what
    the description proposes; the command line may say otherwise. The order of inputs is the order in which
    they add to a port.

    ```mlir
    neuro.network @leak dt 1.0e-4 seed 7 {
      neuro.cell @leaky {
        neuro.variable @v in <"m2 kg s-3 A-1"> {
          %v = arith.constant -6.5e-2 : f64
          neuro.yield %v : f64
        }
        neuro.equation rate @v {
          %v = neuro.get @v : f64
          %tau = arith.constant 2.0e-2 : f64
          %n = arith.negf %v : f64
          %r = arith.divf %n, %tau : f64
          neuro.yield %r : f64
        }
      }
      neuro.population @E of @leaky size 10 {}
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<F64Attr>:$dt,
                       DefaultValuedAttr<I64Attr, "0">:$seed);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name (`dt` $dt^)? (`seed` $seed^)? attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Neuro_ArrayOp : Neuro_Op<"array", [ParentOneOf<["NetworkOp"]>, Symbol]> {
  let summary = "Constant f64 values that expressions look up, in SI units.";
  let description = [{
    ```mlir
    neuro.network @n {
      neuro.array @tau = dense<[1.0e-2, 2.0e-2]> : tensor<2xf64>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, ElementsAttr:$values);
  let assemblyFormat = "$sym_name `=` $values attr-dict";
  let hasVerifier = 1;
}

def Neuro_PopulationOp : Neuro_NetworkPart<"population", [NoTerminator, SingleBlock, SymbolTable]> {
  let summary = "Cells of one kind.";
  let description = [{
    `size` is the number of cells; `shape`, if given, arranges them (its product is the size). The body
    holds `neuro.override` ops, at most one for each parameter or variable.

    ```mlir
    neuro.network @n {
      neuro.cell @c {}
      neuro.population @E of @c size 12 shape [3, 4] {}
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$cell, Neuro_Count:$size,
                       OptionalAttr<DenseI64ArrayAttr>:$shape);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `of` $cell `size` $size (`shape` $shape^)? attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Neuro_OverrideOp : Neuro_Op<"override", [HasParent<"PopulationOp">, IsolatedFromAbove]> {
  let summary = "A population's own value of a parameter, or initial value of a variable.";
  let description = [{
    The body reads what the overridden body could read. `modulated` as in `neuro.parameter`.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.parameter @a {
          %a = arith.constant 2.0 : f64
          neuro.yield %a : f64
        }
      }
      neuro.population @E of @c size 4 {
        neuro.override @a {
          %r = neuro.random uniform place 0 : f64
          neuro.yield %r : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$name, UnitAttr:$modulated);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$name (`modulated` $modulated^)? attr-dict-with-keyword $body";
}

def Neuro_ProjectionOp : Neuro_NetworkPart<"projection"> {
  let summary = "Synapses from one view to another.";
  let description = [{
    Each event `on` (by default `@spike`) of a source cell meets its synapses `delay` later. Without a rule
    that delivers, a synapse then adds its weight to `port`; with rules, their programs run, in the order of
    `rules`. The weight is the initial value of a rule's synapse variable `w`, where one has it.
    `weight`, `delay` and `probability` are expressions of positions, arrays and random numbers, evaluated
    once per synapse (probability: per pair). Delays lie in [`min_delay`, `max_delay`] seconds. `dendritic`
    is the part of the delay between synapse and port, `back` the time a post spike needs to its synapses.
    `same_step`: events of a step arrive in that step; such projections form no cycle.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.port @in
        neuro.event @spike when {
          %x = neuro.get @in : f64
          %one = arith.constant 1.0 : f64
          %f = arith.cmpf oge, %x, %one : f64
          neuro.yield %f : i1
        }
      }
      neuro.population @E of @c size 4 {}
      neuro.projection @EE from <@E, begin = 0, end = 2> to <@E> port @in connect <fixed_outdegree, count = 2> weight {
        %w = arith.constant 0.5 : f64
        neuro.yield %w : f64
      } delay {
        %d = arith.constant 1.0e-3 : f64
        neuro.yield %d : f64
      } within 1.0e-3 to 1.0e-3
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Neuro_ViewAttr:$source, OptionalAttr<FlatSymbolRefAttr>:$event,
                       Neuro_ViewAttr:$target, OptionalAttr<FlatSymbolRefAttr>:$port, Neuro_ConnectAttr:$connect,
                       OptionalAttr<F64Attr>:$min_delay, OptionalAttr<F64Attr>:$max_delay,
                       OptionalAttr<FlatSymbolRefArrayAttr>:$rules,
                       DefaultValuedAttr<Neuro_EnumAttr<Neuro_Tie, "tie">, "Tie::Pre">:$tie,
                       OptionalAttr<F64Attr>:$dendritic, OptionalAttr<F64Attr>:$back,
                       UnitAttr:$same_step);
  let regions = (region AnyRegion:$weight, AnyRegion:$delay, AnyRegion:$probability);
  let assemblyFormat = [{
    $sym_name `from` $source (`on` $event^)? `to` $target (`port` $port^)? `connect` $connect
    (`same_step` $same_step^)? (`tie` $tie^)? (`rules` $rules^)?
    (`weight` $weight^)? (`delay` $delay^ `within` $min_delay `to` $max_delay)? (`probability` $probability^)?
    (`dendritic` $dendritic^)? (`back` $back^)? attr-dict
  }];
  let extraClassDeclaration = [{
    /// The event that travels: `on`, or @spike.
    ::llvm::StringRef getEventName() { return getEvent().value_or("spike"); }
  }];
}

def Neuro_PoissonOp : Neuro_NetworkPart<"poisson"> {
  let summary = "A population of independent Poisson sources.";
  let description = [{
    Its only event is `@spike`. The rate, in 1/s, is an expression of position, time, arrays and broadcasts.
    In a step each source fires at most once, with probability 1 - exp(-rate dt).

    ```mlir
    neuro.network @n {
      neuro.poisson @P size 100 rate {
        %r = arith.constant 10.0 : f64
        neuro.yield %r : f64
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Neuro_Count:$size);
  let regions = (region SizedRegion<1>:$rate);
  let assemblyFormat = "$sym_name `size` $size `rate` $rate attr-dict";
}

def Neuro_SpikesOp : Neuro_NetworkPart<"spikes"> {
  let summary = "A population of sources that fire when told to.";
  let description = [{
    Its only event is `@spike`. Either `times` (seconds, ascending) and `ids` say which source fires when,
    or the `host` does, each step.

    ```mlir
    neuro.network @n {
      neuro.spikes @S size 3 times [1.0e-3, 5.0e-3] ids [0, 2]
      neuro.spikes @H size 3 host
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Neuro_Count:$size, OptionalAttr<DenseF64ArrayAttr>:$times,
                       OptionalAttr<DenseI32ArrayAttr>:$ids, UnitAttr:$host);
  let assemblyFormat = "$sym_name `size` $size (`times` $times^ `ids` $ids)? (`host` $host^)? attr-dict";
  let hasVerifier = 1;
}

def Neuro_DriveOp : Neuro_NetworkPart<"drive"> {
  let summary = "Poisson input to a port, drawn per target and step.";
  let description = [{
    Each cell of the view receives `weight` times a Poisson number with mean `count * rate * dt`: `count`
    independent sources of its own, whose spikes nobody else sees.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.port @in
      }
      neuro.population @E of @c size 4 {}
      neuro.drive @noise to <@E> port @in count 1000 rate {
        %r = arith.constant 8.0 : f64
        neuro.yield %r : f64
      } weight {
        %w = arith.constant 0.1 : f64
        neuro.yield %w : f64
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Neuro_ViewAttr:$target, FlatSymbolRefAttr:$port,
                       Neuro_Count:$count);
  let regions = (region SizedRegion<1>:$rate, SizedRegion<1>:$weight);
  let assemblyFormat = "$sym_name `to` $target `port` $port `count` $count `rate` $rate `weight` $weight attr-dict";
}

def Neuro_InputOp : Neuro_NetworkPart<"input"> {
  let summary = "A value that is added to a port in every step.";
  let description = [{
    An expression of position, time, arrays and broadcasts; or the `host` gives one value per cell and step
    (zero where it gives none).

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.port @I in <"A">
      }
      neuro.population @E of @c size 4 {}
      neuro.input @ramp to <@E> port @I value {
        %t = neuro.time : f64
        %slope = arith.constant 1.0e-9 : f64
        %i = arith.mulf %t, %slope : f64
        neuro.yield %i : f64
      }
      neuro.input @extra to <@E> port @I host
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Neuro_ViewAttr:$target, FlatSymbolRefAttr:$port, UnitAttr:$host);
  let regions = (region AnyRegion:$value);
  let assemblyFormat = "$sym_name `to` $target `port` $port (`host` $host^)? (`value` $value^)? attr-dict";
  let hasVerifier = 1;
}

def Neuro_TriggerOp : Neuro_NetworkPart<"trigger"> {
  let summary = "A moment that programs and probes wait for.";
  let description = [{
    Set by the host, at the listed times (seconds, ascending), or when some cell of `of` has the event.

    ```mlir
    neuro.network @n {
      neuro.trigger @trial_end times [1.0, 2.0]
      neuro.trigger @reward host
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, UnitAttr:$host, OptionalAttr<DenseF64ArrayAttr>:$times,
                       OptionalAttr<Neuro_ViewAttr>:$of, OptionalAttr<FlatSymbolRefAttr>:$event);
  let assemblyFormat = "$sym_name (`host` $host^)? (`times` $times^)? (`of` $of^ `event` $event)? attr-dict";
  let hasVerifier = 1;
}

def Neuro_ProbeOp : Neuro_NetworkPart<"probe"> {
  let summary = "What is recorded.";
  let description = [{
    `quantity` is an event of a population or source, a variable, derived quantity, port or pulse of a
    population, or a synapse variable of a projection (`w` is its weight). Values are taken `every` so many
    seconds (every step by default) from `start` to `stop`, after arrivals, or `before` them; or when a
    `trigger` comes.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.port @in
      }
      neuro.population @E of @c size 4 {}
      neuro.probe @record of <@E, begin = 0, end = 2> quantity @in every 1.0e-2
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Neuro_ViewAttr:$of, FlatSymbolRefAttr:$quantity,
                       OptionalAttr<F64Attr>:$every, OptionalAttr<F64Attr>:$start,
                       OptionalAttr<F64Attr>:$stop, OptionalAttr<FlatSymbolRefAttr>:$trigger,
                       UnitAttr:$before);
  let assemblyFormat = [{
    $sym_name `of` $of `quantity` $quantity (`every` $every^)? (`start` $start^)? (`stop` $stop^)?
    (`on` $trigger^)? (`before` $before^)? attr-dict
  }];
  let hasVerifier = 1;
}

include "dialects/neuro/NeuroCellOps.td"
include "dialects/neuro/NeuroBodyOps.td"

#endif
