// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a fixed-point step program to a network that is placed on the chip.
#ifndef NISSL_GOLGI_CODEGEN_PASSES_TD
#define NISSL_GOLGI_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertStepToGolgi : Pass<"convert-step-to-golgi", "::mlir::ModuleOp"> {
  let summary = "Writes the logical network of a chip behind each step program.";
  let description = [{
    Extents become populations, states that a step writes words of NSTATE, states that only the setup writes
    parameters (constants of the microcode where all cells agree), maps programs of instructions over
    registers that are not allocated, `emit` traversals projections. The step program stays: its tables are
    named. The pass runs the setup to see which parameters differ and how wide they are. A map runs a tick
    later than a map whose events reach it within the step. What the chip cannot do is an error at the op, by
    name.

    ```mlir
    step.program @count dt 1.0e-3 {
      step.extent @E size 4
      step.state @E.n of @E : i32
      step.map @E (%n = @E.n : i32) {
        %one = arith.constant 1 : i32
        %sum = arith.addi %n, %one : i32
        step.yield @E.n = %sum : i32
      }
    }
    ```
  }];
  let dependentDialects = ["::nissl::golgi::GolgiDialect", "::nissl::step::StepDialect"];
  let options = [
    Option<"chip", "chip", "std::string", "\"golgi-64\"", "a bundled chip model, or a file with one">,
    Option<"structureSeed", "structure-seed", "uint64_t", "0", "seed of connectivity and first values">];
}

def AllocateRegisters : Pass<"golgi-allocate-registers", "::nissl::golgi::ChipOp"> {
  let summary = "Gives every value of a program one of the sixteen registers.";
  let description = [{
    One pass over the code. Loads and constants are done again where they are used instead of being kept; of
    the others the value that is needed last is spilled to a word of the cell. Afterwards every value has a
    register, dead code is gone and `spills` says how many words the program needs. Before the first store,
    states that stores still need are copied to spill words, because a store may overwrite them.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.state @E.v of @E word 0
      golgi.program @E.map on @E tick 0 {
        %v = golgi.lds @E.v
        %w = golgi.add %v, %v
        golgi.sts @E.v, %w
      }
    }
    ```
  }];
  let statistics = [Statistic<"spilled", "spilled", "values kept in words of the cell">];
}

def PlaceCells : Pass<"golgi-place", "::mlir::ModuleOp"> {
  let summary = "Puts the cells on cores.";
  let description = [{
    Adds the cores with their slices and routes: populations one after the other on core after core, with the
    fullest cores that the chip's memories allow. Delays are split between axons and the ring of sums. Needs
    registers to be allocated, since spill words take room, and the step program's tables. A network that
    does not fit is an error that says what is short.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.core @core0 at [0, 0] slots 1 synapse_words 0 {
        golgi.slice @E first 0 count 8
      }
    }
    ```
  }];
  let options = [
    Option<"structureSeed", "structure-seed", "uint64_t", "0", "seed of connectivity and first values">];
}

def VerifyGolgi : Pass<"golgi-verify", "::mlir::ModuleOp"> {
  let summary = "Checks that a chip's network is complete: an image can be made of it.";
  let description = [{
    Every value has a register that nothing else is written to while it is needed; every cell is on one core;
    what the chip names in its step program is there and of the right kind. Closes the code generation.
  }];
}

#endif
