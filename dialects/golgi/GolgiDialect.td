// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The golgi dialect, its register type, its attributes and the traits of instructions.
#ifndef NISSL_GOLGI_DIALECT_TD
#define NISSL_GOLGI_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Golgi_Dialect : Dialect {
  let name = "golgi";
  let cppNamespace = "::nissl::golgi";
  let summary = "A spiking network on the Golgi chip.";
  let description = [{
    What is between a step program and the chip's image. Logical things first: populations with the words of
    a cell, microcode programs in SSA form, projections. Then the physical ones: registers, cores, slices,
    routes. Tables (synapses, parameters, first values) stay in the step program and are named, not copied.
    Nothing here knows a neuron model or a synapse model by name. Clauses G… are those of
    targets/golgi/SPEC.md.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

class Golgi_Type<string name, string typeMnemonic> : TypeDef<Golgi_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def Golgi_Reg : Golgi_Type<"Reg", "reg"> {
  let summary = "A 32-bit register of a cell.";
  let description = [{
    `!golgi.reg` is some register, `!golgi.reg<3>` is r3 (0 to 15, G7.1). In instructions the type stands
    shorter: `-> r3`, and not at all before registers are allocated.
  }];
  let parameters = (ins DefaultValuedParameter<"int64_t", "-1">:$number);
  let assemblyFormat = "(`<` $number^ `>`)?";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static constexpr int64_t count = 16;
    bool isAllocated() const { return getNumber() >= 0; }
  }];
}

def Golgi_CapacitiesAttr : AttrDef<Golgi_Dialect, "Capacities"> {
  let summary = "What one core has of each memory (G3).";
  let description = [{
    The keys are those of a chip model's `core`. What is not given is as in `golgi-64`.

    Example: `#golgi.capacities<axons_in = 8192, axons_out = 8192>`
  }];
  let mnemonic = "capacities";
  let parameters = (ins
    DefaultValuedParameter<"int64_t", "1024">:$instructions, DefaultValuedParameter<"int64_t", "32">:$groups,
    DefaultValuedParameter<"int64_t", "1024">:$cells, DefaultValuedParameter<"int64_t", "8192">:$state_words,
    DefaultValuedParameter<"int64_t", "16">:$state_words_per_cell,
    DefaultValuedParameter<"int64_t", "8192">:$parameter_halfwords,
    DefaultValuedParameter<"int64_t", "256">:$constants, DefaultValuedParameter<"int64_t", "2048">:$lut_entries,
    DefaultValuedParameter<"int64_t", "16">:$lut_tables, DefaultValuedParameter<"int64_t", "4096">:$input_words,
    DefaultValuedParameter<"int64_t", "4096">:$accumulators, DefaultValuedParameter<"int64_t", "32">:$acc_slots,
    DefaultValuedParameter<"int64_t", "4096">:$axons_in, DefaultValuedParameter<"int64_t", "16384">:$synapse_words,
    DefaultValuedParameter<"int64_t", "2048">:$spike_sources,
    DefaultValuedParameter<"int64_t", "4096">:$axons_out);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Golgi_Condition : I32EnumAttr<"Comparison", "a condition of rcmp (G7.5)", [
  I32EnumAttrCase<"eq", 0>, I32EnumAttrCase<"ne", 1>, I32EnumAttrCase<"slt", 2>, I32EnumAttrCase<"sle", 3>,
  I32EnumAttrCase<"sgt", 4>, I32EnumAttrCase<"sge", 5>, I32EnumAttrCase<"ult", 6>, I32EnumAttrCase<"ule", 7>,
  I32EnumAttrCase<"ugt", 8>, I32EnumAttrCase<"uge", 9>]> {
  let cppNamespace = "::nissl::golgi";
  let genSpecializedAttr = 0;
}

/// A load that gives the same value wherever it stands before the program's stores: cheaper to do again than
/// to keep.
def Golgi_Remade : NativeOpTrait<"Remade"> { let cppNamespace = "::nissl::golgi"; }

/// What a program leaves behind: events and stores of states, all at its end.
def Golgi_LeavesBehind : NativeOpTrait<"LeavesBehind"> { let cppNamespace = "::nissl::golgi"; }

#endif
