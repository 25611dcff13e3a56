// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops that make up cells and rules.
#ifndef NISSL_NEURO_CELL_OPS_TD
#define NISSL_NEURO_CELL_OPS_TD

include "dialects/neuro/NeuroOps.td"

class Neuro_CellPart<string opMnemonic, list<Trait> traits = []>
    : Neuro_Op<opMnemonic, !listconcat([HasParent<"CellOp">], traits)>;
class Neuro_ModelPart<string opMnemonic, list<Trait> traits = []>
    : Neuro_Op<opMnemonic, !listconcat([ParentOneOf<["CellOp", "RuleOp"]>], traits)>;

def Neuro_ScopeAttr : Neuro_EnumAttr<Neuro_Scope, "scope">;

def Neuro_CellOp : Neuro_NetworkPart<"cell", [NoTerminator, SingleBlock, SymbolTable]> {
  let summary = "A kind of cell: its quantities, equations and events.";
  let description = [{
    All names of a cell are in one symbol table. Those of a compartment or receptor carry its name and a
    dot (`@dend.v`, `@exc.g`). Equations read every other name of the cell, whatever its compartment.
    In a step: ports and `neuro.on_input` (arrive), `modulated` parameters and derived quantities,
    `neuro.group`s in order (integrate), `neuro.event`s in order (detect).

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.parameter @tau in <"s"> {
          %t = arith.constant 2.0e-2 : f64
          neuro.yield %t : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
}

def Neuro_RuleOp : Neuro_NetworkPart<"rule", [NoTerminator, SingleBlock, SymbolTable]> {
  let summary = "What the synapses of a projection carry and do.";
  let description = [{
    Variables live in a synapse, once per source cell (`@pre.x`), once per target cell (`@post.y`) or once
    per projection (`@projection.z`). Programs of synapses may also read what the projection's source and
    target cells have: `@pre.v` and `@post.v`, where the rule itself has no such name. In a synapse program
    `pre.x` is the source's x as it was when what arrives now was emitted.

    ```mlir
    neuro.network @n {
      neuro.rule @stdp {
        neuro.variable @w scope synapse {
          %w = arith.constant 1.0 : f64
          neuro.yield %w : f64
        }
        neuro.variable @pre.x scope pre {
          %x = arith.constant 0.0 : f64
          neuro.yield %x : f64
        }
        neuro.program pre_spike {
          %x = arith.constant 0.1 : f64
          neuro.write @pre.x = %x : f64
        }
        neuro.program on_post {
          %w = neuro.get @w : f64
          %x = neuro.get @pre.x : f64
          %w1 = arith.addf %w, %x : f64
          neuro.write @w = %w1 : f64
        }
        neuro.program on_pre {
          %w = neuro.get @w : f64
          neuro.write deliver @port += %w : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
}

def Neuro_CompartmentOp : Neuro_CellPart<"compartment", [Symbol]> {
  let summary = "A named part of a cell.";
  let description = [{
    Names that begin with `NAME.` belong to it. `voltage` is its membrane potential, if it has one.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.compartment @dend voltage @dend.v
        neuro.variable @dend.v in <"m2 kg s-3 A-1"> {
          %v = arith.constant -7.0e-2 : f64
          neuro.yield %v : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<FlatSymbolRefAttr>:$voltage);
  let assemblyFormat = "$sym_name (`voltage` $voltage^)? attr-dict";
}

def Neuro_CoupleOp : Neuro_CellPart<"couple"> {
  let summary = "Two compartments joined by a conductance.";
  let description = [{
    Says which voltages a group `by implicit` advances together. The currents are already in the equations, as
    derived quantities that read the conductance and both voltages.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.compartment @soma
        neuro.compartment @dend
        neuro.parameter @g in <"m-2 kg-1 s3 A2"> {
          %g = arith.constant 1.0e-8 : f64
          neuro.yield %g : f64
        }
        neuro.couple @soma, @dend conductance @g
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$first, FlatSymbolRefAttr:$second, FlatSymbolRefAttr:$conductance);
  let assemblyFormat = "$first `,` $second `conductance` $conductance attr-dict";
}

def Neuro_ParameterOp : Neuro_ModelPart<"parameter", [Symbol, IsolatedFromAbove]> {
  let summary = "A quantity that no equation changes.";
  let description = [{
    The body is evaluated once per cell (in a rule: once per projection) and reads parameters, positions,
    arrays and random numbers. A `modulated` parameter may also read broadcasts, time and other modulated
    parameters: it is evaluated anew in every step, after arrivals, and constant within the step.

    ```mlir
    neuro.network @n {
      neuro.cell @modulator {
        neuro.variable @NA broadcast {
          %z = arith.constant 0.0 : f64
          neuro.yield %z : f64
        }
      }
      neuro.cell @c {
        neuro.parameter @gain modulated {
          %na = neuro.get @R::@NA : f64
          %one = arith.constant 1.0 : f64
          %g = arith.addf %one, %na : f64
          neuro.yield %g : f64
        }
      }
      neuro.population @R of @modulator size 1 {}
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<Neuro_DimensionAttr>:$dimension, UnitAttr:$modulated);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name (`in` $dimension^)? (`modulated` $modulated^)? attr-dict-with-keyword $body";
}

def Neuro_VariableOp : Neuro_ModelPart<"variable", [Symbol, IsolatedFromAbove]> {
  let summary = "A quantity that changes, with its initial value.";
  let description = [{
    The body gives the initial value and reads parameters, other variables' initial values (acyclic),
    positions, arrays and random numbers. `broadcast`: any equation or rule may read it as
    `@POPULATION::@NAME`; the population then has size 1. `scope` is for rules. `bounds`, lowest and highest in SI
    units, say where the variable keeps itself: fixed point takes its format from them and ends it there; floats
    do not look at them.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.variable @DA broadcast bounds [0.0, 1.0] {
          %x = arith.constant 0.0 : f64
          neuro.yield %x : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<Neuro_DimensionAttr>:$dimension,
                       DefaultValuedAttr<Neuro_ScopeAttr, "Scope::Cell">:$scope,
                       UnitAttr:$broadcast, OptionalAttr<DenseF64ArrayAttr>:$bounds);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name (`in` $dimension^)? (`scope` $scope^)? (`broadcast` $broadcast^)? (`bounds` $bounds^)?
    attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
}

def Neuro_DerivedOp : Neuro_ModelPart<"derived", [Symbol, IsolatedFromAbove]> {
  let summary = "A quantity that is a function of others at every moment.";
  let description = [{
    Read in an equation, it has the value that belongs to what the equation reads (also within a step of a
    higher-order method). Derived quantities form no cycle. A `broadcast` one is read elsewhere as it is
    after arrivals.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.variable @a {
          %x = arith.constant 0.0 : f64
          neuro.yield %x : f64
        }
        neuro.derived @twice {
          %a = neuro.get @a : f64
          %b = arith.addf %a, %a : f64
          neuro.yield %b : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<Neuro_DimensionAttr>:$dimension,
                       DefaultValuedAttr<Neuro_ScopeAttr, "Scope::Cell">:$scope,
                       UnitAttr:$broadcast);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name (`in` $dimension^)? (`scope` $scope^)? (`broadcast` $broadcast^)? attr-dict-with-keyword $body
  }];
}

def Neuro_EquationOp : Neuro_ModelPart<"equation", [IsolatedFromAbove]> {
  let summary = "How a variable changes by itself.";
  let description = [{
    `rate` gives the time derivative (per second), `next` the value after the step. At most one for each
    variable; a variable without one keeps its value until something writes it.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.variable @x {
          %x = arith.constant 1.0 : f64
          neuro.yield %x : f64
        }
        neuro.equation next @x {
          %x = neuro.get @x : f64
          %h = arith.constant 0.5 : f64
          %y = arith.mulf %x, %h : f64
          neuro.yield %y : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins Neuro_EnumAttr<Neuro_EquationKind, "equation_kind">:$kind, FlatSymbolRefAttr:$variable);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$kind $variable attr-dict-with-keyword $body";
}

def Neuro_GroupOp : Neuro_ModelPart<"group"> {
  let summary = "Variables that advance together, and how.";
  let description = [{
    Groups follow each other in order: a later one reads the new values of an earlier one. Within a group
    every equation reads the values before it. Each of the `substeps` advances the whole group by
    dt/substeps. Variables with an equation that no group names form a last one, `automatic`.

    `implicit` is backward Euler for the voltages of coupled compartments, all at once: the rates of these must
    be linear in them, and which reads which must form trees. All else in the group advances as by `automatic`
    and, like the voltages, reads the values before the group.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.variable @x {
          %x = arith.constant 1.0 : f64
          neuro.yield %x : f64
        }
        neuro.equation rate @x {
          %x = neuro.get @x : f64
          neuro.yield %x : f64
        }
        neuro.group [@x] by euler substeps 2
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefArrayAttr:$variables, Neuro_EnumAttr<Neuro_Method, "method">:$method,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "1">:$substeps);
  let assemblyFormat = "$variables `by` $method (`substeps` $substeps^)? attr-dict";
}

def Neuro_PortOp : Neuro_CellPart<"port", [Symbol]> {
  let summary = "Where contributions to a cell arrive and are summed.";
  let description = [{
    Read in an equation, it is the sum of what arrived for the present step, zero if nothing did.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.port @exc in <"A">
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<Neuro_DimensionAttr>:$dimension);
  let assemblyFormat = "$sym_name (`in` $dimension^)? attr-dict";
}

def Neuro_OnInputOp : Neuro_CellPart<"on_input", [IsolatedFromAbove]> {
  let summary = "What the input of a step does to variables.";
  let description = [{
    Runs once per cell and step with the port's finished sum: at the `start` of the step, seen by probes and
    equations, or at its `end`, after the equations and before the events. A variable that is held ignores it.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.port @exc
        neuro.variable @g {
          %x = arith.constant 0.0 : f64
          neuro.yield %x : f64
        }
        neuro.on_input @exc at start {
          %g = neuro.get @g : f64
          %in = neuro.get @exc : f64
          %g1 = arith.addf %g, %in : f64
          neuro.write @g = %g1 : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$port, Neuro_EnumAttr<Neuro_Applies, "applies">:$applies);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$port `at` $applies attr-dict-with-keyword $body";
}

def Neuro_EventOp : Neuro_CellPart<"event", [Symbol, IsolatedFromAbove]> {
  let summary = "Something that happens to a cell, and what it does.";
  let description = [{
    In each step, on the new state: if `when` holds (and, with `from`, the other event was emitted `after`
    seconds ago), the event happens, stamped with the end of the step. Then, in this order: the `payload` is
    evaluated; `do` runs; the variables in `hold` keep their value `for` so long (rounded to steps): no
    equation and no input changes them; when that time is over, `then` runs. While `block` lasts (by default
    as long as the hold) the event cannot happen again. With `emit after`, projections and events `from` this
    one see it later by that time, drawn anew for each event and at most `within`. `restores` gives the named
    variables their initial values.

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.variable @v {
          %x = arith.constant 0.0 : f64
          neuro.yield %x : f64
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
        neuro.event @echo from @spike after 1.0e-3
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<FlatSymbolRefAttr>:$from, OptionalAttr<F64Attr>:$after,
                       OptionalAttr<FlatSymbolRefArrayAttr>:$held, OptionalAttr<Neuro_DimensionAttr>:$payload_dimension,
                       OptionalAttr<F64Attr>:$emit_within, OptionalAttr<FlatSymbolRefArrayAttr>:$restores);
  let regions = (region AnyRegion:$hold_time, AnyRegion:$block, AnyRegion:$condition, AnyRegion:$payload,
                        AnyRegion:$actions, AnyRegion:$then, AnyRegion:$emit_after);
  let assemblyFormat = [{
    $sym_name (`from` $from^)? (`after` $after^)? (`hold` $held^ `for` $hold_time)? (`block` $block^)?
    (`when` $condition^)? (`payload` $payload^ (`in` $payload_dimension^)?)? (`do` $actions^)? (`then` $then^)?
    (`emit` `after` $emit_after^ `within` $emit_within)? (`restores` $restores^)? attr-dict
  }];
}

def Neuro_PulseOp : Neuro_CellPart<"pulse", [Symbol]> {
  let summary = "A quantity that is 1 for a while after an event, else 0.";
  let description = [{
    It rises `after` seconds after the event's time stamp and lasts `for` seconds, both rounded to steps.
    Where pulses of one cell overlap it stays 1 (`union`) or counts them (`sum`).

    ```mlir
    neuro.network @n {
      neuro.cell @c {
        neuro.event @spike
        neuro.pulse @bap of @spike after 5.0e-4 for 2.0e-3
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$event, F64Attr:$after, F64Attr:$duration,
                       DefaultValuedAttr<Neuro_EnumAttr<Neuro_Overlap, "overlap">, "Overlap::Union">:$overlap);
  let assemblyFormat = "$sym_name `of` $event `after` $after `for` $duration (`overlap` $overlap^)? attr-dict";
  let hasVerifier = 1;
}

def Neuro_ProgramOp : Neuro_Op<"program", [HasParent<"RuleOp">, IsolatedFromAbove]> {
  let summary = "What a rule does at some moment.";
  let description = [{
    * `pre_spike`, `post_spike`: once per event of a source (target) cell; writes the rule's `pre` (`post`)
      variables. Visible to synapse programs of that event's time under the projection's `tie`.
    * `on_pre`: once per synapse when an event arrives; `on_post`: once per synapse when its target fires.
      They write synapse variables and deliver.
    * `every`: all synapses, every `period` seconds; `continuous`: all synapses, every step; `trigger`: all
      synapses, when the trigger comes. In the order written, after the events.
    `restores` gives the named variables their initial values, after the writes.

    ```mlir
    neuro.network @n {
      neuro.rule @decay {
        neuro.variable @w scope synapse {
          %w = arith.constant 1.0 : f64
          neuro.yield %w : f64
        }
        neuro.program every period 1.0e-2 {
          %w = neuro.get @w : f64
          %f = arith.constant 0.99 : f64
          %w1 = arith.mulf %w, %f : f64
          neuro.write @w = %w1 : f64
        }
      }
    }
    ```
  }];
  let arguments = (ins Neuro_EnumAttr<Neuro_ProgramKind, "program_kind">:$kind, OptionalAttr<F64Attr>:$period,
                       OptionalAttr<FlatSymbolRefAttr>:$trigger, OptionalAttr<FlatSymbolRefArrayAttr>:$restores);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$kind (`period` $period^)? (`on` $trigger^)? (`restores` $restores^)? attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

#endif
