// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops of the golgi dialect that are not instructions: the logical network, then its place on the chip.
#ifndef NISSL_GOLGI_OPS_TD
#define NISSL_GOLGI_OPS_TD

include "dialects/golgi/GolgiDialect.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Golgi_Op<string opMnemonic, list<Trait> traits = []> : Op<Golgi_Dialect, opMnemonic, traits>;
class Golgi_Declaration<string opMnemonic, list<Trait> traits = []>
    : Golgi_Op<opMnemonic, !listconcat([HasParent<"ChipOp">, Symbol], traits)>;

def Golgi_Count : ConfinedAttr<I64Attr, [IntNonNegative]>;

//===-- The logical network ------------------------------------------------------------------------===//

def Golgi_ChipOp : Golgi_Op<"chip", [IsolatedFromAbove, NoTerminator, SingleBlock, SymbolTable, Symbol]> {
  let summary = "A network on a chip.";
  let description = [{
    `of` names the step program whose tables it takes; `mesh` and `capacities` are the chip's (G2, G3). A
    step takes `ticks` ticks (G1.1); probes see the state as the maps of tick `sample` begin, or after all maps
    where that is the number of ticks.

    Order has a meaning: programs are groups in this order (G6.2), states of a population words in this order.

    ```mlir
    golgi.chip @adders.chip of @adders model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 800
      golgi.state @E.v of @E word 0
      golgi.program @E.map on @E tick 0 {
        %v = golgi.lds @E.v
        %one = golgi.ldi 1
        %sum = golgi.add %v, %one
        golgi.sts @E.v, %sum
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$program, StrAttr:$model,
                       DenseI64ArrayAttr:$mesh, OptionalAttr<Golgi_CapacitiesAttr>:$capacities,
                       ConfinedAttr<I64Attr, [IntMinValue<1>, IntMaxValue<16>]>:$ticks, Golgi_Count:$sample);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `of` $program `model` $model `mesh` $mesh (`capacities` $capacities^)? `ticks` $ticks
    `sample` $sample attr-dict-with-keyword $body
  }];
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The capacities, or those of golgi-64.
    CapacitiesAttr capacitiesOrDefault();
    int64_t width() { return getMesh()[0]; }
    int64_t height() { return getMesh()[1]; }
  }];
}

def Golgi_PopulationOp : Golgi_Declaration<"population"> {
  let summary = "A number of cells with the same words.";
  let description = [{
    An extent of the step program, of the same name.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 800
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Golgi_Count:$size);
  let assemblyFormat = "$sym_name `size` $size attr-dict";
}

def Golgi_StateOp : Golgi_Declaration<"state"> {
  let summary = "A word of NSTATE per cell.";
  let description = [{
    A state that a step writes, of the same name in the step program; `word` is its number in the cell. Words
    of spilled registers come behind the states.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 800
      golgi.state @E.v of @E word 0
      golgi.state @E.u of @E word 1
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$owner, Golgi_Count:$word);
  let assemblyFormat = "$sym_name `of` $owner `word` $word attr-dict";
}

def Golgi_ParameterOp : Golgi_Declaration<"parameter"> {
  let summary = "One halfword of NPAR per cell, or two.";
  let description = [{
    A state that only the step program's setup writes and that differs between cells; `halfword` is the first
    one in the cell. `wide` parameters have 32 bits. One that is the same in all cells is a constant of the
    microcode instead.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 800
      golgi.parameter @E.tau of @E halfword 0 wide
      golgi.parameter @E.leak of @E halfword 2
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$owner, Golgi_Count:$halfword, UnitAttr:$wide);
  let assemblyFormat = "$sym_name `of` $owner `halfword` $halfword (`wide` $wide^)? attr-dict";
}

def Golgi_PortOp : Golgi_Declaration<"port"> {
  let summary = "A sum per cell in ACC that spikes add to.";
  let description = [{
    A port of the same name in the step program; `number` is its number in the cell (G5.4, G7.4 `ldx`).

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 800
      golgi.port @E.exc of @E number 0
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$owner, Golgi_Count:$number);
  let assemblyFormat = "$sym_name `of` $owner `number` $number attr-dict";
}

def Golgi_InputOp : Golgi_Declaration<"input"> {
  let summary = "A word per cell that the host sets before a step.";
  let description = [{
    An input of the same name in the step program; `word` is its number in the cell (G9.3).

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 800
      golgi.input @E.I of @E word 0
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$owner, Golgi_Count:$word);
  let assemblyFormat = "$sym_name `of` $owner `word` $word attr-dict";
}

def Golgi_ProgramOp : Golgi_Declaration<"program", [IsolatedFromAbove, NoTerminator, SingleBlock]> {
  let summary = "The microcode of a population's cells, a group on each core that holds some (G6).";
  let description = [{
    Straight-line code in SSA form over registers; each op is one instruction. It runs in tick `tick` of the
    steps k with k mod `every` == `offset`. `events` names the step program's events that its cells emit, by
    number. `spills` is how many words it needs for registers that did not fit. Events and stores stand at
    its end: all loads see the values before it.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 800
      golgi.state @E.v of @E word 0
      golgi.program @E.map on @E tick 0 every 10 offset 9 spills 1 {
        %v = golgi.lds @E.v -> r0
        golgi.spill 0, %v : r0
        %sum = golgi.add %v, %v : r0, r0 -> r1
        %again = golgi.reload 0 -> r0
        %more = golgi.add %sum, %again : r1, r0 -> r2
        golgi.sts @E.v, %more : r2
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$population, Golgi_Count:$tick,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "1">:$every,
                       DefaultValuedAttr<Golgi_Count, "0">:$offset,
                       OptionalAttr<FlatSymbolRefArrayAttr>:$events,
                       DefaultValuedAttr<Golgi_Count, "0">:$spills);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `on` $population `tick` $tick (`every` $every^)? (`offset` $offset^)? (`events` $events^)?
    (`spills` $spills^)? attr-dict-with-keyword $body
  }];
  let extraClassDeclaration = [{
    static constexpr int64_t maxEvents = 8;
    int64_t eventCount() { return getEvents() ? static_cast<int64_t>(getEvents()->size()) : 0; }
  }];
}

def Golgi_ProjectionOp : Golgi_Declaration<"projection"> {
  let summary = "The synapses of a table and what each delivers.";
  let description = [{
    `traversal` i `write` j is the j-th value that the i-th traversal in the step program's own text yields,
    a traversal of `table` on the named event; its value per synapse is known when the network is compiled.
    An event with a delay of d steps reaches the port d · K + `lag` ticks after the tick in which it is
    emitted, K the ticks of a step.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 800
      golgi.port @E.exc of @E number 0
      golgi.program @E.map on @E tick 0 events [@E.spike] {
        %one = golgi.ldi 1
        golgi.spkr 0, %one
      }
      golgi.projection @EE of @EE traversal 0 write 0 from @E.map event 0 to @E.exc lag 0
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$table, Golgi_Count:$traversal,
                       Golgi_Count:$write, FlatSymbolRefAttr:$source, Golgi_Count:$event,
                       FlatSymbolRefAttr:$target, I64Attr:$lag);
  let assemblyFormat = [{
    $sym_name `of` $table `traversal` $traversal `write` $write `from` $source `event` $event `to` $target
    `lag` $lag attr-dict
  }];
}

//===-- Its place on the chip ------------------------------------------------------------------------===//

def Golgi_CoreOp : Golgi_Declaration<"core", [NoTerminator, SingleBlock]> {
  let summary = "A core of the mesh that holds cells.";
  let description = [{
    Holds slices of populations and the routes of their events. `slots` is S, the ring of sums (G5.4);
    `synapse_words` what its synapses take of SYN. Cores stand in ascending order of (y, x), slices in the
    order of the core's memories.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 800
      golgi.core @core0 at [0, 0] slots 1 synapse_words 0 {
        golgi.slice @E first 0 count 800
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, DenseI64ArrayAttr:$place,
                       ConfinedAttr<I64Attr, [IntPositive]>:$slots, Golgi_Count:$synapse_words);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `at` $place `slots` $slots `synapse_words` $synapse_words attr-dict-with-keyword $body
  }];
}

def Golgi_SliceOp : Golgi_Op<"slice", [HasParent<"CoreOp">]> {
  let summary = "A part of a population on a core.";
  let description = [{
    Cells [first, first + count); each program of the population is a group of them.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 800
      golgi.core @core0 at [0, 0] slots 1 synapse_words 0 {
        golgi.slice @E first 0 count 500
      }
      golgi.core @core1 at [1, 0] slots 1 synapse_words 0 {
        golgi.slice @E first 500 count 300
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$population, Golgi_Count:$first, ConfinedAttr<I64Attr, [IntPositive]>:$count);
  let assemblyFormat = "$population `first` $first `count` $count attr-dict";
}

def Golgi_RouteOp : Golgi_Op<"route", [HasParent<"CoreOp">]> {
  let summary = "The axons from this core to another one.";
  let description = [{
    `axons` entries of AXOUT here and of AXIN there: pairs of a source and a delay (G4.3, G8.2). A core's own
    events that come back to it are a route too.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.core @core0 at [0, 0] slots 1 synapse_words 0 {
        golgi.route to @core1 axons 500
      }
      golgi.core @core1 at [1, 0] slots 2 synapse_words 1200 {}
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$target, ConfinedAttr<I64Attr, [IntPositive]>:$axons);
  let assemblyFormat = "`to` $target `axons` $axons attr-dict";
}

#endif
